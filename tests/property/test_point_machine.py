"""All point commands and passing time against the model, on the kernel and decider without a database."""

from typing import Any
from uuid import UUID

from hypothesis import settings

from ledger.book.account import Role, account_id
from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.programme.rows import ASSETS, Asset
from tests.property.invariants import verify
from tests.property.memory_book import AnyCommand, MemoryBook
from tests.property.point_machine import PointMachine
from tests.property.point_rig import Rig
from tests.property.world import BANK, member_id, merchant_id, world


class MemoryRig:
    """Runs commands on a book in memory."""

    def __init__(self, book: MemoryBook) -> None:
        self._book = book
        self.actor = BANK

    def member(self, name: str) -> UUID:
        """A member of the world."""
        return member_id(name)

    def shop(self, name: str) -> UUID:
        """A merchant of the world."""
        return merchant_id(name)

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """A batch of one."""
        return self._book.execute(command)

    def wallet(self, member: UUID, asset: UUID) -> tuple[int, int, int, int]:
        """Posted, held, pending, owed."""
        ids = [account_id(member, asset, role) for role in (Role.WALLET, Role.PENDING, Role.OWED)]
        found = [next(iter(self._book.rows(tables.ACCOUNTS, "id", id_)), None) for id_ in ids]
        wallet, pending, owed = found
        return (
            wallet.posted if wallet else 0,
            wallet.held if wallet else 0,
            pending.posted if pending else 0,
            -owed.posted if owed else 0,
        )

    def change(self, asset: Asset) -> None:
        """The row alone: no version is asked for here."""
        self._book.change(ASSETS, asset)

    def verify(self) -> None:
        """Every projection."""
        verify(self._book)

    def close(self) -> None:
        """Nothing more to look at."""


class InMemory(PointMachine):
    """On the book in memory."""

    def make_rig(self, asset: Asset, zone: str) -> Rig:
        """A world of three members."""
        return MemoryRig(world([asset], time_zone=zone))


TestPointMachine = InMemory.TestCase
TestPointMachine.settings = settings(max_examples=120, stateful_step_count=40)
