"""The checker: recomputes every projection from the entries on one snapshot and reports each difference (semantics 2.8).

It runs on a live system: the snapshot shows whole transactions only, and what is due and not posted yet is no
difference. Sorting and joining happen in the database; here one difference at a time passes through.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import asyncpg

from ledger.campaigns import checks as campaign_checks
from ledger.engine import checks as book_checks
from ledger.engine.check_rule import Rule
from ledger.engine.database import Database
from ledger.engine.reader import Reader, Snapshot
from ledger.engine.refusal_checks import REFUSAL_RULES
from ledger.engine.sql_query import SqlQuery
from ledger.members import checks as member_checks
from ledger.points import checks as points_checks
from ledger.reports import claim_checks, entry_checks, registry_checks
from ledger.tiers import checks as tier_checks
from ledger.vouchers import checks as voucher_checks

RULES: tuple[Rule, ...] = tuple(
    chain(
        book_checks.RULES,
        REFUSAL_RULES,
        member_checks.RULES,
        points_checks.RULES,
        voucher_checks.RULES,
        tier_checks.RULES,
        campaign_checks.RULES,
        entry_checks.RULES,
        claim_checks.RULES,
        registry_checks.RULES,
    )
)
AUDITOR_ROLE = "scrip_auditor"
CONNECTIONS = 2
"""Rules that run side by side: PostgreSQL gives a cursor one core."""
SHARED_FROM = 1_000
"""Entries of a book that is worth a second connection, which has to learn the catalogue before it helps."""
SHOWN_MAX = 100
"""Differences of one rule that a report spells out; all are counted."""
FACT_LENGTH_MAX = 1_000
"""Characters of one value of a difference: a wallet's history may be one."""
UNREADABLE = "a row that cannot be read"
"""What differs where the rule comes to no answer: a value that no command could have written stops it."""

_UNREADABLE = (asyncpg.DataError, ValueError, LookupError, ArithmeticError)

_EXPORT = SqlQuery("SELECT pg_export_snapshot()")
# The checker sorts and joins whole tables: it may take some memory, and plans for scans; with statistics of a book that was
# almost empty, loops within loops take hours where hashing takes seconds. Merging two indexes by a part of what their rows
# share is such a loop too.
_SETTINGS = SqlQuery(
    """
    SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
           set_config('cursor_tuple_fraction', '1.0', true), set_config('enable_nestloop', 'off', true),
           set_config('enable_mergejoin', 'off', true)
    """
)
_COUNTS = SqlQuery(
    """
    SELECT (SELECT count(*) FROM {book}.journal_entries) AS entries, (SELECT count(*) FROM {book}.postings) AS postings,
           (SELECT count(*) FROM {book}.accounts) AS accounts, (SELECT count(*) FROM {book}.lots) AS lots,
           clock_timestamp() AS read_at
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as the entries say: under which rule, of what, and the values that disagree."""

    rule: str
    subject: str
    facts: Mapping[str, str | None]


@dataclass(slots=True, kw_only=True)
class RuleReport:
    """How one rule fared. `differences` are the first ones; `count` is all."""

    rule: Rule
    count: int = 0
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """The whole check: what was read, and each rule's result in the order of the rules."""

    entries: int
    postings: int
    accounts: int
    lots: int
    rules: tuple[RuleReport, ...]

    @property
    def count(self) -> int:
        """All differences."""
        return sum(report.count for report in self.rules)

    @property
    def is_clean(self) -> bool:
        """Whether the book is as its entries say."""
        return self.count == 0


Progress = Callable[[str, int, int], None]
"""Told as each rule begins: its name, how many are done, how many there are."""


async def check_book(
    url: str,
    *,
    book_schema: str,
    book_number: int,
    rules: Sequence[Rule] = RULES,
    on_rule: Progress | None = None,
) -> CheckReport:
    """Checks the book at `url` as the auditor, on connections of its own, two for a large book, that share one snapshot."""
    database = Database(url, book_schema=book_schema, pool_size=CONNECTIONS, role=AUDITOR_ROLE, answer_s=None)
    await database.open()
    try:
        reader = Reader(database.pool, book_schema)
        async with reader.snapshot() as first, AsyncExitStack() as others:
            await first.rows(_SETTINGS, {})
            counts = (await first.rows(_COUNTS, {}))[0]
            snapshots = [first]
            if counts["entries"] >= SHARED_FROM:
                snapshots.append(await others.enter_async_context(_beside(first, reader)))
            reports = await _run(snapshots, rules, book_number, on_rule)
            return CheckReport(
                entries=counts["entries"],
                postings=counts["postings"],
                accounts=counts["accounts"],
                lots=counts["lots"],
                rules=tuple(reports),
            )
    finally:
        await database.close()


@asynccontextmanager
async def _beside(first: Snapshot, reader: Reader) -> AsyncIterator[Snapshot]:
    """Another transaction that sees the same instant."""
    name = (await first.rows(_EXPORT, {}))[0][0]
    async with reader.snapshot() as second:
        await second.rows(SqlQuery(f"SET TRANSACTION SNAPSHOT '{name}'"), {})
        await second.rows(_SETTINGS, {})
        yield second


async def _run(
    snapshots: Sequence[Snapshot], rules: Sequence[Rule], book_number: int, on_rule: Progress | None
) -> list[RuleReport]:
    """Runs the rules in their order, one on each snapshot at a time."""
    reports = [RuleReport(rule=rule) for rule in rules]
    waiting = deque(reports)
    done = 0

    async def work(snapshot: Snapshot) -> None:
        nonlocal done
        while waiting:
            report = waiting.popleft()
            if on_rule is not None:
                on_rule(report.rule.name, done, len(rules))
            await _examine(report, snapshot, book_number)
            done += 1

    async with asyncio.TaskGroup() as group:
        for snapshot in snapshots:
            group.create_task(work(snapshot))
    return reports


async def _examine(report: RuleReport, snapshot: Snapshot, book_number: int) -> None:
    try:
        async with snapshot.attempt():
            async for difference in differences_of(report.rule, snapshot, book_number):
                _note(report, difference)
    except _UNREADABLE as error:
        facts = {"because": f"{type(error).__name__}: {error}"}
        _note(report, Difference(rule=report.rule.name, subject=UNREADABLE, facts=facts))


def _note(report: RuleReport, difference: Difference) -> None:
    report.count += 1
    if report.count <= SHOWN_MAX:
        report.differences.append(difference)


async def differences_of(rule: Rule, snapshot: Snapshot, book_number: int) -> AsyncIterator[Difference]:
    """The rule's differences, one by one from a cursor."""
    asked = {"book_number": book_number}
    async for row in snapshot.stream(rule.query, asked):
        values = dict(row)
        if rule.differs is None or rule.differs(values):
            facts = {name: _text(value) for name, value in values.items() if name != "subject"}
            yield Difference(rule=rule.name, subject=str(row["subject"]), facts=facts)


def _text(value: Any) -> str | None:  # noqa: ANN401 - whatever a column holds
    return None if value is None else str(value)[:FACT_LENGTH_MAX]
