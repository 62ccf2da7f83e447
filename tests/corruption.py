"""A fault that a test plants in a book with a history, beside others, for one rule of the checker to find."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """SQL that plants one fault of its own; `pick` returns the row to spoil as $1, `spoil` changes it."""

    rule: str
    pick: str
    spoil: str
