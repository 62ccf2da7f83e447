"""The engine behind a network that breaks: every acknowledged command stands once, whatever message was lost.

A first run counts the messages of a batch; then each of them is the one at which the connection breaks.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.processes.embedded import EmbeddedServer, joined_server
from graphql_api.settings import Settings
from ledger.book.refusal import RefusalCode
from ledger.engine.command import Command
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome
from ledger.points.capture import CaptureHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.spend import SpendPoints
from tests.checking import assert_clean
from tests.databases import DatabaseServer
from tests.faults.bare_engine import LAST_ANSWERS, WRITTEN, engine_through
from tests.faults.processes import child, kill_server
from tests.faults.proxy import Fault, FaultProxy, Moment, Side, Way, fault_proxy
from tests.fixtures_application import ROOT_KEY
from tests.points_world import World, create_world

MOMENTS = [(Side.FRONTEND, Moment.BEFORE), (Side.FRONTEND, Moment.WITHIN), (Side.BACKEND, Moment.BEFORE)]
"""Not sent, half sent; sent but not answered. Every answer lost is a message that arrived."""


@pytest.fixture
def durable_url(durable_server: EmbeddedServer) -> Iterator[str]:
    """A migrated, empty database on the durable server."""
    with DatabaseServer(url=durable_server.url).clone("book") as url:
        yield url


class Shaken:
    """A world, and an engine whose connections go through the proxy; the world's own go past it."""

    def __init__(self, world: World, engine: Engine, proxy: FaultProxy) -> None:
        self.world = world
        self.engine = engine
        self.proxy = proxy
        self.keys = 0

    def spends(self, count: int) -> list[SpendPoints]:
        """So many spends of different members, each with a key and reference of its own."""
        made = []
        for _ in range(count):
            self.keys += 1
            member = self.world.members[self.keys % 8]
            name = f"s{self.keys}"
            made.append(
                SpendPoints(
                    actor=self.world.actor,
                    key=name,
                    reference=name,
                    member_id=member,
                    asset="EVER",
                    amount=1,
                    merchant_id=self.world.merchant_id,
                )
            )
        return made

    async def run(self, form: str, commands: Sequence[Command[Any]]) -> list[Outcome[Any]]:
        """One command, a list, or an atomic list; asked again by the same keys while the outcome is unknown."""
        engine = self.engine
        for _ in range(20):
            match form:
                case "one":
                    outcomes = [await engine.execute(commands[0])]
                case "list":
                    outcomes = await engine.execute_list(commands)
                case _:
                    outcomes = await engine.execute_group(commands, f"g{self.keys}")
            if not any(o.refusal and o.refusal.code == RefusalCode.UNAVAILABLE for o in outcomes):
                return outcomes
        raise AssertionError("unavailable for ever")


@asynccontextmanager
async def shaken(url: str, folder: Path) -> AsyncIterator[Shaken]:
    """The world, everybody with 10,000 points, every statement prepared once."""
    settings = Settings(var=folder, root_key=ROOT_KEY)
    async with fault_proxy(url) as proxy, open_application(settings, url=url) as application:
        connection = await asyncpg.connect(url)
        world = await create_world(connection, application)
        try:
            await earn_for_all(world)
            async with engine_through(proxy.url) as engine:
                built = Shaken(world, engine, proxy)
                await built.run("list", built.spends(4))
                yield built
        finally:
            await world.connection.close()


async def earn_for_all(world: World) -> None:
    """Points for everybody."""
    earns = [
        EarnPoints(actor=world.actor, key=f"e{n}", member_id=member, asset="EVER", amount=10_000)
        for n, member in enumerate(world.members)
    ]
    for outcome in await world.application.engine.execute_list(earns):
        outcome.unwrap()


async def stands_once(world: World, outcomes: Sequence[Outcome[Any]], commands: Sequence[Command[Any]]) -> None:
    """Every command has exactly one entry, and it is the one that was told."""
    told: list[UUID] = [outcome.unwrap().entry_id for outcome in outcomes]
    rows = await world.connection.fetch(
        "SELECT id, reference FROM book.journal_entries WHERE reference = ANY($1)", [c.reference for c in commands]
    )
    assert {row["reference"]: row["id"] for row in rows} == {
        command.reference: entry for command, entry in zip(commands, told, strict=True)
    }
    assert len(rows) == len(commands)


@pytest.mark.parametrize(("form", "size"), [("one", 1), ("list", 5), ("group", 5)])
async def test_no_message_lost_loses_or_repeats_a_command(
    durable_url: str, tmp_path: Path, form: str, size: int
) -> None:
    """For every message of the batch, in both directions: the engine reconnects, and each spend stands once."""
    async with shaken(durable_url, tmp_path) as built:
        await built.run(form, built.spends(size))
        built.proxy.arm()
        await built.run(form, built.spends(size))
        counts = {side: len(built.proxy.kinds(side)) for side in Side}
        struck = 0

        for side, moment in MOMENTS if form == "one" else MOMENTS[::2]:
            for message in range(1, counts[side] + 1):
                commands = built.spends(size)
                built.proxy.arm(Fault(side=side, message=message, moment=moment, way=Way.RESET))
                outcomes = await built.run(form, commands)
                assert built.proxy.struck
                struck += 1
                await stands_once(built.world, outcomes, commands)

        assert struck == (2 if form == "one" else 1) * counts[Side.FRONTEND] + counts[Side.BACKEND]
        assert counts[Side.FRONTEND] >= 10
    await assert_clean(durable_url)


async def test_a_look_up_that_breaks_is_unavailable(durable_url: str, tmp_path: Path) -> None:
    """A capture whose hold cannot be looked up is told to ask again by key, and is captured once."""
    async with shaken(durable_url, tmp_path) as built:
        world, engine = built.world, built.engine
        hold = HoldPoints(actor=world.actor, key="h", member_id=world.members[0], asset="EVER", amount=7)
        hold_id = (await engine.execute(hold)).unwrap().hold_id
        assert hold_id is not None
        capture = CaptureHold(actor=world.actor, key="c", reference="c", hold_id=hold_id)
        seen = set()

        for message in range(1, 8):
            built.proxy.arm(Fault(side=Side.FRONTEND, message=message))
            outcome = await engine.execute(capture)
            seen.add("" if outcome.refusal is None else outcome.refusal.code.value)
        built.proxy.arm()
        outcomes = await built.run("one", [capture])

        assert seen <= {"", "UNAVAILABLE"}
        assert "UNAVAILABLE" in seen
        await stands_once(world, outcomes, [capture])
    await assert_clean(durable_url)


async def test_an_answer_that_never_comes_is_asked_for_again(durable_url: str, tmp_path: Path) -> None:
    """A network that swallows the commit's answer and closes nothing: the engine gives up the connection in time."""
    async with shaken(durable_url, tmp_path) as built, engine_through(built.proxy.url, answer_s=1.5) as engine:
        built.engine = engine
        await built.run("one", built.spends(1))
        [command] = built.spends(1)
        built.proxy.arm()
        await built.run("one", built.spends(1))
        last = len(built.proxy.kinds(Side.BACKEND))

        built.proxy.arm(Fault(side=Side.BACKEND, message=last - 1, way=Way.SILENCE))
        outcome = await asyncio.wait_for(engine.execute(command), 30)

        assert outcome.replayed
        await stands_once(built.world, [outcome], [command])
    await assert_clean(durable_url)


async def run_until_back(engine: Engine, command: Command[Any], seconds_max: int = 60) -> Outcome[Any]:
    """Asks by the same key until PostgreSQL is there again."""
    async with asyncio.timeout(seconds_max):
        while True:
            outcome = await engine.execute(command)
            if outcome.refusal is None or outcome.refusal.code != RefusalCode.UNAVAILABLE:
                return outcome


@pytest.mark.parametrize("moment", ["before the commit", "after the commit, before the answer"])
async def test_a_killed_postgresql_keeps_what_it_committed(
    durable_server: EmbeddedServer, durable_url: str, tmp_path: Path, moment: str
) -> None:
    """PostgreSQL dies by SIGKILL; the running engine finds it again, and the command stands once."""
    async with shaken(durable_url, tmp_path) as built:
        built.proxy.arm()
        await built.run("one", built.spends(1))
        last = len(built.proxy.kinds(Side.BACKEND))
        [command] = built.spends(1)
        message = last - 1 if moment.startswith("after") else last - WRITTEN
        strike = Fault(
            side=Side.BACKEND, message=message, every_connection=True, strike=lambda: kill_server(durable_server)
        )

        built.proxy.arm(strike)
        first = await built.engine.execute(command)
        assert built.proxy.struck
        with joined_server(durable_server.files.var):
            outcome = await run_until_back(built.engine, command)
            await built.world.connection.close()
            built.world.connection = await asyncpg.connect(durable_url)
            await stands_once(built.world, [outcome], [command])
            assert first.refusal is None or first.refusal.code == RefusalCode.UNAVAILABLE
            assert outcome.replayed == moment.startswith("after")
            await assert_clean(durable_url)


async def test_a_killed_process_leaves_what_it_committed(durable_url: str, tmp_path: Path) -> None:
    """A process running the engine dies by SIGKILL after the commit, before it hears of it: the key tells the rest."""
    async with shaken(durable_url, tmp_path) as built:
        counted, killed = built.spends(2)
        built.proxy.arm()
        with child(_process(built, counted)) as running:
            await asyncio.to_thread(running.wait_for, "accepted")
        commit = len(built.proxy.kinds(Side.BACKEND)) - LAST_ANSWERS

        with child(_process(built, killed)) as running:
            strike = Fault(side=Side.BACKEND, message=commit, every_connection=True, strike=running.kill)
            built.proxy.arm(strike)
            await asyncio.to_thread(running.process.wait, 30)
        built.proxy.arm()
        outcomes = await built.run("one", [killed])

        assert not any("accepted" in line for line in running.lines)
        assert outcomes[0].replayed
        await stands_once(built.world, outcomes, [killed])
    await assert_clean(durable_url)


def _process(built: Shaken, command: SpendPoints) -> list[str]:
    """The command line of a process that runs one spend through the proxy."""
    world = built.world
    ids = [str(id_) for id_ in (world.programme_id, command.member_id, world.merchant_id)]
    return [sys.executable, "-m", "tests.faults.bare_engine", built.proxy.url, *ids, str(command.key)]
