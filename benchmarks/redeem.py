"""`engine.execute(redeem)` of single-use vouchers at 64 callers in one process, beside plain spends on the same book."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Final

from benchmarks.book_under_test import BookUnderTest, Population, open_book
from benchmarks.engine_load import EngineLoad, new_key
from benchmarks.harness import Bench
from benchmarks.measurement import Goal, Result, compare
from benchmarks.vouchers_under_test import VouchersUnderTest, lay_vouchers
from ledger.vouchers.basket import Basket
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers

CALLERS: Final = 64
RATE_MAX: Final = 8_000
"""Redemptions a second for which vouchers are issued beforehand: each is used once."""
BASKET: Final = Basket(amount_minor=2_000)


async def measure(bench: Bench) -> list[Result]:
    """One result: redemptions a second beside spends a second."""
    scale = bench.scale
    seconds = scale.seconds / 2
    async with open_book(bench, Population(members=scale.members)) as book:
        vouchers = await lay_vouchers(book)
        await vouchers.issue(int(RATE_MAX * seconds * (scale.rounds + (not scale.short))))
        redeem = EngineLoad(book, ask=partial(ask_redeem, vouchers), seed=1)
        spend = EngineLoad(book, seed=2)
        await bench.checkpoint()
        rounds = await bench.interleave(
            {
                "redeem": partial(redeem.run_singly, callers=CALLERS, seconds=seconds),
                "spend": partial(spend.run_singly, callers=CALLERS, seconds=seconds),
            }
        )
    await bench.check_book(book.url)
    return [
        compare(
            name="redeem",
            unit="redemptions/s",
            ours=rounds["redeem"],
            baseline=rounds["spend"],
            goal=Goal(at_least=0.7),
            settings={"members": scale.members, "callers": CALLERS, "vouchers": len(vouchers.codes)},
        )
    ]


def ask_redeem(vouchers: VouchersUnderTest, book: BookUnderTest, random: Random) -> RedeemVouchers:
    """The next voucher at a random merchant."""
    return RedeemVouchers(
        actor=book.till,
        key=new_key(random),
        merchant_id=random.choice(book.merchants),
        vouchers=(Presented(code_hash=vouchers.take().hash),),
        basket=BASKET,
    )
