"""What the ledger knew of a member when an activity occurred, or knows of it now: what all campaigns see alike. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ledger.campaigns.expression import Value, Variables, tier_fields
from ledger.tiers.held_levels import Levels


class MemberThen(NamedTuple):
    """The member at an instant.

    levels: the level that it held on each ladder
    """

    levels: Levels = MappingProxyType({})

    def fields(self) -> Variables:
        """What conditions may name of it beside what they always may."""
        return tier_fields(tuple(sorted(self.levels))) if self.levels else ()

    def values(self) -> Mapping[str, Value]:
        """What they see."""
        return {f"tier.{code}": level.code for code, level in self.levels.items()}
