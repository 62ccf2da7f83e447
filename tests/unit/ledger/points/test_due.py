"""Due events: posted by the next write, dated to their instants, in order, exactly once (semantics 2.2, 6.8)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.engine import tables
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.refund import RefundEarn
from ledger.points.spend import SpendPoints
from tests.property.invariants import verify
from tests.property.memory_book import MemoryBook
from tests.property.world import BANK, START, member_id, world

MIDNIGHT = datetime(2024, 1, 17, tzinfo=UTC)
LATER = datetime(2024, 3, 1, 8, tzinfo=UTC)


def whose(key: str) -> dict[str, Any]:
    """Ann's, under this key."""
    return {"actor": BANK, "key": key, "member_id": member_id("ann")}


def entries(book: MemoryBook) -> list[tuple[str, datetime, datetime, int]]:
    """What the journal says."""
    return [(e.kind, e.effective_at, e.posted_at, e.amount) for e in book.rows(tables.ENTRIES)]


def test_at_one_instant_points_activate_then_holds_lapse_then_lots_expire() -> None:
    """All three at midnight, found by a write weeks later: dated to midnight, in this order, and only once."""
    book = world()
    book.execute(EarnPoints(**whose("e"), amount=10, expires_on=date(2024, 1, 16)))
    book.execute(HoldPoints(**whose("h"), amount=4, ttl_seconds=int((MIDNIGHT - START).total_seconds())))
    book.execute(EarnPoints(**whose("p"), amount=7, pending_until=date(2024, 1, 17)))

    book.store.now = LATER
    spent = book.execute(SpendPoints(**whose("s"), amount=7)).unwrap()
    book.execute(SpendPoints(**whose("t"), amount=1))

    assert entries(book)[3:] == [
        ("activation", MIDNIGHT, LATER, 7),
        ("lapse", MIDNIGHT, LATER, 4),
        ("expiry", MIDNIGHT, LATER, 10),
        ("spend", LATER, LATER, 7),
    ]
    assert (spent.posted, spent.held, spent.available) == (0, 0, 0)
    verify(book)


def test_what_returns_dead_expires_at_the_return() -> None:
    """A lot that died while it was held expires when its hold lapses, not before."""
    book = world()
    book.execute(EarnPoints(**whose("e"), amount=10, expires_on=date(2024, 1, 16)))
    book.execute(HoldPoints(**whose("h"), amount=4, ttl_seconds=10 * 86_400))

    book.store.now = LATER
    book.execute(EarnPoints(**whose("f"), amount=1))

    lapsed = START + timedelta(days=10)
    assert entries(book)[2:-1] == [
        ("expiry", MIDNIGHT, LATER, 6),
        ("lapse", lapsed, LATER, 4),
        ("expiry", lapsed, LATER, 4),
    ]


def test_an_activation_that_is_all_owed_leaves_no_lot() -> None:
    """It repays the debt at its instant; no zero posting and no empty lot."""
    book = world()
    earned = book.execute(EarnPoints(**whose("e"), amount=10, sale_minor=10)).unwrap()
    book.execute(EarnPoints(**whose("p"), amount=6, pending_until=date(2024, 1, 17)))
    book.execute(SpendPoints(**whose("s"), amount=10))
    assert earned.entry_id is not None
    book.execute(RefundEarn(actor=BANK, key="r", entry_id=earned.entry_id, sale_minor=8))

    book.store.now = LATER
    told = book.execute(EarnPoints(**whose("f"), amount=5)).unwrap()

    assert entries(book)[-2:] == [("activation", MIDNIGHT, LATER, 6), ("earn", LATER, LATER, 5)]
    assert (told.posted, told.owed) == (3, 0)
    assert [posting.amount for posting in book.rows(tables.POSTINGS)[-3:]] == [6, 2, 3]
    verify(book)


def test_a_refused_command_posts_nothing_of_what_is_due() -> None:
    """Its overlay is dropped whole, but for its request and the record of the attempt (semantics 3.6)."""
    book = world()
    book.execute(EarnPoints(**whose("e"), amount=10, expires_on=date(2024, 1, 16)))
    before = entries(book)

    book.store.now = LATER
    refusal = book.execute(SpendPoints(**whose("s"), amount=1)).refusal

    assert refusal is not None
    assert entries(book) == before
    assert [request.key for request in book.rows(tables.REQUESTS)] == ["e", "s"]
    told = book.sink.events[-1]
    assert (told.type, told.accepted, told.code, told.client) == ("spend", False, "INSUFFICIENT_POINTS", BANK.client)
    assert (told.resource_id, told.streams) == (None, ())


def test_a_replay_is_no_attempt_and_no_entry() -> None:
    """The stored outcome is told again; nothing is written, not even a record."""
    book = world()
    book.execute(EarnPoints(**whose("e"), amount=10))
    events = len(book.sink.events)

    again = book.execute(EarnPoints(**whose("e"), amount=10))

    assert again.replayed
    assert len(book.sink.events) == events
    assert len(book.rows(tables.ENTRIES)) == 1
