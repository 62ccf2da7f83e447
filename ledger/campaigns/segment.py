"""Segments: whether a campaign means a member, by what the bank says of it, where it stands and what it had. Pure."""

from collections.abc import Mapping

from ledger.campaigns.campaign_terms import Terms
from ledger.campaigns.expression import SEGMENT_FIELDS
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.campaigns.member_then import MemberThen
from ledger.campaigns.own_facts import OwnFacts


def meant(terms: Terms, then: MemberThen, own: OwnFacts) -> Mapping[str, object] | None:
    """What the campaign's segment saw of the member; None where it does not mean the member."""
    segment = terms.body.segment
    vocabulary = vocabulary_of(SEGMENT_FIELDS).extended((*then.fields(), *own.fields))
    facts = Facts(vocabulary, {**own.values, **then.values()}, (segment,))
    return facts.inputs_of(segment) if facts.holds(segment) else None
