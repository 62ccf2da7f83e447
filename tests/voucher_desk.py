"""A desk that makes voucher templates, tops up their stock, and gives vouchers to members through the commands."""

import os
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ledger.engine.outcome import Outcome
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.code import SealedCode, deal_code, open_code
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.receipt import VoucherReceipt
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import FixedDiscount, Stock, TemplateBody, Validity
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.voucher import template_id, voucher_asset_id
from tests.bank import Bank

COFFEE = TemplateBody(
    gives=FixedDiscount(amount_minor=500),
    validity=Validity(expiry="30 days"),
    money_asset="CNY",
    is_claimable=True,
    is_giftable=True,
)
"""Five off, good for thirty days, as many as wanted."""


@dataclass(slots=True, kw_only=True)
class VoucherDesk:
    """Acts for the bank's programme."""

    bank: Bank

    def code(self) -> SealedCode:
        """A freshly dealt code."""
        return deal_code(os.urandom, self.bank.application.sealer, self.bank.programme_id)

    def template_id(self, code: str) -> UUID:
        """The template's id."""
        return template_id(self.bank.programme_id, code)

    def asset_id(self, code: str) -> UUID:
        """The id of the template's asset."""
        return voucher_asset_id(self.bank.programme_id, code)

    async def live(self, code: str, body: TemplateBody = COFFEE, *, pieces: int = 0, **changed: Any) -> str:
        """A live template, with so many pieces in stock; its code."""
        operator, units = self.bank.actor("operator", "olga"), self.bank.application.units
        body = replace(body, stock=Stock.LIMITED) if pieces else body
        await create_template(units, operator, code=code, body=replace(body, **changed), terms="As they say.")
        await publish_template(units, operator, code=code)
        if pieces:
            (await self.top_up(code, pieces)).unwrap()
        return code

    async def top_up(self, code: str, pieces: int) -> Outcome[Any]:
        """Puts pieces into stock."""
        command = TopUpStock(
            actor=self.bank.actor("operator", "olga"), key=self.bank.key(), template=code, pieces=pieces
        )
        return await self.bank.application.engine.execute(command)

    def issuing(self, member_id: UUID, template: str, **more: object) -> IssueVoucher:
        """The command of the bank's service."""
        command = IssueVoucher(
            actor=self.bank.actor(), key=self.bank.key(), member_id=member_id, template=template, deal=self.code
        )
        return replace(command, **more)  # type: ignore[arg-type]

    def claiming(self, member_id: UUID, template: str, **more: object) -> ClaimVoucher:
        """The command of the member itself."""
        actor = self.bank.actor("member", str(member_id))
        command = ClaimVoucher(actor=actor, key=self.bank.key(), member_id=member_id, template=template, deal=self.code)
        return replace(command, **more)  # type: ignore[arg-type]

    async def issue(self, member_id: UUID, template: str) -> VoucherReceipt:
        """One voucher for the member."""
        return (await self.bank.application.engine.execute(self.issuing(member_id, template))).unwrap()

    async def give(self, voucher_id: UUID, giver: UUID, receiver: UUID) -> Outcome[VoucherReceipt]:
        """The giver makes a present of it to the receiver."""
        command = GiftVoucher(
            actor=self.bank.actor("member", str(giver)),
            key=self.bank.key(),
            voucher_id=voucher_id,
            member_id=giver,
            to_member_id=receiver,
            deal=self.code,
        )
        return await self.bank.application.engine.execute(command)

    async def voucher(self, voucher_id: UUID) -> dict[str, Any]:
        """The voucher's row."""
        return dict((await self.bank.fetch("SELECT * FROM {book}.vouchers WHERE id = $1", voucher_id))[0])

    async def text_of(self, voucher_id: UUID) -> str:
        """The code as its owner is shown it."""
        row = await self.voucher(voucher_id)
        return open_code(SealedCode(row["code_hash"], row["code_sealed"]), self.bank.application.sealer)

    async def balance(self, template: str, role: str) -> int:
        """What the accounts of a role hold of the template, by the postings."""
        rows = await self.bank.fetch(
            "SELECT coalesce(sum(CASE a.id WHEN p.destination_id THEN p.amount ELSE -p.amount END), 0)::bigint"
            " FROM {book}.accounts a JOIN {book}.postings p ON a.id IN (p.source_id, p.destination_id)"
            " WHERE a.role = $1 AND a.asset_id = $2", role, self.asset_id(template),
        )  # fmt: skip
        return int(rows[0][0])
