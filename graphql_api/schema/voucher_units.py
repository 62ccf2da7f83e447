"""What is left of a voucher, as clients read it: uses, or money of stored value."""

from typing import NamedTuple

from ledger.book.units import MinorUnits
from ledger.vouchers.template_body import Kind


class Left(NamedTuple):
    """Either is null: stored value has no uses, and nothing else has a value."""

    uses: int | None
    value_minor: MinorUnits | None


def left_of(kind: str, units: int) -> Left:
    """So many units of a voucher of that kind."""
    return Left(None, MinorUnits(units)) if kind == Kind.STORED_VALUE else Left(units, None)
