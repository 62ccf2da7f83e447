"""A redemption as the fault tests ask for it. Run as a module, a process that executes one and prints what came of it."""

import asyncio
import sys
from uuid import UUID

from ledger.engine.command import Actor
from ledger.vouchers.basket import Basket
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from tests.faults.bare_engine import engine_through


def redemption(programme_id: UUID, merchant_id: UUID, code_hash: bytes, key: str) -> RedeemVouchers:
    """One voucher at the merchant, under a key that is the sale's reference too."""
    return RedeemVouchers(
        actor=Actor(kind="merchant", id=str(merchant_id), programme_id=programme_id),
        key=key,
        reference=key,
        merchant_id=merchant_id,
        vouchers=(Presented(code_hash=code_hash),),
        basket=Basket(amount_minor=0),
    )


async def _redeem(url: str, programme_id: str, merchant_id: str, code_hash: str, key: str) -> None:
    command = redemption(UUID(programme_id), UUID(merchant_id), bytes.fromhex(code_hash), key)
    async with engine_through(url) as engine:
        outcome = await engine.execute(command)
    sys.stdout.write(f"redeemed {outcome.unwrap().entry_id}\n")


if __name__ == "__main__":
    asyncio.run(_redeem(*sys.argv[1:]))
