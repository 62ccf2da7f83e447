"""What a version file calls: plain SQL, several statements at once."""

from alembic import context, op

BOOK_TOKEN = "{book}"  # noqa: S105 - a placeholder in SQL, not a secret


def book_schema() -> str:
    """Return the name of the book's schema in the database being migrated."""
    return str(context.config.attributes["book_schema"])


def run_sql(sql: str) -> None:
    """Run statements in the migration's transaction; `{book}` becomes the book's schema.

    They go to the driver as one simple query, because a prepared statement holds only one. No parameters, and
    no format string: every other brace, percent sign and colon is SQL's own.
    """
    ready = sql.replace(BOOK_TOKEN, book_schema())
    op.get_bind().connection.run_async(lambda connection: connection.execute(ready))
