"""Counts: one row keeps the total and the day, week and month of the latest day (semantics 5.1, 5.7)."""

import uuid
from datetime import date

import pytest

from ledger.book.refusal import Refusal
from ledger.engine.ids import IdSource
from ledger.engine.state import State
from ledger.vouchers.counts import (
    Purpose,
    count_down,
    count_id,
    count_key,
    count_of,
    count_up,
    require_within,
)
from ledger.vouchers.rows import VOUCHER_COUNTS, VoucherCount
from ledger.vouchers.template_body import Limits

MEMBER, TEMPLATE = uuid.UUID(int=1), uuid.UUID(int=2)
USE = Purpose.USE


def _state() -> State:
    state = State(IdSource(1, seed=b"counts"))
    state.load(VOUCHER_COUNTS, [count_key(MEMBER, TEMPLATE, USE).value], [])
    return state


def _counted(*days: str) -> State:
    state = _state()
    for day in days:
        count_up(state, MEMBER, TEMPLATE, USE, date.fromisoformat(day))
    return state


def _seen(state: State, day: str) -> tuple[int, int, int, int]:
    count = count_of(state, MEMBER, TEMPLATE, USE, date.fromisoformat(day))
    return count.total, count.in_day, count.in_week, count.in_month


@pytest.mark.parametrize(
    ("days", "on", "expected"),
    [
        ([], "2026-03-02", (0, 0, 0, 0)),
        (["2026-03-02"], "2026-03-02", (1, 1, 1, 1)),
        (["2026-03-02", "2026-03-02"], "2026-03-02", (2, 2, 2, 2)),
        (["2026-03-02"], "2026-03-03", (1, 0, 1, 1)),
        (["2026-03-02"], "2026-03-08", (1, 0, 1, 1)),
        (["2026-03-02"], "2026-03-09", (1, 0, 0, 1)),
        (["2026-03-30"], "2026-04-01", (1, 0, 1, 0)),
        (["2026-03-31", "2026-04-01"], "2026-04-01", (2, 1, 2, 1)),
        (["2025-12-31", "2026-01-01"], "2026-01-01", (2, 1, 2, 1)),
        (["2026-03-02"], "2027-03-02", (1, 0, 0, 0)),
        (["2026-03-09", "2026-03-05"], "2026-03-09", (2, 1, 1, 2)),
    ],
)
def test_periods_begin_anew_on_their_local_days(days: list[str], on: str, expected: tuple[int, int, int, int]) -> None:
    """Weeks run from Monday; a day counted late counts in the periods that it shares with the latest."""
    assert _seen(_counted(*days), on) == expected


def test_what_is_given_back_was_taken_from_its_own_day() -> None:
    """Of an earlier day it returns to the total and to what the days share; the latest day keeps its own."""
    state = _counted("2026-03-02", "2026-03-04", "2026-03-10")

    count_down(state, MEMBER, TEMPLATE, USE, date(2026, 3, 4))

    assert _seen(state, "2026-03-10") == (2, 1, 1, 2)
    count_down(state, MEMBER, TEMPLATE, USE, date(2026, 3, 10))
    assert _seen(state, "2026-03-10") == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("limits", "period"),
    [
        (Limits(), None),
        (Limits(total=4), None),
        (Limits(total=3), "total"),
        (Limits(total=9, day=2), None),
        (Limits(day=1), "day"),
        (Limits(week=2), "week"),
        (Limits(month=3), "month"),
        (Limits(total=3, day=1), "total"),
        (Limits(total=1), "total"),
    ],
)
def test_a_limit_allows_as_many_as_it_says(limits: Limits, period: str | None) -> None:
    """Three in total and in the month, two in the week, one today: one more is within the limits, or names its period."""
    count = VoucherCount(count_id(MEMBER, TEMPLATE, USE), MEMBER, TEMPLATE, USE, date(2026, 3, 4), 3, 1, 2, 3)

    if period is None:
        require_within(count, limits)
        return
    with pytest.raises(Refusal) as refused:
        require_within(count, limits)
    assert refused.value.facts["period"] == period
