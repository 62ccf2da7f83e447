"""Expiry policies: when what was granted dies (semantics 4.1 to 4.3).

A policy is written as text, the same in SQL, GraphQL and files:
`never` · `30 days` · `6 months` · `1 years` · `6 months to month` (also `quarter`, `half-year`, `year`: rounded up to its
end) · `on 2027-12-31` · `inactive 12 months` (the account's date, moved by the member's own earning and spending).
Points that wait keep theirs, also beside an end of their own: `on 2027-12-31, inactive 12 months`, which no asset has.
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from ledger.book.units import NEVER
from ledger.programme.calendar import add_months, end_of, last_of_months

_BLOCKS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_PATTERN = re.compile(
    r"(?P<inactive>inactive )?(?P<count>[1-9]\d{0,3}) (?P<unit>days|months|years)"
    r"(?: to (?P<block>month|quarter|half-year|year))?"
)
_ON = re.compile(r"on (\d{4}-\d{2}-\d{2})")


class ExpiryPolicy(NamedTuple):
    """`length` units after the day of effect, rounded up to a block's end; or a fixed date; or never (all empty). With both
    inactivity and a fixed date, that of the points and that of their account.
    """

    length: int = 0
    unit: str = ""
    block: str | None = None
    fixed: date | None = None
    by_inactivity: bool = False


@lru_cache(maxsize=1024)
def parse_expiry(text: str) -> ExpiryPolicy:
    """Reads a policy; ValueError naming what is accepted."""
    if text == "never":
        return ExpiryPolicy()
    if match := _ON.fullmatch(text):
        return ExpiryPolicy(fixed=date.fromisoformat(match[1]))
    own, _, account = text.partition(", ")
    if account.startswith("inactive ") and _ON.fullmatch(own):
        return parse_expiry(account)._replace(fixed=parse_expiry(own).fixed)
    match = _PATTERN.fullmatch(text)
    if match is None or (match["inactive"] and match["block"]):
        raise ValueError(
            f"{text!r} is no expiry policy: never, N days|months|years [to month|quarter|half-year|year],"
            " on YYYY-MM-DD, inactive N days|months|years"
        )
    return ExpiryPolicy(
        length=int(match["count"]), unit=match["unit"], block=match["block"], by_inactivity=bool(match["inactive"])
    )


def last_good_day(policy: ExpiryPolicy, start: date) -> date | None:
    """The local date through which something that takes effect on `start` is good; None = for ever."""
    if policy.fixed is not None:
        return policy.fixed
    match policy.unit:
        case "days":
            day = start + timedelta(days=policy.length)
        case "months":
            day = add_months(start, policy.length)
        case "years":
            day = add_months(start, 12 * policy.length)
        case _:
            return None
    return day if policy.block is None else last_of_months(day, _BLOCKS[policy.block])


@lru_cache(maxsize=8192)
def expires_at(text: str, start: date, time_zone: str) -> datetime:
    """The instant at which a lot that takes effect on `start` dies; NEVER for policies that give lots no date."""
    policy = parse_expiry(text)
    day = policy.fixed if policy.by_inactivity else last_good_day(policy, start)
    return NEVER if day is None else end_of(day, time_zone)


@lru_cache(maxsize=8192)
def inactive_at(text: str, activity: date, time_zone: str) -> datetime | None:
    """The instant at which an account dies for inactivity after an activity on that day; None for other policies."""
    policy = parse_expiry(text)
    day = last_good_day(policy._replace(fixed=None), activity) if policy.by_inactivity else None
    return None if day is None else end_of(day, time_zone)
