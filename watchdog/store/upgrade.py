"""Alembic, configured without an ini file. Imported only when a migration is due: it is heavy."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def config(connection: Connection) -> Config:
    """Return a configuration bound to this connection; migrations ship inside the package."""
    made = Config()
    made.set_main_option("script_location", "watchdog.store:migrations")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection) -> None:
    """Apply every revision that is missing, in the transaction of this connection."""
    command.upgrade(config(connection), "head")
