"""A voucher that requires a tier: for who holds a level of that code on any ladder at the instant at which it is given."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from ledger.book.refusal import RefusalCode
from ledger.campaigns.campaign_body import Rule, VoucherAward
from ledger.campaigns.receipt import Reason
from ledger.members.facts import set_member_facts
from tests.bank import Bank, code_of
from tests.campaign_desk import CampaignDesk, always
from tests.tier_desk import SPEND, TierDesk
from tests.voucher_desk import VoucherDesk


async def _claim(vouchers: VoucherDesk, member: UUID, template: str) -> str:
    """What comes of it: "" where the member received one."""
    outcome = await vouchers.bank.application.engine.execute(vouchers.claiming(member, template))
    return "" if outcome.refusal is None else outcome.refusal.code


async def test_a_level_gives_the_right_to_a_voucher_as_long_as_it_is_held(
    tiers: TierDesk, vouchers: VoucherDesk, campaigns: CampaignDesk, member: UUID, bank: Bank
) -> None:
    """Reached, it opens what requires it and what requires the level below no more; fallen, it closes it from that very
    midnight on, before any sweep. What the bank says counts beside it, and a segment is still required.
    """
    await tiers.ladder()
    for code in ("base", "silver", "gold"):
        await vouchers.live(f"FOR-{code}", tiers=(code,))
    await vouchers.live("FAMILY", tiers=("gold",), segments=("families",))

    before = [await _claim(vouchers, member, f"FOR-{code}") for code in ("base", "silver", "gold")]
    (await campaigns.report(campaigns.reporting(member, amount=5000))).unwrap()
    after = [await _claim(vouchers, member, f"FOR-{code}") for code in ("base", "silver", "gold")]
    issued = await bank.application.engine.execute(vouchers.issuing(member, "FOR-gold"))
    family = await _claim(vouchers, member, "FAMILY")
    await bank.advance(timedelta(days=31))
    fallen = [await _claim(vouchers, member, f"FOR-{code}") for code in ("base", "gold")]
    steps = await tiers.steps(member)
    said = await set_member_facts(bank.application.units, bank.actor(), member_id=member, tiers=["gold"], segments=[])

    no = RefusalCode.NOT_ELIGIBLE
    assert (before, after, family, fallen) == (["", no, no], [no, no, ""], no, ["", no])
    assert issued.refusal is None
    assert steps == [("gold", "REACHED")]
    assert (said.version, await _claim(vouchers, member, "FOR-gold")) == (1, "")


async def test_awards_and_packs_may_require_the_level_too(
    tiers: TierDesk, vouchers: VoucherDesk, campaigns: CampaignDesk, member: UUID
) -> None:
    """The purchase that reaches gold is decided before it counts; its pack and the next purchase find a gold member."""
    await vouchers.live("CAKE", tiers=("gold",))
    first, silver, gold = SPEND.levels
    await tiers.ladder("spend", replace(SPEND, levels=(first, silver, replace(gold, pack=("CAKE",)))))
    cake = Rule(code="cake", activity="purchase", action=VoucherAward(template="CAKE"))
    await campaigns.run("cakes", phases=always(cake))

    reaching = (await campaigns.report(campaigns.reporting(member, amount=5000))).unwrap()
    await tiers.sweep()
    next_ = (await campaigns.report(campaigns.reporting(member, amount=1))).unwrap()

    assert [(skip.rule, skip.reason) for skip in reaching.skipped] == [("cake", Reason.NOT_ELIGIBLE)]
    assert [award.kind for award in next_.awards] == ["VOUCHER"]
    assert await tiers.packs() == [("CAKE", "GIVEN", None)]


async def test_a_level_by_hand_and_every_ladder_count(
    tiers: TierDesk, vouchers: VoucherDesk, member: UUID, bank: Bank
) -> None:
    """A grant is a level like any other, whichever ladder it is on."""
    await tiers.ladder("visits", SPEND)
    await tiers.ladder()
    await vouchers.live("FOR-gold", tiers=("gold", "black"))
    refused = await bank.application.engine.execute(vouchers.issuing(member, "FOR-gold"))

    await tiers.grant(member, "gold", await tiers.in_days(2))

    assert code_of(refused) == RefusalCode.NOT_ELIGIBLE
    assert await _claim(vouchers, member, "FOR-gold") == ""
    await bank.advance(timedelta(days=3))
    assert await _claim(vouchers, member, "FOR-gold") == RefusalCode.NOT_ELIGIBLE
