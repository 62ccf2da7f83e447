"""The checker, and the log beside the book, as the end of a test.

`scrip check` asks rule by rule, so that it may take its time over a large book. A test's book is so small that asking
costs more than looking: here all rules are asked in one message first, and rule by rule only where one finds something.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from audit.reconcile import reconcile
from graphql_api.audit_log.log_reconciling import auditing, balances_of
from ledger.engine.check_rule import Rule
from ledger.engine.reader import Snapshot
from ledger.reports.check import RULES, check_book, differences_of
from tests.kept_databases import Auditor, lent

_PARAMETER = re.compile(r"\$\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _NewAuditor:
    """The auditor of a database that nobody keeps."""

    connection: "PoolConnectionProxy[asyncpg.Record]"

    async def ask(self, questions: Sequence[str]) -> None:
        await self.connection.execute(";".join(questions))


async def assert_clean(url: str, *, book_schema: str = "book", book_number: int = 1) -> None:
    """Fails with every difference that `scrip check` finds."""

    async def look(auditor: Auditor) -> bool:
        return await _is_clean(auditor, book_schema, book_number)

    await _assert_seen(look, url, book_schema, book_number)


async def assert_clean_and_logged(url: str, *, book_schema: str, book_number: int) -> None:
    """Fails with every difference that `scrip check` finds, and with every one between the log and the book."""

    async def look(auditor: Auditor) -> bool:
        assert (await reconcile(auditor.connection, balances_of(book_schema))).differences == []
        return await _is_clean(auditor, book_schema, book_number)

    await _assert_seen(look, url, book_schema, book_number)


async def _assert_seen(
    look: Callable[[Auditor], Awaitable[bool]], url: str, book_schema: str, book_number: int
) -> None:
    """Passes where `look` sees that all is well; the checker itself says otherwise what is not."""
    if (kept := lent(url)) is not None:
        database, desk = kept
        is_clean = await desk.hand_over(database.look(look))
    else:
        async with auditing(url, book_schema=book_schema) as connection:
            is_clean = await look(_NewAuditor(connection=connection))
    if not is_clean:
        report = await check_book(url, book_schema=book_schema, book_number=book_number)
        raise AssertionError([difference for rule in report.rules for difference in rule.differences])


async def _is_clean(auditor: Auditor, book_schema: str, book_number: int) -> bool:
    """Whether no rule finds anything; where one does, the transaction has failed."""
    try:
        await auditor.ask(
            [_failing_where_found(rule, book_schema, book_number) for rule in RULES if rule.differs is None]
        )
    except asyncpg.DivisionByZeroError:
        return False
    for rule in RULES:
        if rule.differs is not None:
            async for _difference in differences_of(rule, Snapshot(auditor.connection, book_schema), book_number):
                return False
    return True


def _failing_where_found(rule: Rule, book_schema: str, book_number: int) -> str:
    """The rule as a statement that divides by zero where it finds something; a message of many has no parameters."""
    text, names = rule.query.compiled(book_schema)
    assert set(names) <= {"book_number"}
    return f"SELECT 1 / (NOT EXISTS (\n{_PARAMETER.sub(str(book_number), text)}\n))::int"
