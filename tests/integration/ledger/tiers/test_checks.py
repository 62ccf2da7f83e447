"""Every rule of the checker finds what was planted against it."""

from dataclasses import replace
from uuid import UUID

import pytest

from ledger.campaigns.campaign_body import Rule, TierCredit
from ledger.tiers import checks
from tests.campaign_desk import BASE, CampaignDesk, always
from tests.planting import unfound
from tests.tier_desk import SPEND, TierDesk
from tests.voucher_desk import VoucherDesk

PLANTED = {
    "tier_ladder_id_names_ladder": "UPDATE registry.tier_ladders SET code = 'other'",
    "tier_ladder_versions_in_order": "UPDATE registry.tier_ladders SET latest_number = 7",
    "tier_ladder_version_id_names_version": "UPDATE registry.tier_ladder_versions SET number = number + 5",
    "tier_standing_matches_history": "UPDATE book.tier_standings SET buckets = '{}'",
    "tier_history_has_standing": "UPDATE book.tier_credits SET member_id = gen_random_uuid()",
    "tier_step_id_names_step": "UPDATE book.tier_steps SET id = gen_random_uuid()",
    "tier_credits_match_activities": "UPDATE book.tier_credits SET amount = amount + 1 WHERE amount > 0",
    "tier_credit_matches_its_report": "UPDATE book.tier_credits SET occurred_at = occurred_at - interval '1 second'",
    "tier_credits_match_awards": "UPDATE book.awards SET amount = amount + 1, wanted = wanted + 1 WHERE amount > 0",
    "tier_refunds_match_credits": "UPDATE book.tier_credits SET amount = amount - 1 WHERE amount < 0",
    "tier_grants_were_approved": "UPDATE book.tier_grants SET level = 'base'",
    "tier_packs_match_vouchers": "UPDATE book.tier_packs SET template = 'OTHER'",
    "tier_pack_id_names_pack": "UPDATE book.tier_packs SET id = gen_random_uuid()",
}
MORE = {
    "tier_standing_matches_history": (
        "UPDATE book.tier_standings SET level = 'silver', earned = 'silver', granted = NULL, granted_until = NULL",
        "UPDATE book.tier_steps SET since = since - interval '1 day'",
        "UPDATE book.tier_credits SET local_day = local_day - 40",
        "UPDATE book.tier_credits SET version = version + 10",
        "UPDATE book.tier_grants SET until_on = until_on + 1",
    ),
    "tier_credits_match_activities": ("UPDATE book.activities SET type = 'deposit' WHERE type = 'purchase'",),
}
"""Other ways in which a standing or a credit can be wrong."""


@pytest.fixture
async def history(tiers: TierDesk, campaigns: CampaignDesk, vouchers: VoucherDesk, member: UUID) -> None:
    """A member who reached a level with a pack, also by a rule's credit, had a part taken back, and was given a higher
    level by hand.
    """
    await vouchers.live("HELLO")
    first, silver, gold = SPEND.levels
    await tiers.ladder("spend", replace(SPEND, levels=(first, replace(silver, pack=("HELLO",)), gold)))
    bonus = Rule(code="bonus", activity="purchase", action=TierCredit(ladder="spend", amount=50))
    await campaigns.run("bonus", replace(BASE, phases=always(bonus)))
    sale = campaigns.reporting(member, amount=1500)
    (await campaigns.report(sale)).unwrap()
    (await campaigns.report(campaigns.refunding(sale, 100))).unwrap()
    await tiers.sweep()
    await tiers.grant(member, "gold", await tiers.in_days(5))


async def test_each_rule_finds_what_is_planted(history: None, database_url: str) -> None:
    """One table changed behind the ledger's back, seen by the rule that watches it; afterwards all is clean again."""
    planted = [*PLANTED.items(), *((name, each) for name, statements in MORE.items() for each in statements)]

    assert await unfound(database_url, planted, checks.RULES) == []


def test_every_rule_is_planted_against() -> None:
    """No rule without its corruption."""
    assert {rule.name for rule in checks.RULES} == set(PLANTED)
