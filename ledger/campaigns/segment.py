"""Segments: whether a campaign means a member, by what the bank says of it and by the levels it holds. Pure."""

from collections.abc import Mapping

from ledger.campaigns.expression import MEMBER_FIELDS, Value, tier_fields
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.members.rows import MemberFacts


def is_meant(segment: str, facts: MemberFacts | None, levels: Mapping[str, str]) -> bool:
    """Whether the condition holds for the member; an empty one means everybody.

    facts:  None where the bank has said nothing of it
    levels: the code of its level by ladder
    """
    if not segment:
        return True
    vocabulary = vocabulary_of(MEMBER_FIELDS).extended(tier_fields(tuple(sorted(levels))))
    values = {**member_values(facts), **tier_values(levels)}
    return Facts(vocabulary, values, (segment,)).holds(segment) is True


def member_values(facts: MemberFacts | None) -> dict[str, Value]:
    """What conditions see as `member.…`."""
    return {} if facts is None else {"member.tiers": list(facts.tiers), "member.segments": list(facts.segments)}


def tier_values(levels: Mapping[str, str]) -> dict[str, Value]:
    """What conditions see as `tier.…`."""
    return {f"tier.{code}": level for code, level in levels.items()}
