"""Alembic's entry: runs the versions on the connection that `migrations.apply` opened and locked."""

from alembic import context

from migrations.apply import VERSION_SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema=VERSION_SCHEMA,
    transaction_per_migration=False,
)
context.run_migrations()
