"""Run a SQL script of several statements inside a migration's transaction."""

from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.util import await_only


def run_script(connection: Connection, path: Path, book_schema: str) -> None:
    """Run the file with `{book}` replaced by the book's schema; the driver's simple protocol takes many statements."""
    if not book_schema.isidentifier() or not book_schema.islower():
        raise ValueError(f"a book's schema is a lower-case identifier, not {book_schema!r}")
    script = path.read_text(encoding="utf-8").replace("{book}", book_schema)
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the migration has no connection")
    await_only(driver.execute(script))
