"""Amounts that may be absent."""

from ledger.book.units import MinorUnits, Points


def maybe_points(amount: int | None) -> Points | None:
    """So many points, or units of another asset, where there are any."""
    return None if amount is None else Points(amount)


def maybe_minor(amount: int | None) -> MinorUnits | None:
    """So much money, where there is any."""
    return None if amount is None else MinorUnits(amount)
