"""What belongs to a programme is unknown in every other, to read and to move, whatever its id."""

from collections.abc import Mapping

import pytest

from graphql_api.caller import Caller
from graphql_api.permissions import Role, Scope
from ledger.engine.command import Actor
from ledger.programme.setup import create_programme
from tests.campaign_desk import CampaignDesk
from tests.integration.graphql.campaigns import campaigns, purchase, report
from tests.integration.graphql.counter import Counter, counter
from tests.integration.graphql.desk import gid
from tests.integration.graphql.people import People

__all__ = ["campaigns", "counter"]

READS = """query T($member: ID!, $entry: ID!, $hold: ID!, $shop: ID!, $partner: ID!, $voucher: ID!, $redemption: ID!,
    $activity: ID!, $award: ID!, $approval: ID!) {
    member(by: {id: $member}) { id } byName: member(by: {externalId: "ines"}) { id }
    wallet(member: {id: $member}) { asset } support: supportMember(by: {id: $member}) { member { id } }
    entry(id: $entry) { id } hold(id: $hold) { id } merchant(id: $shop) { id } partner(id: $partner) { id }
    voucher(id: $voucher) { id } redemption(id: $redemption) { id } voucherTemplate(code: "T1") { code }
    activity(id: $activity) { id } award(id: $award) { id } campaign(code: "base") { code }
    byEvent: activityByEvent(source: "pos", eventId: "e1") { id } approval(id: $approval) { id } }"""


@pytest.fixture
async def ids(people: People, counter: Counter, campaigns: CampaignDesk) -> Mapping[str, str]:
    """The ids of something of each kind."""
    held = await people.change(people.member(), "holdPoints", "... on PointsHeld { holdId }", amount="1")
    earned = await people.earn(1)
    await counter.template("T1")
    issued = (await counter.issue("T1"))["voucher"]["id"]
    redeemed = await counter.redeem(await counter.issued_code("T1"))
    await campaigns.run("base")
    activity = await report(people, purchase("e1", occurredAt=(await people.desk.bank.now()).isoformat()))
    adjustment = {"member": {"id": people.ines}, "amount": "51", "reasonCode": "GIFT"}
    asked = await people.change(
        people.operator, "adjustPoints", "... on ApprovalRequested { approvalId }", **adjustment
    )
    key = await people.desk.change(
        people.operator, "issueApiKey", {"merchantId": people.shop}, "... on ApiKeyIssued { id }"
    )
    return {
        "key": key["id"],
        "member": people.ines,
        "shop": people.shop,
        "partner": gid("Partner", people.desk.bank.partner_id),
        "hold": held["holdId"],
        "entry": earned["entry"]["id"],
        "voucher": issued,
        "redemption": redeemed["applied"][0]["redemptionId"],
        "activity": activity["activityId"],
        "award": activity["awards"][0]["awardId"],
        "approval": asked["approvalId"],
    }


@pytest.fixture
async def stranger(people: People, ids: Mapping[str, str]) -> Caller:
    """Another programme's system, with every scope."""
    bank = people.desk.bank
    operator = Actor(kind="operator", id="olga", programme_id=bank.programme_id)
    await create_programme(bank.application.units, operator, code="OTHER", name="Other", time_zone="UTC")
    return people.desk.caller(Role.SERVICE, "core", *Scope, programme="OTHER")


async def test_nothing_of_it_is_read(people: People, ids: Mapping[str, str], stranger: Caller) -> None:
    """Every id is one of this programme's, and of no other's."""
    own = await people.desk.ask(people.core, READS, **ids)
    found = await people.desk.ask(stranger, READS, **ids)

    assert all(own.values())
    assert not any(found.values())


async def test_nothing_of_it_is_moved(people: People, ids: Mapping[str, str], stranger: Caller) -> None:
    """Each attempt is answered as for something that is not there."""
    member, shop, voucher = {"id": ids["member"]}, {"merchantId": ids["shop"]}, {"voucherId": ids["voucher"]}
    code = await people.payment_code()

    async def code_of(name: str, **given: object) -> str:
        return str((await people.change(stranger, name, "", **given))["code"])

    assert await code_of("earnPoints", member=member, amount="1") == "MEMBER_NOT_FOUND"
    assert await code_of("spendPoints", paymentCode=code, amount="1") == "PAYMENT_CODE_INVALID"
    await people.change(stranger, "enrolMember", "", externalId="otto")
    own = {"member": {"externalId": "otto"}, "amount": "1"}
    assert await code_of("spendPoints", **own, **shop) == "MERCHANT_NOT_FOUND"
    assert await code_of("captureHold", holdId=ids["hold"]) == "HOLD_NOT_FOUND"
    assert await code_of("reverseEntry", entryId=ids["entry"]) == "ENTRY_NOT_FOUND"
    assert await code_of("freezeMember", member=member) == "MEMBER_NOT_FOUND"
    facts = {"member": member, "tiers": ["gold"], "segments": []}
    assert await code_of("setMemberFacts", **facts, idempotencyKey=None) == "MEMBER_NOT_FOUND"
    assert await code_of("voidVoucher", **voucher, reasonCode="FRAUD") == "VOUCHER_NOT_FOUND"
    assert await code_of("reverseRedemption", redemptionId=ids["redemption"]) == "REDEMPTION_NOT_FOUND"
    assert await code_of("approveRequest", approvalId=ids["approval"]) == "APPROVAL_NOT_FOUND"
    assert await code_of("withdrawRequest", approvalId=ids["approval"]) == "APPROVAL_NOT_FOUND"
    assert await code_of("closeMerchant", **shop, idempotencyKey=None) == "MERCHANT_NOT_FOUND"
    assert await code_of("issueApiKey", **shop, idempotencyKey=None) == "MERCHANT_NOT_FOUND"
    assert await code_of("revokeApiKey", apiKeyId=ids["key"], idempotencyKey=None) == "API_KEY_NOT_FOUND"
