"""A till at a merchant of the bank's programme: shows vouchers, locks, redeems and reverses through the commands."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.partners.register import create_merchant
from ledger.vouchers.basket import Basket
from ledger.vouchers.lock import Locked, LockVoucher, lock_token, token_hash
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.redemption import Redeemed, RedemptionReversed
from ledger.vouchers.reverse import ReverseRedemption
from tests.bank import Bank
from tests.voucher_desk import VoucherDesk

BASKET = Basket(amount_minor=2000)


@dataclass(slots=True, kw_only=True)
class VoucherTill:
    """Acts for one merchant."""

    bank: Bank
    desk: VoucherDesk
    merchant_id: UUID

    @property
    def actor(self) -> Actor:
        """The merchant."""
        return self.bank.actor("merchant", str(self.merchant_id))

    async def another(self, code: str) -> "VoucherTill":
        """A till of a new merchant."""
        operator = self.bank.actor("operator", "olga")
        units, partner = self.bank.application.units, self.bank.partner_id
        merchant = await create_merchant(units, operator, partner_id=partner, code=code, name=code)
        return VoucherTill(bank=self.bank, desk=self.desk, merchant_id=merchant.id)

    async def show(self, voucher_id: UUID, **more: Any) -> Presented:
        """The voucher's code as the till reads it."""
        return Presented(code_hash=(await self.desk.voucher(voucher_id))["code_hash"])._replace(**more)

    def redeeming(self, *shown: Presented, **more: Any) -> RedeemVouchers:
        """The command."""
        command = RedeemVouchers(
            actor=self.actor, key=self.bank.key(), merchant_id=self.merchant_id, vouchers=shown, basket=BASKET
        )
        return replace(command, **more)

    async def redeem(self, *voucher_ids: UUID, **more: Any) -> Outcome[Redeemed]:
        """Redeems vouchers by their codes."""
        shown = [await self.show(voucher_id) for voucher_id in voucher_ids]
        return await self.bank.application.engine.execute(self.redeeming(*shown, **more))

    async def lock(self, voucher_id: UUID, **more: Any) -> tuple[Locked, Presented]:
        """Locks a voucher; the lock, and the voucher shown with its token."""
        key, sealer = self.bank.key(), self.bank.application.sealer
        token = token_hash(lock_token(sealer, self.actor.client, key))
        shown = await self.show(voucher_id)
        command = LockVoucher(
            actor=self.actor, key=key, merchant_id=self.merchant_id, vouchers=(shown,), token_hash=token
        )
        locked = (await self.bank.application.engine.execute(replace(command, **more))).unwrap()
        return locked, shown._replace(lock_token_hash=token)

    async def reverse(self, redemption_id: UUID, **more: Any) -> Outcome[RedemptionReversed]:
        """Gives a redemption back."""
        command = ReverseRedemption(actor=self.actor, key=self.bank.key(), redemption_id=redemption_id)
        return await self.bank.application.engine.execute(replace(command, **more))
