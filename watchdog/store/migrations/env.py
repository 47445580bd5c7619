"""Run by Alembic: migrate over the connection, and in the transaction, that the caller opened."""

from alembic import context

from watchdog.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter columns in place
    transactional_ddl=True,  # true for SQLite too, as the caller's BEGIN IMMEDIATE is our own
)
with context.begin_transaction():
    context.run_migrations()
