"""Redeeming while the network, the process or PostgreSQL dies: the voucher is used once, and the key tells it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.processes.embedded import EmbeddedServer, joined_server
from graphql_api.settings import Settings
from ledger.book.refusal import RefusalCode
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.redemption import Redeemed
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import Exchange, TemplateBody, Validity
from tests.checking import assert_clean
from tests.databases import DatabaseServer
from tests.faults.bare_engine import LAST_ANSWERS, WRITTEN, engine_through
from tests.faults.processes import child, kill_server
from tests.faults.proxy import Fault, FaultProxy, Moment, Side, Way, fault_proxy
from tests.faults.voucher_process import redemption
from tests.fixtures_application import ROOT_KEY
from tests.points_world import World, create_world

CAKE = TemplateBody(gives=Exchange(item="cake"), validity=Validity(expiry="30 days"))
VOUCHERS = 80
MOMENTS = [(Side.FRONTEND, Moment.BEFORE), (Side.BACKEND, Moment.BEFORE)]
"""Not sent; sent but not answered."""


@pytest.fixture
def durable_url(durable_server: EmbeddedServer) -> Iterator[str]:
    """A migrated, empty database on the durable server."""
    with DatabaseServer(url=durable_server.url).clone("book") as url:
        yield url


@dataclass
class Counter:
    """Vouchers of one use each, an engine behind the proxy, and what was redeemed so far."""

    world: World
    engine: Engine
    proxy: FaultProxy
    codes: list[bytes]
    used: int = 0

    def next_one(self) -> RedeemVouchers:
        """The redemption of a voucher that nobody has used."""
        self.used += 1
        code = self.codes[self.used]
        return redemption(self.world.programme_id, self.world.merchant_id, code, f"sale-{self.used}")

    async def ask_until_known(self, command: RedeemVouchers, seconds_max: int = 60) -> Outcome[Redeemed]:
        """Asks by the same key until somebody answers."""
        async with asyncio.timeout(seconds_max):
            while True:
                outcome = await self.engine.execute(command)
                if outcome.refusal is None or outcome.refusal.code != RefusalCode.UNAVAILABLE:
                    return outcome

    async def stands_once(self, command: RedeemVouchers, outcome: Outcome[Redeemed]) -> None:
        """The sale has one entry, one redemption, and its voucher no use left."""
        rows = await self.world.connection.fetch(
            "SELECT e.id, r.id AS redemption_id, v.state, v.units_left FROM book.journal_entries e"
            " JOIN book.redemptions r ON r.entry_id = e.id JOIN book.vouchers v ON v.id = r.voucher_id"
            " WHERE e.reference = $1", command.reference,
        )  # fmt: skip
        redeemed = outcome.unwrap()
        told = (redeemed.entry_id, redeemed.applied[0].redemption_id, "redeemed", 0)
        assert [tuple(row) for row in rows] == [told]


@asynccontextmanager
async def counter_on(url: str, folder: Path) -> AsyncIterator[Counter]:
    """The world with vouchers, and every statement of a redemption prepared once."""
    settings = Settings(var=folder, root_key=ROOT_KEY)
    async with fault_proxy(url) as proxy, open_application(settings, url=url) as application:
        connection = await asyncpg.connect(url)
        world = await create_world(connection, application)
        await create_template(application.units, world.actor, code="CAKE", body=CAKE)
        await publish_template(application.units, world.actor, code="CAKE")
        codes = [deal_code(os.urandom, application.sealer, world.programme_id) for _ in range(VOUCHERS)]
        members = [world.members[number % 8] for number in range(VOUCHERS)]
        issues = [
            IssueVoucher(
                actor=world.actor, key=world.key(), member_id=member, template="CAKE", deal=partial(SealedCode, *code)
            )
            for member, code in zip(members, codes, strict=True)
        ]
        for outcome in await application.engine.execute_list(issues):
            outcome.unwrap()
        async with engine_through(proxy.url) as engine:
            counter = Counter(world, engine, proxy, [code.hash for code in codes])
            for _ in range(3):
                (await engine.execute(counter.next_one())).unwrap()
            try:
                yield counter
            finally:
                await world.connection.close()


async def test_no_message_lost_uses_a_voucher_twice(durable_url: str, tmp_path: Path) -> None:
    """For every message of a redemption, in both directions: the engine reconnects, and the voucher is used once."""
    async with counter_on(durable_url, tmp_path) as counter:
        counter.proxy.arm()
        (await counter.engine.execute(counter.next_one())).unwrap()
        counts = {side: len(counter.proxy.kinds(side)) for side in Side}

        for side, moment in MOMENTS:
            for message in range(1, counts[side] + 1):
                command = counter.next_one()
                counter.proxy.arm(Fault(side=side, message=message, moment=moment, way=Way.RESET))
                outcome = await counter.ask_until_known(command)
                assert counter.proxy.struck
                await counter.stands_once(command, outcome)

        assert min(counts.values()) >= 10
    await assert_clean(durable_url)


@pytest.mark.parametrize("moment", ["before the commit", "after the commit, before the answer"])
async def test_a_killed_postgresql_keeps_the_redemption(
    durable_server: EmbeddedServer, durable_url: str, tmp_path: Path, moment: str
) -> None:
    """PostgreSQL dies by SIGKILL: what was committed is replayed by the key, what was not is redeemed then."""
    async with counter_on(durable_url, tmp_path) as counter:
        counter.proxy.arm()
        (await counter.engine.execute(counter.next_one())).unwrap()
        last = len(counter.proxy.kinds(Side.BACKEND))
        command = counter.next_one()
        message = last - 1 if moment.startswith("after") else last - WRITTEN

        counter.proxy.arm(
            Fault(side=Side.BACKEND, message=message, every_connection=True, strike=lambda: kill_server(durable_server))
        )
        first = await counter.engine.execute(command)
        assert counter.proxy.struck
        with joined_server(durable_server.files.var):
            outcome = await counter.ask_until_known(command)
            await counter.world.connection.close()
            counter.world.connection = await asyncpg.connect(durable_url)
            await counter.stands_once(command, outcome)
            assert first.refusal is None or first.refusal.code == RefusalCode.UNAVAILABLE
            assert outcome.replayed == moment.startswith("after")
            await assert_clean(durable_url)


async def test_a_killed_till_asks_again_by_its_key(durable_url: str, tmp_path: Path) -> None:
    """The process dies by SIGKILL after its commit, before it hears of it: another one replays the redemption."""
    async with counter_on(durable_url, tmp_path) as counter:
        counted, killed = counter.next_one(), counter.next_one()
        counter.proxy.arm()
        with child(_process(counter, counted)) as running:
            await asyncio.to_thread(running.wait_for, "redeemed")
        commit = len(counter.proxy.kinds(Side.BACKEND)) - LAST_ANSWERS

        with child(_process(counter, killed)) as running:
            strike = Fault(side=Side.BACKEND, message=commit, every_connection=True, strike=running.kill)
            counter.proxy.arm(strike)
            await asyncio.to_thread(running.process.wait, 30)
        counter.proxy.arm()
        outcome = await counter.ask_until_known(killed)
        other = await counter.engine.execute(
            redemption(counter.world.programme_id, counter.world.merchant_id, killed.vouchers[0].code_hash, "other")
        )

        assert not any("redeemed" in line for line in running.lines)
        assert outcome.replayed
        await counter.stands_once(killed, outcome)
        assert other.refusal is not None
        assert other.refusal.code == RefusalCode.VOUCHER_REDEEMED
    await assert_clean(durable_url)


def _process(counter: Counter, command: RedeemVouchers) -> list[str]:
    """The command line of a process that runs one redemption through the proxy."""
    ids: list[UUID] = [counter.world.programme_id, counter.world.merchant_id]
    code, key = command.vouchers[0].code_hash.hex(), str(command.key)
    return [sys.executable, "-m", "tests.faults.voucher_process", counter.proxy.url, *map(str, ids), code, key]
