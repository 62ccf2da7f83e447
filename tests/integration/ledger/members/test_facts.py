"""What the bank says of members: of registered attributes, kept in its own programme, and proven by the checker."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.members import checks
from ledger.members.attribute import ATTRIBUTES_MAX, register_attribute
from ledger.members.attribute_query import attributes_of
from ledger.members.attribute_values import AttributeSaid, read_values
from ledger.members.facts import set_member_facts
from ledger.members.rows import AttributeType, MemberFacts
from ledger.reports.check import check_book
from tests.bank import Bank

PLANTED = {
    "member_attribute_id_names_attribute": ("UPDATE registry.member_attributes SET code = 'other' WHERE code = 'vip'",),
    "member_facts_have_attributes": (
        """UPDATE book.member_facts SET attributes = '{"risk": "three"}'""",
        """UPDATE book.member_facts SET attributes = '{"rizk": 3}'""",
    ),
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

    connection = await asyncpg.connect(database_url)
    try:
        for name, statement in [(name, each) for name, statements in PLANTED.items() for each in statements]:
            await connection.execute("SET session_replication_role = replica")
            before = await connection.fetch("SELECT * FROM registry.member_attributes")
            await connection.execute(statement)
            report = await check_book(database_url, book_schema="book", book_number=1, rules=checks.RULES)
            assert {each.rule.name for each in report.rules if each.count} >= {name}
            await connection.execute("""UPDATE book.member_facts SET attributes = '{"risk": 3, "vip": true}'""")
            await connection.execute("UPDATE book.members SET external_id = 'm-1'")
            await connection.executemany(
                "UPDATE registry.member_attributes SET code = $2 WHERE id = $1",
                [(row["id"], row["code"]) for row in before],
            )
    finally:
        await connection.close()
