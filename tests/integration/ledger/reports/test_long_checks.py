"""Reading a whole book takes longer than a server may keep anybody else waiting."""

import pytest

from graphql_api.audit_log.log_reconciling import auditing
from ledger.engine.check_rule import rule
from ledger.engine.database import Database
from ledger.reports.check import check_book

SERVER_LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")
SLOW = rule("takes_long", "that a rule may take its time", "SELECT 'a row' AS subject FROM pg_sleep(0.5)")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says nothing of it waits for a tenth of a second; in earnest it is forty, and a book of a hundred million."""
    monkeypatch.setitem(Database.__init__.__kwdefaults__ or {}, "answer_s", 0.1)


async def test_a_rule_may_take_its_time(database_url: str) -> None:
    """However long its first row takes."""
    report = await check_book(database_url, book_schema="book", book_number=1, rules=[SLOW])

    assert [difference.subject for each in report.rules for difference in each.differences] == ["a row"]


async def test_reading_the_log_may_take_its_time(database_url: str) -> None:
    """The reconciliation of log and ledger reads both from end to end; the server ends it as little as the driver."""
    async with auditing(database_url, book_schema="book") as connection:
        assert await connection.fetchval(SLOW.query.compiled("book").text) == "a row"
        limits = [await connection.fetchval(f"SHOW {name}") for name in SERVER_LIMITS]

    assert limits == ["0", "0"]


async def test_others_may_not(database_url: str) -> None:
    """The counterpart: what the API asks has an end."""
    database = Database(database_url, book_schema="book", pool_size=1)
    await database.open()
    try:
        limits = [await database.pool.fetchval(f"SHOW {name}") for name in SERVER_LIMITS]
        with pytest.raises(TimeoutError):
            await database.pool.fetch(SLOW.query.compiled("book").text)
    finally:
        await database.close()

    assert limits == ["30s", "30s"]
