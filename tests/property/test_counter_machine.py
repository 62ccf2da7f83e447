"""The counter and passing time against the model, on the kernel and decider without a database."""

from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import settings

from ledger.book.account import AccountState
from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.vouchers.code import SealedCode
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.rows import VOUCHERS
from ledger.vouchers.validate import BasketValidated, validate_vouchers
from ledger.vouchers.voucher import state_at
from tests.property.counter_machine import CounterMachine
from tests.property.counter_model import Kind
from tests.property.counter_rig import Rig, body_of
from tests.property.memory_book import AnyCommand, MemoryBook
from tests.property.voucher_invariants import verify_vouchers
from tests.property.voucher_world import add_template, dealt
from tests.property.world import PROGRAMME, member_id, merchant_id, world


class MemoryRig:
    """Runs commands on a book in memory."""

    def __init__(self, book: MemoryBook) -> None:
        self._book = book
        self._random = Random(1)

    def actor(self, kind: str, name: str) -> Actor:
        """Somebody of the world."""
        return Actor(kind=kind, id=name, programme_id=PROGRAMME)

    def member(self, name: str) -> UUID:
        """A member of the world."""
        return member_id(name)

    def shop(self, name: str) -> UUID:
        """A merchant of the world."""
        return merchant_id(name)

    def code(self) -> SealedCode:
        """The next code."""
        return dealt(self._random)

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """A batch of one."""
        return self._book.execute(command)

    def validate(self, command: RedeemVouchers) -> BasketValidated | None:
        """A read at the command's instant."""
        assert command.replay_at is not None
        self._book.store.now = command.replay_at
        return self._book.read(lambda reader: validate_vouchers(reader, command))

    def freeze(self, member: str, *, thaw: bool) -> None:
        """The rows say so."""
        self._book.set_member_state(member_id(member), AccountState.OPEN if thaw else AccountState.FROZEN)

    def state_of(self, voucher: UUID, now: datetime) -> tuple[str, int]:
        """As the row says."""
        [row] = self._book.rows(VOUCHERS.table, "id", voucher)
        return state_at(row, now), row.units_left

    def verify(self) -> None:
        """Every projection."""
        verify_vouchers(self._book)


class InMemory(CounterMachine):
    """On the book in memory."""

    def make_rig(self, bodies: dict[str, Kind], zone: str) -> Rig:
        """A world with the templates."""
        book = world(time_zone=zone)
        for code, kind in bodies.items():
            add_template(book, code, body_of(kind, merchant_id("shop")))
        return MemoryRig(book)


TestCounterMachine = InMemory.TestCase
TestCounterMachine.settings = settings(max_examples=80, stateful_step_count=30)
