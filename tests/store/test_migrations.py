"""The schema: all revisions together make exactly what tables.py says."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from watchdog.store.engine import Store, open_store
from watchdog.store.migrations import REVISIONS
from watchdog.store.tables import metadata
from watchdog.store.upgrade import config


def test_all_revisions_make_the_tables_of_the_code(store: Store) -> None:
    with store.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_all_revisions_make_the_very_statements_of_the_code(tmp_path: Path) -> None:
    """Alembic does not compare primary keys, nullable keys or AUTOINCREMENT."""
    query = text(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name != 'alembic_version'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    wanted = create_engine("sqlite://")
    metadata.create_all(wanted)
    store = open_store("", home=tmp_path)

    with wanted.connect() as from_code, store.read() as migrated:
        assert migrated.execute(query).all() == from_code.execute(query).all()

    store.close()
    wanted.dispose()


def test_the_list_of_revisions_is_that_of_the_folder(store: Store) -> None:
    with store.write() as connection:
        scripts = ScriptDirectory.from_config(config(connection)).walk_revisions()

    assert tuple(script.revision for script in scripts)[::-1] == REVISIONS


def test_an_open_database_is_at_the_last_revision(store: Store) -> None:
    with store.read() as connection:
        assert "alembic_version" in inspect(connection).get_table_names()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISIONS[-1]
