"""Lists of members: filled in chunks, once each, within the programme; campaigns look at them."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from ledger.book.refusal import Refusal
from ledger.campaigns.member_list import CHUNK_MAX, Extended, extend_list
from ledger.campaigns.simulate import Simulation, simulate
from tests.bank import Bank
from tests.campaign_desk import BASE, CampaignDesk, amounts, reasons


async def extend(bank: Bank, *members: UUID, code: str = "vip") -> Extended:
    """What olga's extension of the list comes to."""
    return await extend_list(bank.application.units, bank.actor("operator", "olga"), code=code, members=list(members))


async def test_a_list_takes_each_member_once_and_nobody_else(bank: Bank, member: UUID) -> None:
    """Loaded again after an interruption, a chunk adds only who was not there; strangers are left out."""
    other = await bank.enrol("m-2")

    first = await extend(bank, member, uuid4(), bank.merchant_id)
    again = await extend(bank, member, other)
    idle = await extend(bank, other)

    assert [(each.list.members, each.added, each.list.version) for each in (first, again, idle)] == [
        (1, 1, 2),
        (2, 1, 3),
        (2, 0, 3),
    ]


async def test_a_chunk_is_bounded_and_a_code_is_one(bank: Bank, member: UUID) -> None:
    """Too many members are refused before any work, a strange code by its field."""
    for members, code, refusal in (
        ([member] * (CHUNK_MAX + 1), "vip", "LIST_TOO_LONG"),
        ([], "no code", "INVALID_INPUT"),
        ([member] * (CHUNK_MAX + 1), "no code", "INVALID_INPUT"),
    ):
        with pytest.raises(Refusal) as refused:
            await extend(bank, *members, code=code)
        assert refused.value.code == refusal


async def test_a_campaign_is_for_who_is_on_its_list(desk: CampaignDesk, bank: Bank, member: UUID) -> None:
    """It must be there when the campaign is saved; who joins later is meant from then on."""
    with pytest.raises(Refusal, match="INVALID_INPUT"):
        await desk.create("early", replace(BASE, member_list="vip"))
    other = await bank.enrol("m-2")
    await extend(bank, member)
    await desk.run("base", replace(BASE, member_list="vip"))

    meant, not_yet = await desk.buy(member, 100), await desk.buy(other, 100)
    await extend(bank, other)
    now = await desk.buy(other, 100)

    assert (amounts(meant), reasons(not_yet), amounts(now)) == ([10], ["OTHER_SEGMENT"], [10])


async def test_a_simulated_draft_looks_at_its_list(desk: CampaignDesk, bank: Bank, member: UUID) -> None:
    """Of two who bought, the draft would have awarded the one on its list."""
    other = await bank.enrol("m-2")
    for buyer in (member, other):
        await desk.buy(buyer, 100)
    await extend(bank, other)
    await desk.create("draft", replace(BASE, member_list="vip"))

    report = await simulate(bank.application.reader, bank.programme_id, Simulation(campaign="draft"))

    assert (report.activities, report.awards) == (2, 1)
    assert [(line.reason, line.activities) for line in report.reasons] == [("OTHER_SEGMENT", 1)]
