"""Segments: whether a campaign means a member, by what the bank says of it, where it stands and what it had. Pure."""

from collections.abc import Mapping

from ledger.campaigns.campaign_text import Terms
from ledger.campaigns.expression import SEGMENT_FIELDS, Value
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.campaigns.member_then import MemberThen
from ledger.members.rows import MemberFacts


def segment_facts(terms: Terms, then: MemberThen, own: Mapping[str, Value]) -> Facts:
    """What the campaign's segment sees of the member; `own`: what only this campaign asks for."""
    vocabulary = vocabulary_of(SEGMENT_FIELDS).extended((*then.fields(), *terms.progress_fields))
    return Facts(vocabulary, {**own, **then.values()}, (terms.body.segment,))


def is_meant(terms: Terms, then: MemberThen, own: Mapping[str, Value]) -> bool:
    """Whether the campaign's segment holds for the member; without one it means everybody."""
    return not terms.body.segment or segment_facts(terms, then, own).holds(terms.body.segment) is True


def member_values(facts: MemberFacts | None) -> Mapping[str, Value]:
    """What conditions see of what the bank says; None where it has said nothing."""
    return {} if facts is None else {"member.tiers": list(facts.tiers), "member.segments": list(facts.segments)}
