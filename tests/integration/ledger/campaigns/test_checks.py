"""Every rule of the checker finds what was planted against it."""

from uuid import UUID

import pytest

from ledger.campaigns import checks
from ledger.campaigns.campaign_body import Cap, Period, PointsAward, Rule, VoucherAward
from ledger.campaigns.member_list import extend_list
from ledger.points.spend import SpendPoints
from ledger.vouchers.template_body import Multiplier
from tests.bank import Bank
from tests.campaign_desk import CampaignDesk, always
from tests.figure_rounds import roll_up_all
from tests.planting import unfound
from tests.voucher_desk import VoucherDesk

PLANTED = {
    "activity_matches_entry": "UPDATE book.activities SET occurred_at = occurred_at - interval '1 second'",
    "activity_matches_request": "UPDATE book.activities SET source = 'other'",
    "activity_on_local_day": "UPDATE book.activities SET local_day = local_day - 1",
    "activity_amount_is_reported": "UPDATE book.activities SET payload = '{}' WHERE type = 'purchase'",
    "award_taken_back_matches_award": "UPDATE book.awards SET local_day = local_day - 1 WHERE amount < 0",
    "award_names_a_rule": "UPDATE book.awards SET phase = 'other'",
    "awards_match_answers": "UPDATE book.awards SET rule = 'other'",
    "award_matches_activity": "UPDATE book.awards SET member_id = gen_random_uuid()",
    "awards_match_postings": "UPDATE book.awards SET amount = amount - 1 WHERE amount > 1",
    "awards_match_vouchers": "UPDATE book.awards SET voucher_id = gen_random_uuid() WHERE kind = 'VOUCHER'",
    "cards_match_draws": "UPDATE book.awards SET factors = '[]'",
    "awards_match_budgets": "UPDATE book.awards SET cost = cost - 1 WHERE cost > 1",
    "refunds_match_awards": "UPDATE book.activities SET amount = amount + 20 WHERE refund_of IS NOT NULL",
    "campaign_counts_match_awards": "UPDATE book.campaign_counts SET amount = amount + 1",
    "member_list_counts_its_members": "UPDATE registry.member_lists SET members = members + 1",
    "listed_member_id_names_member": "UPDATE book.listed_members SET id = gen_random_uuid()",
    "campaign_count_id_names_count": "UPDATE book.campaign_counts SET id = gen_random_uuid()",
    "campaign_versions_in_order": "UPDATE registry.campaigns SET latest_number = 7",
    "campaign_version_id_names_version": "UPDATE registry.campaign_versions SET number = 5",
    "campaign_step_id_names_step": "UPDATE registry.campaign_steps SET number = 9 WHERE number = 1",
    "budget_asset_names_budget": "UPDATE registry.assets SET code = 'budget:base:STARS' WHERE kind = 'budget'",
    "campaign_reach_matches_activities": "UPDATE book.campaign_reach SET activities = activities + 1",
    "campaign_grants_match_awards": "UPDATE book.campaign_grants SET returned = returned - 1",
    "campaign_figures_are_past": "UPDATE book.campaign_figure_cuts SET cut_tx_id = '99999999999' "
    "WHERE cut_tx_id = (SELECT max(cut_tx_id) FROM book.campaign_figure_cuts)",
    "campaign_lots_match_draws": "UPDATE book.campaign_lots SET redeemed = redeemed - 1",
    "budgets_frozen_while_paused": "UPDATE registry.campaigns SET state = 'paused'",
}
MORE = (
    ("activity_matches_entry", "UPDATE book.journal_entries SET member_id = NULL WHERE kind = 'activity'"),
    ("budget_asset_names_budget", "DELETE FROM book.accounts WHERE role = 'budget'"),
    ("budget_asset_names_budget", "UPDATE registry.assets SET code = 'budget:other:POINTS' WHERE kind = 'budget'"),
    ("awards_match_vouchers", "DELETE FROM book.awards WHERE kind = 'VOUCHER' AND amount < 0"),
    ("award_names_a_rule", "UPDATE book.awards SET variant = 'b'"),
    ("award_taken_back_matches_award", "UPDATE book.awards SET base = base + 1 WHERE amount < 0"),
    ("refunds_match_awards", "UPDATE book.awards SET cost = cost - 1 WHERE cost < 0"),
)
"""Other ways in which they can be wrong."""


@pytest.fixture
async def history(desk: CampaignDesk, member: UUID, bank: Bank) -> None:
    """A budgeted, capped campaign with an award of which a part was used and a part taken back, and one that gave a
    voucher and multiplied by a card; rolled up.
    """
    await extend_list(bank.application.units, bank.actor("operator", "olga"), code="vip", members=[member])
    vouchers = VoucherDesk(bank=bank)
    await vouchers.live("double", gives=Multiplier(percent=200), money_asset=None)
    await vouchers.live("latte")
    await vouchers.issue(member, "double")
    await desk.run("base", budget=100, caps=(Cap(counter="POINTS", period=Period.DAY, limit=50),))
    given = Rule(code="given", activity="login", action=VoucherAward(template="latte"))
    gift = Rule(code="gift", activity="purchase", action=VoucherAward(template="latte"))
    points = Rule(code="card", activity="check_in", action=PointsAward(asset="POINTS", amount=1, cards=("double",)))
    await desk.run("extra", phases=always(given, points))
    await desk.run("gift", phases=always(gift))
    for kind in ("login", "check_in"):
        (await desk.report(desk.reporting(member, kind))).unwrap()
    sale = desk.reporting(member, amount=100)
    (await desk.report(sale)).unwrap()
    spend = SpendPoints(actor=bank.actor("member", "m"), key=bank.key(), member_id=member, amount=2)
    (await bank.application.engine.execute(spend)).unwrap()
    (await desk.report(desk.refunding(sale, 30))).unwrap()
    await roll_up_all(bank, rows_max=100)


async def test_each_rule_finds_what_is_planted(history: None, database_url: str) -> None:
    """One row changed behind the ledger's back, seen by the rule that watches it; afterwards all is clean again."""
    del history

    assert await unfound(database_url, (*PLANTED.items(), *MORE), checks.RULES) == []


def test_every_rule_is_planted_against() -> None:
    """No rule without its corruption."""
    assert {rule.name for rule in checks.RULES} == set(PLANTED)
