"""Reading what was reported, awarded and promised: by id, by page, and never another programme's."""

from dataclasses import replace
from uuid import UUID, uuid4

from ledger.book.refusal import RefusalCode
from ledger.campaigns.campaign_query import (
    VERSION_PAGES,
    budgets_of,
    campaign_by_id,
    campaigns_page,
    version_name,
)
from ledger.campaigns.explain_query import activities_page, activity_by_id, award_by_id, awards_of, skipped_of
from ledger.campaigns.lifecycle import PauseCampaign
from ledger.programme.activity_type_query import activity_types
from tests.bank import Bank, code_of
from tests.campaign_desk import BASE, CampaignDesk

STRANGER = uuid4()


async def test_a_campaign_is_read_with_both_versions_and_its_budgets(desk: CampaignDesk, bank: Bank) -> None:
    """The newest and the one that holds; a pause shows as frozen budgets; another programme sees nothing."""
    reader, ours = bank.application.reader, bank.programme_id
    await desk.create("draft")
    await desk.run("base", budget=100)
    await desk.change("base", replace(BASE, budgets=("POINTS",), priority=1))
    (await desk.move(PauseCampaign, "base")).unwrap()
    id_ = desk.campaign_id("base")

    base = await campaign_by_id(reader, ours, id_)
    listed = await campaigns_page(reader, ours, limit=100)
    paused = await campaigns_page(reader, ours, limit=100, state="paused")
    versions = await VERSION_PAGES.read(reader, ours, id_, limit=100)

    assert base is not None
    assert base.current == base.latest == versions[0]
    assert [version.number for version in versions] == [2, 1]
    assert {(view.campaign.code, view.current is None) for view in listed} == {("base", False), ("draft", True)}
    assert [view.campaign.code for view in paused] == ["base"]
    assert await budgets_of(reader, base.campaign) == [("POINTS", 100, "frozen")]
    assert await version_name(reader, ours, versions[1].id) == ("base", 1)
    assert await campaign_by_id(reader, STRANGER, id_) is None
    assert await version_name(reader, STRANGER, versions[1].id) is None
    assert await campaigns_page(reader, STRANGER, limit=100) == []


async def test_activities_and_awards_are_read_as_they_were_decided(
    desk: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """A member's list is newest first; an award and an activity are found by id, in their own programme only."""
    reader, ours = bank.application.reader, bank.programme_id
    await desk.run("base")
    first, second = await desk.buy(member, 100), await desk.buy(member, 5)

    page = await activities_page(reader, ours, member, limit=1)
    rest = await activities_page(reader, ours, member, limit=10, before=second.activity_id)
    awards = await awards_of(reader, rest[0])
    skipped = await skipped_of(reader, page[0])

    assert [each.id for each in (*page, *rest)] == [second.activity_id, first.activity_id]
    assert [award.amount for award in awards] == [10]
    assert [skip.reason for skip in skipped] == ["ROUNDED_TO_NOTHING"]
    assert await award_by_id(reader, ours, awards[0].id) == awards[0]
    assert await award_by_id(reader, STRANGER, awards[0].id) is None
    assert await activity_by_id(reader, STRANGER, page[0].id) is None
    assert await activities_page(reader, STRANGER, member, limit=10) == []


async def test_a_shop_of_another_programme_is_unknown(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """An activity names a shop of its own programme or none; nothing is recorded."""
    unknown = await desk.report(replace(desk.reporting(member, amount=100), merchant_id=STRANGER))
    known = await desk.report(replace(desk.reporting(member, amount=100), merchant_id=bank.merchant_id))

    assert (code_of(unknown), code_of(known)) == (RefusalCode.MERCHANT_NOT_FOUND, "")
    assert await bank.count("book.activities") == 1


async def test_every_programme_knows_the_shipped_types(bank: Bank) -> None:
    """Ten of them, before its own."""
    types = await activity_types(bank.application.reader, bank.programme_id)

    assert [each.code for each in types][:2] == ["purchase", "refund"]
    assert len(types) == 10
