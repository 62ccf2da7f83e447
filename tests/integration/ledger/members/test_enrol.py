"""Enrolment: once per external id and programme, whoever races."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graphql_api.bootstrap import open_application
from ledger.book.refusal import RefusalCode
from ledger.members import queries
from ledger.members.enrol import EnrolMember
from ledger.programme.clock import ReplayClock
from ledger.programme.setup import create_programme
from tests.bank import NOBODY, Bank, code_of


def _enrol(bank: Bank, external_id: str, key: str | None = None) -> EnrolMember:
    return EnrolMember(actor=bank.actor(), key=key or bank.key(), external_id=external_id)


async def test_a_member_is_found_by_both_ids(bank: Bank) -> None:
    """The reply's member is the one that queries show, open and without points."""
    outcome = await bank.application.engine.execute(_enrol(bank, "客户 7"))

    reply, reader = outcome.unwrap(), bank.application.reader
    by_id = await queries.member_by_id(reader, bank.programme_id, reply.member_id)
    by_external_id = await queries.member_by_external_id(reader, bank.programme_id, "客户 7")
    assert by_id == by_external_id
    assert by_id == (reply.member_id, bank.programme_id, "客户 7", reply.enrolled_at, "open")
    entry = await bank.fetch("SELECT kind, member_id, amount FROM {book}.journal_entries WHERE id = $1", reply.entry_id)
    assert tuple(entry[0]) == ("enrol", reply.member_id, 0)


async def test_the_same_key_gives_the_same_member(bank: Bank) -> None:
    """A replay makes nobody; other fields under the key are a conflict, and malformed ones come before it."""
    first = await bank.application.engine.execute(_enrol(bank, "a", key="k"))
    second = await bank.application.engine.execute(_enrol(bank, "a", key="k"))
    other = await bank.application.engine.execute(_enrol(bank, "b", key="k"))
    malformed = await bank.application.engine.execute(_enrol(bank, "b ", key="k"))

    assert second.replayed
    assert code_of(malformed) == RefusalCode.INVALID_INPUT
    assert second.reply == first.reply
    assert other.refusal is not None
    assert (other.refusal.code, other.refusal.facts) == ("IDEMPOTENCY_CONFLICT", {"fields": ("externalId",)})
    assert await bank.count(f"{bank.application.settings.book_schema}.members") == 1


async def test_an_external_id_is_taken_once_and_names_its_member(bank: Bank) -> None:
    """Another key for the same external id is refused; another programme may use it."""
    member = await bank.enrol("a")
    units = bank.application.units
    other = await create_programme(units, bank.actor(), code="OTHER", name="Other", time_zone="UTC")

    again = await bank.application.engine.execute(_enrol(bank, "a"))
    elsewhere = await replace(bank, programme_id=other.id).enrol("a")

    assert again.refusal is not None
    assert (again.refusal.code, again.refusal.facts) == ("EXTERNAL_ID_TAKEN", {"member_id": str(member)})
    assert elsewhere != member


@pytest.mark.parametrize("external_id", ["", " a", "a ", "a\x00", "a\nb", "x" * 129])
async def test_a_malformed_external_id_is_refused(bank: Bank, external_id: str) -> None:
    """INVALID_INPUT, and nobody is enrolled."""
    outcome = await bank.application.engine.execute(_enrol(bank, external_id, key="k"))

    assert outcome.refusal is not None
    assert outcome.refusal.facts == {"field": "externalId"}
    assert await bank.count(f"{bank.application.settings.book_schema}.members") == 0


async def test_an_unknown_programme_enrols_nobody(bank: Bank) -> None:
    """PROGRAMME_NOT_FOUND."""
    outcome = await bank.application.engine.execute(_enrol(replace(bank, programme_id=NOBODY), "a", key="k"))

    assert code_of(outcome) == RefusalCode.PROGRAMME_NOT_FOUND


async def test_of_fifty_that_race_for_one_external_id_one_enrols(bank: Bank) -> None:
    """Two processes, fifty keys: one acceptance, and every other refusal names the winner."""
    settings = bank.application.settings
    async with open_application(settings, url=bank.url) as other:
        engines = (bank.application.engine, other.engine)
        outcomes = await asyncio.gather(
            *(engines[n % 2].execute(_enrol(bank, "same", key=f"race-{n}")) for n in range(50))
        )

    won = [outcome.unwrap() for outcome in outcomes if outcome.refusal is None]
    lost = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    assert len(won) == 1
    assert {(refusal.code, refusal.facts["member_id"]) for refusal in lost} == {
        ("EXTERNAL_ID_TAKEN", str(won[0].member_id))
    }
    assert await bank.count(f"{settings.book_schema}.members") == 1
    assert await bank.count(f"{settings.book_schema}.holders") == 3


async def test_lists_in_opposite_order_enrol_everybody_once(bank: Bank) -> None:
    """Two processes enrol the same thousand people in opposite order: no deadlock surfaces, nobody is there twice."""
    settings, names = bank.application.settings, [f"m-{n}" for n in range(1000)]
    async with open_application(settings, url=bank.url) as other:
        up, down = await asyncio.gather(
            bank.application.engine.execute_list([_enrol(bank, name) for name in names]),
            other.engine.execute_list([_enrol(bank, name) for name in reversed(names)]),
        )

    codes = [(code_of(one), code_of(two)) for one, two in zip(up, reversed(down), strict=True)]
    assert all(sorted(pair) == ["", "EXTERNAL_ID_TAKEN"] for pair in codes)
    assert await bank.count(f"{settings.book_schema}.members") == 1000


async def test_within_one_list_the_second_sees_the_first(bank: Bank) -> None:
    """Later items see earlier ones."""
    outcomes = await bank.application.engine.execute_list([_enrol(bank, "a"), _enrol(bank, "b"), _enrol(bank, "a")])

    assert [code_of(outcome) for outcome in outcomes] == ["", "", "EXTERNAL_ID_TAKEN"]


async def test_members_come_in_pages(bank: Bank) -> None:
    """Pages follow enrolment and end; another programme's list is empty."""
    ids = [await bank.enrol(f"m-{n}") for n in range(3)]
    reader = bank.application.reader

    first = await queries.members_page(reader, bank.programme_id, limit=2)
    second = await queries.members_page(reader, bank.programme_id, limit=2, after=first[-1].id)

    assert [member.id for member in (*first, *second)] == ids
    assert await queries.members_page(reader, NOBODY, limit=2) == []


async def test_known_members_are_found_without_the_database(bank: Bank) -> None:
    """What was found is remembered, what was not found is asked again, and the memory is bounded."""
    ids = queries.MemberIds(bank.application.reader, known_max=1)
    assert await ids.find(bank.programme_id, "a") is None
    member, other = await bank.enrol("a"), await bank.enrol("b")

    found = await ids.find(bank.programme_id, "a")
    again = await ids.find(bank.programme_id, "a")
    evicting = await ids.find(bank.programme_id, "b")

    assert (found, again, evicting) == (member, member, other)
    assert await ids.find(NOBODY, "a") is None


async def test_history_enrols_at_its_own_time(bank: Bank) -> None:
    """Under a replay clock a member is enrolled when the file says; under the live one the wish is ignored."""
    long_ago = datetime(2017, 1, 1, tzinfo=UTC)
    async with open_application(bank.application.settings, url=bank.url, clock=ReplayClock()) as replaying:
        past = await replaying.engine.execute(replace(_enrol(bank, "a"), replay_at=long_ago))
    live = await bank.application.engine.execute(replace(_enrol(bank, "b"), replay_at=long_ago))

    assert past.unwrap().enrolled_at == long_ago
    assert live.unwrap().enrolled_at > long_ago


async def test_many_names_are_learnt_in_one_look(bank: Bank) -> None:
    """Those that there are, once; a stranger, a name of another programme and what is no name stay unknown."""
    ids = queries.MemberIds(bank.application.reader)
    ada, bob = await bank.enrol("ada"), await bank.enrol("bob")

    await ids.learn(bank.programme_id, {"ada", "bob", "eve", "\0"})
    known = [await ids.find(bank.programme_id, name) for name in ("ada", "bob", "eve", "\0")]
    await ids.learn(NOBODY, {"ada"})

    assert known == [ada, bob, None, None]
    assert await ids.find(NOBODY, "ada") is None
