"""Segments: whether a campaign means a member, by what the bank says of it, where it stands and what it had. Pure."""

from ledger.campaigns.campaign_text import Terms
from ledger.campaigns.expression import SEGMENT_FIELDS
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.campaigns.member_then import MemberThen
from ledger.campaigns.own_facts import OwnFacts


def segment_facts(terms: Terms, then: MemberThen, own: OwnFacts) -> Facts:
    """What the campaign's segment sees of the member."""
    vocabulary = vocabulary_of(SEGMENT_FIELDS).extended((*then.fields(), *own.fields))
    return Facts(vocabulary, {**own.values, **then.values()}, (terms.body.segment,))


def is_meant(terms: Terms, then: MemberThen, own: OwnFacts) -> bool:
    """Whether the campaign's segment holds for the member; without one it means everybody."""
    return not terms.body.segment or segment_facts(terms, then, own).holds(terms.body.segment) is True
