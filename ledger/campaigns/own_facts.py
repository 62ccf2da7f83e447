"""What one campaign asks for of a member beside what all campaigns see: what the bank says of it, and its counts. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ledger.campaigns.campaign_terms import Terms
from ledger.campaigns.expression import ATTRIBUTE, Value, Variables, attribute_fields
from ledger.members.attribute_values import read_values
from ledger.members.rows import MemberAttribute, MemberFacts


class OwnFacts(NamedTuple):
    """What a campaign's conditions may name besides, and what they see."""

    fields: Variables
    values: Mapping[str, Value]


def own_facts(
    terms: Terms, known: Sequence[MemberAttribute], on_file: MemberFacts | None, counts: Mapping[str, int]
) -> OwnFacts:
    """Of a campaign under these terms.

    known:   the programme's attributes, where the terms name one
    on_file: None where the bank has said nothing
    counts:  by how conditions name them
    """
    named = [attribute for attribute in known if attribute.code in terms.attributes]
    fields = (*terms.progress_fields, *attribute_fields(named)) if named else terms.progress_fields
    if on_file is None:
        return OwnFacts(fields, counts)
    said = read_values(on_file.attributes) if named else {}
    attributes = {f"{ATTRIBUTE}.{each.code}": said[each.code] for each in named if each.code in said}
    lists = {"member.tiers": list(on_file.tiers), "member.segments": list(on_file.segments)}
    return OwnFacts(fields, {**lists, **attributes, **counts})
