"""What the bank says of members: of registered attributes, kept in its own programme, and proven by the checker."""

from uuid import UUID, uuid4

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.members import checks
from ledger.members.attribute import ATTRIBUTES_MAX, register_attribute
from ledger.members.attribute_query import attributes_of
from ledger.members.attribute_values import AttributeSaid, read_values
from ledger.members.facts import set_member_facts
from ledger.members.rows import AttributeType, MemberFacts
from tests.bank import Bank
from tests.planting import unfound

PLANTED = {
    "member_attribute_id_names_attribute": ("UPDATE registry.member_attributes SET code = 'other' WHERE code = 'vip'",),
    "member_facts_have_attributes": (
        """UPDATE book.member_facts SET attributes = '{"risk": "three"}'""",
        """UPDATE book.member_facts SET attributes = '{"rizk": 3}'""",
    ),
    "member_matches_enrolment": (
        "UPDATE book.members SET enrolled_at = enrolled_at + interval '1 microsecond'",
        "UPDATE book.journal_entries SET member_id = gen_random_uuid() WHERE kind = 'enrol'",
    ),
    "holder_state_matches_entries": ("UPDATE book.holders SET state = 'frozen'",),
    "erased_members_were_erased": ("UPDATE book.members SET external_id = 'erased:' || id",),
    "erased_members_have_no_facts": ("UPDATE book.members SET external_id = 'erased:' || id",),
}


async def register(bank: Bank, code: str, type_: AttributeType = AttributeType.INTEGER) -> None:
    """An attribute of the bank's programme."""
    await register_attribute(bank.application.units, bank.actor("operator", "olga"), code=code, type_=type_)


async def say(bank: Bank, member: UUID, **values: object) -> MemberFacts:
    """These attributes, and nothing else, of the member."""
    said = [AttributeSaid(code, value) for code, value in values.items()]
    units = bank.application.units
    return await set_member_facts(units, bank.actor(), member_id=member, tiers=[], segments=[], attributes=said)


async def test_a_refused_word_leaves_what_was_said(bank: Bank) -> None:
    """One value that does not fit, and nothing of the list is taken; a stranger's attributes are none of ours."""
    member = await bank.enrol("m-1")
    await register(bank, "risk")
    await say(bank, member, risk=3)

    for values in ({"risk": 1, "vip": True}, {"risk": "1"}):
        with pytest.raises(Refusal, match=RefusalCode.INVALID_INPUT):
            await say(bank, member, **values)

    kept = await bank.fetch("SELECT attributes, version FROM {book}.member_facts WHERE id = $1", member)
    assert [(read_values(row["attributes"]), row["version"]) for row in kept] == [({"risk": 3}, 1)]
    assert await attributes_of(bank.application.reader, uuid4()) == []


async def test_a_programme_has_a_hundred_attributes_at_most(bank: Bank) -> None:
    """And each code once."""
    for number in range(ATTRIBUTES_MAX):
        await register(bank, f"a{number}")

    with pytest.raises(Refusal, match=RefusalCode.INVALID_INPUT):
        await register(bank, "one_more")
    assert await bank.count("registry.member_attributes") == ATTRIBUTES_MAX


async def test_what_is_planted_against_attributes_is_found(bank: Bank, database_url: str) -> None:
    """Another code than its id says, another type than registered, a name that nobody registered, facts of the erased."""
    member = await bank.enrol("m-1")
    await register(bank, "risk")
    await register(bank, "vip", AttributeType.BOOLEAN)
    await say(bank, member, risk=3, vip=True)
    assert {rule.name for rule in checks.RULES} == set(PLANTED)

    planted = [(name, each) for name, statements in PLANTED.items() for each in statements]
    assert await unfound(database_url, planted, checks.RULES) == []
