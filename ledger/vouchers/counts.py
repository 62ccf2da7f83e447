"""How many of a template a member received or used, in total and in the current local day, week and month.

One row per member, template and purpose, under the lock of the member's voucher account. It keeps the periods of the
latest day it counted in: earlier ones limit nothing any more.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import computed_id
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.vouchers.rows import VOUCHER_COUNTS, VoucherCount
from ledger.vouchers.template_body import Limits


class Purpose(StrEnum):
    """What is counted: vouchers received by issue or claim, or uses made of them."""

    ISSUE = "issue"
    USE = "use"


def count_id(member_id: UUID, template_id: UUID, purpose: Purpose) -> UUID:
    """The id of the row, computed from what it counts."""
    return computed_id(b"voucher-count", member_id.bytes + template_id.bytes + purpose.encode())


def count_key(member_id: UUID, template_id: UUID, purpose: Purpose) -> Key:
    """Asks for the row; for footprints."""
    return VOUCHER_COUNTS.key(count_id(member_id, template_id, purpose))


def count_of(state: State, member_id: UUID, template_id: UUID, purpose: Purpose, day: date) -> VoucherCount:
    """What was counted, as it stands on `day`: the periods that ended before are zero, those of a later day unknown
    and zero too.
    """
    id_ = count_id(member_id, template_id, purpose)
    found = state.find(VOUCHER_COUNTS, id_)
    return VoucherCount(id_, member_id, template_id, purpose, day) if found is None else _as_of(found, day)


def _as_of(count: VoucherCount, day: date) -> VoucherCount:
    then = count.counted_on
    if then == day:
        return count
    return count._replace(
        counted_on=day,
        in_day=0,
        in_week=count.in_week if _week(then) == _week(day) else 0,
        in_month=count.in_month if _month(then) == _month(day) else 0,
    )


def with_more(count: VoucherCount, more: int) -> VoucherCount:
    """The count as so many more on its day would leave it."""
    return count._replace(
        total=count.total + more,
        in_day=count.in_day + more,
        in_week=count.in_week + more,
        in_month=count.in_month + more,
    )


def require_within(count: VoucherCount, limits: Limits) -> None:
    """LIMIT_REACHED where one more would pass a limit; the total is named first, then day, week, month."""
    for period, limit, used in _periods(count, limits):
        if limit is not None and used + 1 > limit:
            raise Refusal(RefusalCode.LIMIT_REACHED, limit=limit, period=period)


def _periods(count: VoucherCount, limits: Limits) -> Iterator[tuple[str, int | None, int]]:
    yield "total", limits.total, count.total
    yield "day", limits.day, count.in_day
    yield "week", limits.week, count.in_week
    yield "month", limits.month, count.in_month


def count_up(state: State, member_id: UUID, template_id: UUID, purpose: Purpose, day: date) -> None:
    """Counts one more on the local day `day`."""
    _shift(state, member_id, template_id, purpose, day, 1)


def count_down(state: State, member_id: UUID, template_id: UUID, purpose: Purpose, day: date) -> None:
    """Gives back one that was counted on the local day `day`."""
    _shift(state, member_id, template_id, purpose, day, -1)


def _shift(state: State, member_id: UUID, template_id: UUID, purpose: Purpose, day: date, by: int) -> None:
    found = state.find(VOUCHER_COUNTS, count_id(member_id, template_id, purpose))
    if found is None:
        state.add(VOUCHER_COUNTS, _added(count_of(state, member_id, template_id, purpose, day), day, by))
        return
    # The row stays on the latest day it has seen: what is given back to an earlier one only moves what they share.
    latest = max(day, found.counted_on)
    state.put(VOUCHER_COUNTS, _added(_as_of(found, latest), day, by))


def _added(count: VoucherCount, day: date, by: int) -> VoucherCount:
    then = count.counted_on
    return count._replace(
        total=count.total + by,
        in_day=count.in_day + (by if then == day else 0),
        in_week=count.in_week + (by if _week(then) == _week(day) else 0),
        in_month=count.in_month + (by if _month(then) == _month(day) else 0),
    )


def _week(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> date:
    return day.replace(day=1)
