"""Queries written as SQL: for reads and checks whose joins and windows are clearest in the database's own words.

`{book}` stands for the book's schema, `{now}` for a subquery of one row and column `now`, `:name` for a parameter.
Nothing of a caller's ever enters the text.
"""

from sqlalchemy import text

from ledger.engine.reader import Query
from ledger.engine.statements import Compiled, compile_statement

_NOW = "SELECT clock_timestamp() + clock_offset_us * interval '1 microsecond' AS now FROM registry.instance"
"""`now` of semantics 10: one row."""


class SqlQuery(Query):
    """A query that is written as SQL."""

    __slots__ = ("sql",)

    def __init__(self, sql: str) -> None:
        super().__init__(text(sql))
        self.sql = sql

    def compiled(self, book_schema: str) -> Compiled:
        """Text and parameter order with the book's real schema."""
        found = self._compiled.get(book_schema)
        if found is None:
            quoted = '"' + book_schema.replace('"', '""') + '"'
            statement = text(self.sql.replace("{now}", f"({_NOW})").replace("{book}", quoted))
            found = self._compiled[book_schema] = compile_statement(statement, book_schema)
        return found
