"""Counts of a rehearsal: what members would have received, kept in memory for as long as an activity can still ask."""

from collections.abc import Iterable
from datetime import date

from ledger.campaigns.campaign_body import Period
from ledger.campaigns.campaign_terms import Terms
from ledger.campaigns.counts import Counter, last_periods
from ledger.campaigns.rows import CampaignCount

Bucket = dict[bytes, int]
"""Amounts by the ids of their rows."""


class KeptCounts:
    """Amounts by period. Memory grows with members and what is counted of them, not with activities."""

    __slots__ = ("_buckets", "_terms", "_today")

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._buckets: dict[tuple[Period, date], Bucket] = {}
        self._today = date.min

    def rows(self, counters: Iterable[Counter]) -> list[CampaignCount]:
        """The rows of those that were counted."""
        found = []
        for counter in counters:
            bucket = self._buckets.get((counter.period, counter.starts_on))
            if bucket is None:
                continue
            id_ = counter.id
            amount = bucket.get(id_.bytes)
            if amount is not None:
                found.append(CampaignCount(id_, *counter, amount))
        return found

    def keep(self, row: CampaignCount) -> None:
        """What was counted now."""
        bucket = self._buckets.setdefault((Period(row.period), row.starts_on), {})
        bucket[row.id.bytes] = row.amount

    def forget_before(self, day: date) -> None:
        """Periods that no activity of `day` or later looks back on are over."""
        if day == self._today:
            return
        self._today = day
        oldest: dict[Period, date] = {}
        for _, period, periods in self._terms.counters:
            first = last_periods(period, day, periods)[-1]
            oldest[period] = min(oldest.get(period, first), first)
        for period, starts_on in list(self._buckets):
            if starts_on < oldest[period]:
                del self._buckets[period, starts_on]
