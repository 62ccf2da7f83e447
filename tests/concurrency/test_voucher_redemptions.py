"""Tills of several processes and one voucher: the account's lock decides, and what it decides is exact (semantics 5.5)."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.programme.setup import create_asset
from ledger.vouchers.basket import Basket
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.discount import Exactness, Wanted
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.lock import LockVoucher, ReleaseLock, token_hash
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import (
    FixedDiscount,
    Limits,
    Stacking,
    StackMode,
    StoredValue,
    TemplateBody,
    Validity,
)
from tests.checking import assert_clean
from tests.concurrency.racers import RACERS, Racers, Result
from tests.points_world import World

OFF = TemplateBody(
    gives=FixedDiscount(amount_minor=500),
    validity=Validity(expiry="30 days"),
    money_asset="CNY",
    stacking=Stacking(mode=StackMode.ALL),
)
BASKET = Basket(amount_minor=2000)
EACH = 20
"""Commands of each process."""


@dataclass
class VoucherCounter:
    """A world with vouchers, and the processes that race for them."""

    world: World
    racers: Racers
    url: str

    async def live(self, code: str, **changed: Any) -> None:
        """A live template."""
        units = self.world.application.units
        await create_template(units, self.world.actor, code=code, body=replace(OFF, **changed))
        await publish_template(units, self.world.actor, code=code)

    async def issue(self, code: str, member: int = 0) -> Presented:
        """A voucher for a member, as it is shown."""
        sealed = deal_code(os.urandom, self.world.application.sealer, self.world.programme_id)
        command = IssueVoucher(
            actor=self.world.actor,
            key=self.world.key(),
            member_id=self.world.members[member],
            template=code,
            deal=partial(SealedCode, *sealed),
        )
        (await self.now(command)).unwrap()
        return Presented(code_hash=sealed.hash)

    async def now(self, command: Command[Any]) -> Outcome[Any]:
        """Runs a command in this process."""
        return await self.world.application.engine.execute(command)

    def common(self) -> dict[str, Any]:
        """What every command at the till carries; a fresh key."""
        return {"actor": self.world.actor, "key": self.world.key(), "merchant_id": self.world.merchant_id}

    def redeem(self, *shown: Presented, basket: Basket = BASKET) -> RedeemVouchers:
        """A redemption at the merchant."""
        return RedeemVouchers(**self.common(), vouchers=shown, basket=basket)

    async def race(self, *each: Sequence[Command[Any]]) -> list[list[Result]]:
        """A list for each process."""
        return await self.racers.race(self.url, self.world.application.settings, each)

    async def scalar(self, sql: str) -> int:
        """One number."""
        return int(await self.world.connection.fetchval(sql))


@pytest.fixture
async def counter(world: World, racers: Racers, database_url: str) -> VoucherCounter:
    """Ready to race; with the money that vouchers are counted in."""
    await create_asset(world.application.units, world.actor, code="CNY", kind="money")
    return VoucherCounter(world, racers, database_url)


def codes(results: Sequence[Sequence[Result]]) -> Counter[str]:
    """How many came to what."""
    return Counter(result.code for each in results for result in each)


async def test_a_single_use_voucher_is_redeemed_once(counter: VoucherCounter) -> None:
    """Sixty tills of three processes show one voucher: one is served, all others are told when it was redeemed."""
    await counter.live("OFF")
    shown = await counter.issue("OFF")

    results = await counter.race(*([counter.redeem(shown) for _ in range(EACH)] for _ in range(RACERS)))

    assert codes(results) == {"": 1, "VOUCHER_REDEEMED": EACH * RACERS - 1}
    assert await counter.scalar("SELECT count(*) FROM book.redemptions") == 1
    assert await counter.scalar("SELECT count(*) FROM book.journal_entries WHERE kind = 'redeem'") == 1
    await assert_clean(counter.url)


async def test_one_sale_under_one_key_is_redeemed_once(counter: VoucherCounter) -> None:
    """The same request from three processes: one decides, the others replay it."""
    await counter.live("OFF")
    command = counter.redeem(await counter.issue("OFF"))

    results = await counter.race([command], [command], [command])

    assert codes(results) == {"": 3}
    assert sorted(result.replayed for (result,) in results) == [False, True, True]
    assert len({result.entry_id for (result,) in results}) == 1
    await assert_clean(counter.url)


async def test_stored_value_is_spent_to_the_last_unit(counter: VoucherCounter) -> None:
    """Sixty tills want 70 of 1,000 each, "up to": fourteen get it, one gets the last 20."""
    await counter.live("CARD", gives=StoredValue(value_minor=1000))
    shown = (await counter.issue("CARD"))._replace(wanted=Wanted(70, Exactness.UP_TO))

    results = await counter.race(*([counter.redeem(shown) for _ in range(EACH)] for _ in range(RACERS)))

    assert codes(results) == {"": 15, "VOUCHER_REDEEMED": EACH * RACERS - 15}
    assert await counter.scalar("SELECT sum(units) FROM book.redemptions") == 1000
    assert await counter.scalar("SELECT min(units) FROM book.redemptions") == 20
    await assert_clean(counter.url)


async def test_a_use_limit_holds_between_processes(counter: VoucherCounter) -> None:
    """Nine vouchers of a member that may use five: five are redeemed, whichever."""
    await counter.live("OFF", use_limits=Limits(total=5))
    shown = [await counter.issue("OFF") for _ in range(9)]

    results = await counter.race(*([counter.redeem(each) for each in shown[n::3]] for n in range(RACERS)))

    assert codes(results) == {"": 5, "LIMIT_REACHED": 4}
    assert await counter.scalar("SELECT total FROM book.voucher_counts WHERE purpose = 'use'") == 5
    await assert_clean(counter.url)


async def test_one_till_gets_the_lock(counter: VoucherCounter) -> None:
    """Sixty tills want the lock: one has it, the others are asked to wait or, at the same merchant, for the token."""
    await counter.live("OFF")
    shown = await counter.issue("OFF")
    locks = [
        [LockVoucher(**counter.common(), vouchers=(shown,), token_hash=token_hash(f"{n}/{racer}")) for n in range(EACH)]
        for racer in range(RACERS)
    ]

    results = await counter.race(*locks)

    assert codes(results) == {"": 1, "LOCK_TOKEN_REQUIRED": EACH * RACERS - 1}
    assert await counter.scalar("SELECT version FROM book.vouchers") == 1
    await assert_clean(counter.url)


async def test_a_redemption_races_its_own_release(counter: VoucherCounter) -> None:
    """With the token one process redeems while another gives the lock up: whichever came first, once each at most."""
    await counter.live("OFF")
    shown = await counter.issue("OFF")
    token = token_hash("token")
    (await counter.now(LockVoucher(**counter.common(), vouchers=(shown,), token_hash=token))).unwrap()
    held = shown._replace(lock_token_hash=token)

    results = await counter.race(
        [counter.redeem(held) for _ in range(EACH)],
        [ReleaseLock(**counter.common(), vouchers=(held,)) for _ in range(EACH)],
        [counter.redeem(shown) for _ in range(EACH)],
    )

    seen = codes(results)
    assert set(seen) <= {"", "LOCK_EXPIRED", "VOUCHER_REDEEMED", "LOCK_TOKEN_REQUIRED"}
    assert seen[""] in {1, 2}
    assert await counter.scalar("SELECT count(*) FROM book.redemptions") == codes([results[0], results[2]])[""] <= 1
    await assert_clean(counter.url)


async def test_baskets_that_overlap_are_whole_or_nothing(counter: VoucherCounter) -> None:
    """Three vouchers, three processes, each with all three in another order: one basket takes them all."""
    await counter.live("OFF")
    await counter.live("CARD", gives=StoredValue(value_minor=1000), stacking=replace(OFF.stacking, order=1))
    shown = [await counter.issue("OFF", 0), await counter.issue("OFF", 1), await counter.issue("CARD", 2)]
    baskets = [[counter.redeem(*shown[n:], *shown[:n]) for _ in range(EACH)] for n in range(RACERS)]

    results = await counter.race(*baskets)

    assert codes(results) == {"": 1, "VOUCHER_REDEEMED": EACH * RACERS - 1}
    assert await counter.scalar("SELECT count(*) FROM book.redemptions") == 3
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert await counter.scalar(deadlocks) == 0
    await assert_clean(counter.url)


async def test_a_redemption_is_reversed_once(counter: VoucherCounter) -> None:
    """Thirty reversals of 100 of a redemption of 1,000: ten are accepted, and the voucher is whole again."""
    await counter.live("CARD", gives=StoredValue(value_minor=1000))
    shown = await counter.issue("CARD")
    redeemed = (await counter.now(counter.redeem(shown, basket=Basket(amount_minor=1000)))).unwrap()
    redemption: UUID = redeemed.applied[0].redemption_id
    reversals = [
        [
            ReverseRedemption(
                actor=counter.world.actor, key=str(uuid4()), redemption_id=redemption, amount_minor=100
            )
            for _ in range(10)
        ]
        for _ in range(RACERS)
    ]  # fmt: skip

    results = await counter.race(*reversals)

    assert codes(results) == {"": 10, "ALREADY_REVERSED": 20}
    assert await counter.scalar("SELECT units_left FROM book.vouchers") == 1000
    await assert_clean(counter.url)
