"""What a row of the registry says is what its events told, in every column that they tell."""

from uuid import UUID

import pytest

from ledger.control.decide_request import ApproveRequest
from ledger.members.facts import set_member_facts
from ledger.partners.api_key import issue_api_key
from ledger.points.adjust import AdjustPoints
from ledger.programme.rates import set_adjustment_limit, set_rate
from ledger.reports import entry_checks, registry_checks
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk
from tests.planting import unfound
from tests.tier_desk import TierDesk
from tests.voucher_desk import VoucherDesk

_ROW, _APPROVAL = "registry_row_matches_events", "approval_matches_events"
PLANTED = (
    (_ROW, "UPDATE registry.programmes SET time_zone = 'UTC'"),
    (_ROW, "UPDATE registry.assets SET expiry = '7 months' WHERE code = 'POINTS'"),
    (_ROW, "UPDATE registry.assets SET transfer_day_max = 5 WHERE code = 'POINTS'"),
    (_ROW, "UPDATE registry.assets SET transfers_allowed = true WHERE code = 'STARS'"),
    (_ROW, "UPDATE registry.rates SET minor = minor + 1"),
    (_ROW, "UPDATE registry.adjustment_limits SET amount = 1000000"),
    (_ROW, "UPDATE registry.merchants SET partner_id = gen_random_uuid()"),
    (_ROW, "UPDATE registry.api_keys SET merchant_id = gen_random_uuid()"),
    (_ROW, "UPDATE registry.api_keys SET version = version + 1"),
    (_ROW, "UPDATE registry.api_keys SET id = gen_random_uuid()"),
    (_ROW, "UPDATE registry.voucher_template_versions SET terms = 'Nothing.'"),
    (_ROW, "UPDATE registry.voucher_templates SET state = 'stopped'"),
    (_ROW, "UPDATE registry.campaign_versions SET body = body || ' '"),
    (_ROW, "UPDATE registry.campaign_steps SET version_id = gen_random_uuid() WHERE number = 4"),
    (_ROW, "UPDATE registry.campaign_steps SET version_id = gen_random_uuid() WHERE number = 1"),
    *(
        (_ROW, f"UPDATE registry.{table} SET created_at = created_at - interval '1 second'")
        for table in ("campaign_versions", "tier_ladder_versions", "voucher_template_versions")
    ),
    *(
        ("asset_without_terms_has_none", f"UPDATE registry.assets SET {changed} WHERE kind = 'voucher'")
        for changed in ("expiry = '1 days'", "priority = 1", "transfer_day_max = 5")
    ),
    (_ROW, "UPDATE book.member_facts SET tiers = '{gold,platinum}'"),
    (_ROW, "UPDATE registry.approvals SET payload = replace(payload, '900', '901')"),
    ("holder_is_in_the_registry", "UPDATE book.holders SET kind = 'merchant' WHERE kind = 'programme'"),
    ("event_has_row", "UPDATE registry.adjustment_limits SET id = gen_random_uuid()"),
    (_APPROVAL, "UPDATE registry.approvals SET decided_by = 'approver:eve'"),
    (_APPROVAL, "UPDATE registry.approvals SET state = 'rejected'"),
    (_APPROVAL, "UPDATE registry.approvals SET requested_by = 'support:eve'"),
    (_APPROVAL, "UPDATE registry.approvals SET expires_at = expires_at + interval '1 day'"),
)  # fmt: skip


@pytest.fixture
async def member(bank: Bank) -> UUID:
    """A member of whom something is said, whose points were adjusted by two persons, in a programme that has everything."""
    units, operator = bank.application.units, bank.actor("operator", "olga")
    await set_rate(units, operator, asset="POINTS", money_asset="CNY", points=3, minor=2)
    await set_adjustment_limit(units, operator, asset="POINTS", actor_kind="support", amount=50)
    await issue_api_key(units, operator, merchant_id=bank.merchant_id, secret=bytes(32))
    await VoucherDesk(bank=bank).live("coffee")
    await CampaignDesk(bank=bank).run("base")
    await TierDesk(bank=bank).ladder()
    member = await bank.enrol("m-1")
    await set_member_facts(units, operator, member_id=member, tiers=["gold"], segments=[])
    adjust = AdjustPoints(
        actor=bank.actor("support", "sue"), key=bank.key(), member_id=member, amount=900, reason_code="GOODWILL"
    )
    asked = (await bank.application.engine.execute(adjust)).unwrap()
    assert asked.approval_id is not None
    approve = ApproveRequest(
        actor=bank.actor("approver", "anna"),
        key=bank.key(),
        approval_id=asked.approval_id,
        approvables=bank.application.approvables,
    )
    (await bank.application.engine.execute(approve)).unwrap()
    return member


async def test_a_row_that_says_another_thing_than_its_events_is_found(member: UUID, database_url: str) -> None:
    """One change behind the ledger's back at a time; afterwards all is clean again."""
    del member

    assert await unfound(database_url, PLANTED, (*registry_checks.RULES, *entry_checks.RULES)) == []
