"""The campaigns' vouchers as commands: issued to a household, and used at a store."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from graphql_api.processes.demo.campaign_templates import template_code
from graphql_api.processes.demo.journey_events import CampaignStart, VoucherUse
from ledger.engine.command import Actor
from ledger.engine.ports import Sealer
from ledger.engine.unit import AnyCommand
from ledger.vouchers.basket import Basket
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers


class CouponVouchers(Protocol):
    """How the campaigns' vouchers come to their households, and are used."""

    def issue(self, start: CampaignStart, household_id: int, member_id: UUID) -> AnyCommand | None:
        """What gives a household the campaign's voucher; None where nothing does."""

    async def issued(self, start: CampaignStart) -> None:
        """Told once all of a campaign's households have theirs."""

    def use(self, use: VoucherUse, member_id: UUID, merchant_id: UUID) -> AnyCommand | None:
        """One use of the household's voucher; None where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignVouchers:
    """Codes are dealt from the sealer's secret instead of chance, so that a replay that was killed knows them again."""

    actor: Actor
    sealer: Sealer

    def issue(self, start: CampaignStart, household_id: int, member_id: UUID) -> IssueVoucher:
        """The campaign's voucher for one of its households."""
        campaign_id = start.campaign.campaign_id
        name = f"campaign-{campaign_id}-household-{household_id}"
        return IssueVoucher(
            actor=self.actor,
            key=name,
            reference=name,
            member_id=member_id,
            template=template_code(campaign_id),
            deal=partial(self._code, campaign_id, household_id),
            replay_at=start.at,
        )

    async def issued(self, start: CampaignStart) -> None:
        """Nothing is left to learn: the codes are known."""

    def use(self, use: VoucherUse, member_id: UUID, merchant_id: UUID) -> RedeemVouchers:
        """One use of the household's voucher, on the basket at which its coupon is placed."""
        del member_id
        redemption = use.redemption
        code = self._code(redemption.campaign_id, redemption.household_id)
        return RedeemVouchers(
            actor=self.actor,
            key=f"voucher-{redemption.row}",
            reference=f"voucher-{redemption.row}",
            merchant_id=merchant_id,
            vouchers=(Presented(code_hash=code.hash),),
            basket=Basket(amount_minor=redemption.basket_cents),
            replay_at=use.at,
        )

    def _code(self, campaign_id: int, household_id: int) -> SealedCode:
        name = f"demo/{campaign_id}/{household_id}".encode()
        secret = self.sealer.blind_hash(b"1/" + name) + self.sealer.blind_hash(b"2/" + name)
        return deal_code(lambda size: secret[:size], self.sealer, self.actor.programme_id)
