"""Where the rules of the point machine run a command on the rig and in the model, and compare what both say."""

from collections.abc import Callable
from operator import neg
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from ledger.engine.outcome import Outcome
from ledger.points.receipt import Receipt
from ledger.programme.rows import Asset
from tests.property.memory_book import AnyCommand
from tests.property.model import Model
from tests.property.model_purses import No, Told
from tests.property.model_terms import Terms
from tests.property.point_rig import Rig
from tests.property.purse import Earn, Held, Spent
from tests.property.world import MEMBERS, START, rates

NAMES = st.sampled_from(MEMBERS)
AMOUNTS = st.integers(1, 90)
INDEX = st.integers(1, 40).map(neg)
"""From the end: small numbers are likelier, and the newest has most before it."""
Made = TypeVar("Made")


class PointBench(RuleBasedStateMachine):
    """One run's rig and model, and what was made and said so far."""

    rig: Rig

    def lay_out(self, told: Terms, asset: Asset) -> None:
        """Nothing has happened yet."""
        self.terms = told
        self.asset = asset
        versions = [(rate.valid_from, rate.points, rate.minor) for rate in rates(asset)]
        self.model = Model(told, versions)
        self.now = START
        self.keys = 0
        self.lot_ids: dict[int, UUID] = {}
        self.earns: list[tuple[str, Earn, UUID]] = []
        self.holds: list[tuple[str, Held, UUID]] = []
        self.spents: list[tuple[str, Spent, UUID]] = []
        self.said: list[tuple[AnyCommand, Outcome[Any]]] = []

    def common(self) -> dict[str, Any]:
        """What every command carries."""
        self.keys += 1
        return {"actor": self.rig.actor, "key": f"k{self.keys}", "replay_at": self.now}

    def agree(self, command: AnyCommand, expected: Callable[[], Told]) -> Receipt | None:
        """Runs the command and the model's; both must say the same. The receipt, None where both refused."""
        try:
            told = expected()
        except No as no:
            told = Told(code=no.args[0])
        outcome = self.rig.execute(command)
        self.said.append((command, outcome))
        code = "" if outcome.refusal is None else outcome.refusal.code
        assert code == told.code, f"{command.kind}: {code or 'accepted'}, by the model {told.code or 'accepted'}"
        if outcome.refusal is not None:
            self.rig.verify()
            return None
        receipt: Receipt = outcome.unwrap()
        assert self.seen(receipt, told) == told
        self.rig.verify()
        return receipt

    def agree_on(
        self,
        name: str,
        command: AnyCommand,
        expected: Callable[[], tuple[Told, Made]],
        kept: list[tuple[str, Made, UUID]],
        id_of: Callable[[Receipt], UUID | None] = lambda receipt: receipt.entry_id,
    ) -> None:
        """The same; what the model made for the member is kept, by the receipt's id, for commands that name it."""
        made: list[Made] = []

        def told() -> Told:
            told, thing = expected()
            made.append(thing)
            return told

        receipt = self.agree(command, told)
        id_ = None if receipt is None else id_of(receipt)
        if id_ is not None:
            kept.append((name, made[0], id_))

    def seen(self, receipt: Receipt, told: Told) -> Told:
        """The receipt in the model's words; lots that are new get the model's label."""
        for (label, _), use in zip(told.lots, receipt.lots, strict=False):
            self.lot_ids.setdefault(label, use.lot_id)
        labels = {lot_id: label for label, lot_id in self.lot_ids.items()}
        return Told(
            amount=receipt.amount,
            posted=receipt.posted,
            held=receipt.held,
            available=receipt.available,
            owed=receipt.owed,
            expired=receipt.expired,
            lots=tuple((labels.get(use.lot_id, -1), use.amount) for use in receipt.lots),
            money=receipt.money_minor,
            due=receipt.remaining_due_minor,
        )
