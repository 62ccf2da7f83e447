"""The campaigns' vouchers under a programme file: the letters are reported, and a campaign awards what they announce."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import orjson

from graphql_api.processes.demo.campaign_templates import template_code
from graphql_api.processes.demo.journey_events import CampaignStart, VoucherUse
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.vouchers.basket import Basket
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.voucher import template_id

LETTER: Final = "letter_sent"
"""The type of the activities by which letters are reported; a programme file without it has none."""
POST: Final = "post"

_CODES = SqlQuery("SELECT member_id, code_hash FROM {book}.vouchers WHERE template_id = :template_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardedVouchers:
    """Codes are read back from the book, by campaign and member, once a campaign's letters are out."""

    actor: Actor
    reader: Reader
    has_letters: bool
    codes: dict[tuple[int, UUID], bytes] = field(default_factory=dict)

    def issue(self, start: CampaignStart, household_id: int, member_id: UUID) -> ReportActivity | None:
        """The letter to one of the campaign's households."""
        if not self.has_letters:
            return None
        campaign_id = start.campaign.campaign_id
        return ReportActivity(
            actor=self.actor,
            source=POST,
            event_id=f"campaign-{campaign_id}-household-{household_id}",
            member_id=member_id,
            type=LETTER,
            occurred_at=start.at,
            payload=orjson.dumps({"campaign": campaign_id}).decode(),
            branch=template_code(campaign_id),
            replay_at=start.at,
        )

    async def issued(self, start: CampaignStart) -> None:
        """Learns what the letters brought."""
        campaign_id = start.campaign.campaign_id
        asked = {"template_id": template_id(self.actor.programme_id, template_code(campaign_id))}
        for row in await self.reader.rows(_CODES, asked):
            self.codes[campaign_id, row["member_id"]] = row["code_hash"]

    def use(self, use: VoucherUse, member_id: UUID, merchant_id: UUID) -> RedeemVouchers | None:
        """One use of the household's voucher on the basket of its coupon; None where it was awarded none."""
        redemption = use.redemption
        code_hash = self.codes.get((redemption.campaign_id, member_id))
        if code_hash is None:
            return None
        return RedeemVouchers(
            actor=self.actor,
            key=f"voucher-{redemption.row}",
            reference=f"voucher-{redemption.row}",
            merchant_id=merchant_id,
            vouchers=(Presented(code_hash=code_hash),),
            basket=Basket(amount_minor=redemption.basket_cents),
            replay_at=use.at,
        )
