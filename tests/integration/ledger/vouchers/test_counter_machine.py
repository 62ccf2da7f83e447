"""The counter and passing time against the model, on the real engine and PostgreSQL; the checker has the last word."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from graphql_api.bootstrap import Application, open_application
from graphql_api.settings import Settings
from ledger.engine.command import Actor, Command
from ledger.engine.outcome import Outcome
from ledger.members.enrol import EnrolMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.partners.register import create_merchant, create_partner
from ledger.programme.clock import ReplayClock
from ledger.programme.setup import create_asset, create_programme
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.rows import Voucher
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.validate import BasketValidated
from ledger.vouchers.voucher import state_at
from tests.checking import assert_clean
from tests.property.counter_machine import CounterMachine
from tests.property.counter_model import Kind
from tests.property.counter_rig import Rig, body_of

T = TypeVar("T")
RUNS = count(1)
NOBODY = UUID(int=0)


class EngineRig:
    """A programme of one run's own in the shared database, with its templates."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        application: Application,
        connection: "asyncpg.Connection[asyncpg.Record]",
        kinds: dict[str, Kind],
        zone: str,
    ) -> None:
        self._loop, self._application, self._connection = loop, application, connection
        self._ids: dict[str, UUID] = {}
        self._keys = count(1)
        self._programme_id = NOBODY
        self._wait(self._create(kinds, zone))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def _create(self, kinds: dict[str, Kind], zone: str) -> None:
        units, name = self._application.units, f"P{next(RUNS)}"
        programme = await create_programme(
            units, self.actor("operator", "olga"), code=name, name=name, time_zone=zone
        )  # fmt: skip
        self._programme_id = programme.id
        operator = self.actor("operator", "olga")
        await create_asset(units, operator, code="CNY", kind="money")
        partner = await create_partner(units, operator, code="a", name="a")
        for shop in ("shop", "kiosk"):
            merchant = await create_merchant(units, operator, partner_id=partner.id, code=shop, name=shop)
            self._ids[shop] = merchant.id
        for member in ("ann", "bob"):
            command = EnrolMember(actor=operator, key=f"{name}/{member}", external_id=member)
            self._ids[member] = (await self._application.engine.execute(command)).unwrap().member_id
        for code, kind in kinds.items():
            await create_template(units, operator, code=code, body=body_of(kind, self._ids["shop"]))
            await publish_template(units, operator, code=code)

    def actor(self, kind: str, name: str) -> Actor:
        """Somebody of this run; keys are the client's, so the bank has a name of its own in each."""
        own = name if kind == "merchant" else f"{name}@{self._programme_id}"
        return Actor(kind=kind, id=own, programme_id=self._programme_id)

    def member(self, name: str) -> UUID:
        """A member of this run."""
        return self._ids[name]

    def shop(self, name: str) -> UUID:
        """A merchant of this run."""
        return self._ids[name]

    def code(self) -> SealedCode:
        """A dealt code."""
        return deal_code(os.urandom, self._application.sealer, self._programme_id)

    def execute(self, command: Command[Any]) -> Outcome[Any]:
        """Through the funnel."""
        return self._wait(self._application.engine.execute(command))

    def validate(self, command: RedeemVouchers) -> BasketValidated | None:
        """Reads tell of the present only."""
        del command
        return None

    def freeze(self, member: str, *, thaw: bool) -> None:
        """By the commands."""
        kind = UnfreezeMember if thaw else FreezeMember
        command = kind(
            actor=self.actor("operator", "olga"), key=f"freeze {next(self._keys)}", member_id=self._ids[member]
        )  # fmt: skip
        self.execute(command).unwrap()

    def state_of(self, voucher: UUID, now: Any) -> tuple[str, int]:
        """As the row says."""
        sql = f"SELECT {', '.join(Voucher._fields)} FROM book.vouchers WHERE id = $1"
        record = self._wait(self._connection.fetchrow(sql, voucher))
        assert record is not None
        row = Voucher(*record)
        return state_at(row, now), row.units_left

    def verify(self) -> None:
        """The checker looks at the end."""


def test_the_engine_does_what_the_model_says(database_url: str, settings: Settings) -> None:
    """Every outcome and every voucher as the model tells; at the end the checker finds nothing."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    opening = open_application(settings, url=database_url, clock=ReplayClock())
    application = loop.run_until_complete(stack.enter_async_context(opening))
    connection = loop.run_until_complete(asyncpg.connect(database_url))

    class OnTheEngine(CounterMachine):
        """On PostgreSQL."""

        def make_rig(self, bodies: dict[str, Kind], zone: str) -> Rig:
            """A programme of its own."""
            return EngineRig(loop, application, connection, bodies, zone)

    try:
        run_state_machine_as_test(
            OnTheEngine, settings=hypothesis_settings(max_examples=15, stateful_step_count=30, derandomize=True)
        )
        loop.run_until_complete(assert_clean(database_url))
    finally:
        loop.run_until_complete(connection.close())
        loop.run_until_complete(stack.aclose())
        loop.close()
