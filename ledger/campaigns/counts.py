"""Counts: what a member has received of a campaign in a local period, and how far its own counters are (semantics 6.2).

One row per member, campaign, counter and period, under the lock of the member's holder. A late activity counts in the
period in which it occurred. A refund takes progress back and gives no headroom.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, Self, assert_never
from uuid import UUID

from ledger.book.units import computed_id
from ledger.campaigns.campaign_body import AWARDS, CampaignBody, Cap, Period
from ledger.campaigns.campaign_terms import Terms, progress_name, variable_of
from ledger.campaigns.expression import progress_variable
from ledger.campaigns.rows import CAMPAIGN_COUNTS, CampaignCount
from ledger.engine.shelf import Key
from ledger.engine.state import State

_ALWAYS: Final = date(2000, 1, 1)
_DAY: Final = timedelta(days=1)
_INTO_NEXT: Final = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}
"""As many days after the first one of a period the next one has begun."""


@lru_cache(maxsize=4096)
def starts_on(period: Period, day: date) -> date:
    """The first local day of the period that `day` lies in."""
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.QUARTER:
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)
        case Period.TOTAL:
            return _ALWAYS
        case _:
            assert_never(period)


def last_periods(period: Period, day: date, count: int) -> list[date]:
    """The first days of so many periods, that of `day` first, then the one before it, and so on."""
    first = starts_on(period, day)
    found = [first]
    for _ in range(count - 1):
        first = starts_on(period, first - _DAY)
        found.append(first)
    return found


def next_periods(period: Period, day: date, count: int, today: date) -> list[date]:
    """The first days of so many periods after that of `day`, as far as they have begun: none for what is not late."""
    first, found = starts_on(period, day), list[date]()
    while len(found) < count and period != Period.TOTAL:
        first = starts_on(period, first + timedelta(days=_INTO_NEXT[period]))
        if first > today:
            break
        found.append(first)
    return found


class Counter(NamedTuple):
    """What one row counts: `counter` is AWARDS, an asset's code, or a name of `campaign_terms.py`."""

    member_id: UUID
    campaign_id: UUID
    counter: str
    period: Period
    starts_on: date

    @classmethod
    def on(cls, member_id: UUID, campaign_id: UUID, name: str, period: Period, day: date) -> Self:
        """The counter of that name in the period that `day` lies in."""
        return cls(member_id, campaign_id, name, period, starts_on(period, day))

    @property
    def id(self) -> UUID:
        """The id of the row, computed from what it counts."""
        return _count_id(self)


@lru_cache(maxsize=16_384)
def _count_id(counter: Counter) -> UUID:
    """Asked for several times by each activity, and by the member's next one."""
    what = f"{counter.counter}/{counter.period}/{counter.starts_on}".encode()
    return computed_id(b"campaign-count", counter.member_id.bytes + counter.campaign_id.bytes + what)


def counters_of(terms: Terms, member_id: UUID, campaign_id: UUID, day: date) -> list[Counter]:
    """The counters that an award under these terms moves on `day`. So a version that caps or names what no version
    did before it counts from its own first award.
    """
    return [Counter.on(member_id, campaign_id, name, period, day) for name, period, _ in terms.counters]


def named_counters(terms: Terms, member_id: UUID, campaign_id: UUID, day: date) -> dict[str, Counter]:
    """The counters that the campaign's conditions name, by how they name them, in the periods that `day` lies in."""
    named = {variable_of(period): (AWARDS, period) for period in terms.periods}
    named |= {progress_variable(each.code): (progress_name(each.code), each.period) for each in terms.progress}
    return {variable: Counter.on(member_id, campaign_id, *of, day) for variable, of in named.items()}


def progress_counter(body: CampaignBody, member_id: UUID, campaign_id: UUID, code: str, day: date) -> Counter:
    """The campaign's own counter of that code in its period that `day` lies in."""
    return Counter.on(member_id, campaign_id, progress_name(code), body.period_of(code), day)


def count_keys(counters: Iterable[Counter]) -> list[Key]:
    """What is read beforehand."""
    return [CAMPAIGN_COUNTS.key(counter.id) for counter in counters]


def counted(state: State, counter: Counter) -> int:
    """What stands there so far."""
    found = state.find(CAMPAIGN_COUNTS, counter.id)
    return 0 if found is None else found.amount


def count_up(state: State, counters: Iterable[Counter], moved: Mapping[str, int]) -> None:
    """Moves each of the counters by what its name is moved by."""
    for counter in counters:
        step = moved.get(counter.counter, 0)
        if step == 0:
            continue
        found = state.find(CAMPAIGN_COUNTS, counter.id)
        if found is None:
            state.add(CAMPAIGN_COUNTS, CampaignCount(counter.id, *counter, step))
        else:
            state.put(CAMPAIGN_COUNTS, found._replace(amount=found.amount + step))


class Headroom(NamedTuple):
    """What a cap leaves a member in its current period."""

    cap: Cap
    left: int

    def need_of(self, asset: str, amount: int) -> int:
        """What an award of so much of the asset takes of it."""
        return 1 if self.cap.counter == AWARDS else amount if self.cap.counter == asset else 0


def headroom(state: State, body: CampaignBody, member_id: UUID, campaign_id: UUID, day: date) -> list[Headroom]:
    """What each of the campaign's caps leaves."""
    found = []
    for cap in body.caps:
        counter = Counter.on(member_id, campaign_id, cap.counter, cap.period, day)
        found.append(Headroom(cap, max(0, cap.limit - counted(state, counter))))
    return found
