"""The checker, and the log beside the book, as the end of a test.

`scrip check` asks rule by rule, so that it may take its time over a large book. A test's book is so small that asking
costs more than looking: here all rules are asked in one message first, and rule by rule only where one finds something.
"""

import re

import asyncpg

from audit.reconcile import Connection, reconcile
from graphql_api.log_reconciling import auditing, balances_of
from ledger.engine.check_rule import Rule
from ledger.engine.reader import Snapshot
from ledger.reports.check import RULES, check_book, differences_of

_PARAMETER = re.compile(r"\$\d+\b")


async def assert_clean(url: str, *, book_schema: str = "book", book_number: int = 1) -> None:
    """Fails with every difference that `scrip check` finds."""
    async with auditing(url, book_schema=book_schema) as connection:
        if await _is_clean(connection, book_schema, book_number):
            return
    report = await check_book(url, book_schema=book_schema, book_number=book_number)
    assert report.is_clean, [difference for rule in report.rules for difference in rule.differences]


async def assert_clean_and_logged(url: str, *, book_schema: str, book_number: int) -> None:
    """Fails with every difference that `scrip check` finds, and with every one between the log and the book."""
    async with auditing(url, book_schema=book_schema) as connection:
        assert (await reconcile(connection, balances_of(book_schema))).differences == []
        if await _is_clean(connection, book_schema, book_number):
            return
    await assert_clean(url, book_schema=book_schema, book_number=book_number)


async def _is_clean(connection: Connection, book_schema: str, book_number: int) -> bool:
    """Whether no rule finds anything; where one does, the transaction has failed."""
    asked = ";".join(_failing_where_found(rule, book_schema, book_number) for rule in RULES if rule.differs is None)
    try:
        await connection.execute(asked)
    except asyncpg.DivisionByZeroError:
        return False
    for rule in RULES:
        if rule.differs is not None:
            async for _difference in differences_of(rule, Snapshot(connection, book_schema), book_number):
                return False
    return True


def _failing_where_found(rule: Rule, book_schema: str, book_number: int) -> str:
    """The rule as a statement that divides by zero where it finds something; a message of many has no parameters."""
    text, names = rule.query.compiled(book_schema)
    assert set(names) <= {"book_number"}
    return f"SELECT 1 / (NOT EXISTS (\n{_PARAMETER.sub(str(book_number), text)}\n))::int"
