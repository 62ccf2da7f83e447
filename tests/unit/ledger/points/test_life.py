"""A wallet's life under inactivity, entry by entry, as reads of the past and the checker replay it (semantics 4.3)."""

from datetime import UTC, datetime, timedelta

from ledger.points.life import Life, Move

POLICY, DAY = "inactive 1 months", timedelta(days=1)
DAWN = datetime(2024, 1, 1, tzinfo=UTC)
BORN = Life(inactive_at=datetime(2024, 2, 2, tzinfo=UTC))


def at(days: int) -> datetime:
    """So many days after the first activity, which is the first of January."""
    return DAWN + days * DAY


def active(version: int, days: int, *, told: int | None = None) -> Move:
    """The member's own activity on that day, told then or later."""
    return Move(version, at(days if told is None else told), at(days).date())


def arrived(version: int, days: int, *, was_empty: bool) -> Move:
    """Points that came by nothing that the member did."""
    return Move(version, at(days), at(days).date(), arrived_at=at(days), was_empty=was_empty)


def test_an_activity_in_time_gives_a_later_date_and_nothing_dies() -> None:
    """The first as well."""
    assert Life().after(active(1, 0), POLICY, "UTC") == BORN
    assert BORN.after(active(2, 31), POLICY, "UTC") == Life(inactive_at=datetime(2024, 3, 2, tzinfo=UTC))


def test_an_activity_at_the_date_finds_all_dead_that_was_before() -> None:
    """At the instant itself it is over."""
    assert BORN.after(active(5, 32), POLICY, "UTC") == Life(datetime(2024, 3, 3, tzinfo=UTC), 4)


def test_an_activity_that_is_told_late_finds_them_dead_too() -> None:
    """It took effect before the date, and was posted after it."""
    assert BORN.after(active(5, 20, told=40), POLICY, "UTC") == Life(datetime(2024, 2, 22, tzinfo=UTC), 4)


def test_shorter_terms_take_nothing_of_what_was_promised() -> None:
    """The date only moves on, and no activity means no death."""
    longer = Life(inactive_at=datetime(2024, 7, 2, tzinfo=UTC))

    assert longer.after(active(2, 31), POLICY, "UTC") == longer


def test_what_arrives_gives_a_date_to_an_empty_wallet_only() -> None:
    """One that has none, or whose date is over."""
    assert Life().after(arrived(1, 0, was_empty=True), POLICY, "UTC") == BORN
    assert BORN.after(arrived(3, 31, was_empty=True), POLICY, "UTC") == BORN
    assert BORN.after(arrived(3, 32, was_empty=False), POLICY, "UTC") == BORN
    assert BORN.after(arrived(3, 32, was_empty=True), POLICY, "UTC") == Life(datetime(2024, 3, 3, tzinfo=UTC), 2)


def test_a_grace_lets_a_dead_wallet_live_as_long() -> None:
    """A living one keeps its own date."""
    grace = Move(4, at(40), at(40).date(), arrived_at=at(40), was_empty=True, grace_until=at(43))

    assert BORN.after(grace, POLICY, "UTC") == Life(at(43), 3)
    assert BORN.after(grace._replace(posted_at=at(31)), POLICY, "UTC") == BORN
