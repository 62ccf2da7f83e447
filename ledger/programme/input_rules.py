"""What a programme's names, codes, zones and terms must look like. Pure; every breach is INVALID_INPUT with its field."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from ledger.book.refusal import refuse_input
from ledger.book.units import is_amount
from ledger.programme.calendar import LAST_START
from ledger.programme.expiry import last_good_day, parse_expiry
from ledger.programme.rows import Shortfall

NAME_LENGTH_MAX: Final = 200
TERMS_LENGTH_MAX: Final = 20_000
DAYS_MAX: Final = 3650
PRIORITY_MAX: Final = 1000
CODE_LENGTH_MAX: Final = 64
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_CEL_WORDS: Final = frozenset({"false", "in", "null", "true"})
_FAR_END: Final = date(2400, 1, 1)
"""A policy that outlives these two centuries would leave the calendar one day, in the middle of an earn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetTerms:
    """The terms of an asset, which may change; lots keep what they were granted under.

    expiry:       a policy's text (`expiry.py`)
    priority:     of new lots, lower is drawn first
    transfer_…:   limits per member and local day or month; None = none
    """

    expiry: str = "never"
    priority: int = 0
    shortfall: str = Shortfall.WITHIN_BALANCE
    reversal_days: int = 90
    reversal_grace_days: int = 0
    transfers_allowed: bool = False
    transfer_day_max: int | None = None
    transfer_month_max: int | None = None


def require_code(code: str, *, length_max: int = CODE_LENGTH_MAX) -> None:
    """1 to `length_max` letters, digits, dots, dashes, underscores, beginning with a letter or digit."""
    if not _CODE.fullmatch(code) or len(code) > length_max:
        refuse_input("code")


def is_nameable(text: str) -> bool:
    """Whether conditions can name it: at most 64 ASCII letters, digits and underscores, none of the digits first, and no
    word that CEL keeps for itself.
    """
    return len(text) <= 64 and text.isascii() and text.isidentifier() and text not in _CEL_WORDS


def require_name(name: str) -> None:
    """1 to 200 printable characters, not only blanks."""
    require_text("name", name, length_max=NAME_LENGTH_MAX)


def require_text(field: str, text: str, *, length_max: int) -> None:
    """1 to `length_max` printable characters, not only blanks."""
    if not text.strip() or len(text) > length_max or not text.isprintable():
        refuse_input(field)


def require_terms_text(terms: str, *, field: str = "termsText") -> None:
    """At most 20,000 characters, printable but for line breaks; may be empty."""
    if len(terms) > TERMS_LENGTH_MAX or not all(c.isprintable() or c in "\n\t" for c in terms):
        refuse_input(field)


def require_different(field: str, listed: Sequence[object], *, most: int) -> None:
    """At most so many, and no two alike; may be empty."""
    if len(listed) > most or len(set(listed)) != len(listed):
        refuse_input(field)


def require_time_zone(name: str) -> None:
    """A name of the IANA database."""
    if name not in _zones():
        refuse_input("timeZone")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def require_terms(terms: AssetTerms) -> None:
    """Every term within its range."""
    _require_expiry(terms.expiry)
    if abs(terms.priority) > PRIORITY_MAX:
        refuse_input("priority")
    if terms.shortfall not in tuple(Shortfall):
        refuse_input("shortfall")
    if not 1 <= terms.reversal_days <= DAYS_MAX:
        refuse_input("reversalDays")
    if not 0 <= terms.reversal_grace_days <= DAYS_MAX:
        refuse_input("reversalGraceDays")
    for field, limit in (("transferDayMax", terms.transfer_day_max), ("transferMonthMax", terms.transfer_month_max)):
        if limit is not None and not is_amount(limit):
            refuse_input(field)


def _require_expiry(text: str) -> None:
    try:
        policy = parse_expiry(text)
        day = last_good_day(policy, LAST_START)
    except (ValueError, OverflowError):
        refuse_input("expiry")
    if (policy.by_inactivity and policy.fixed is not None) or (day is not None and day > _FAR_END):
        refuse_input("expiry")
