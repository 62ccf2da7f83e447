"""Where the rules of the counter's machine run a command on the rig, and compare every voucher with the model's."""

from datetime import UTC, datetime
from operator import neg
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from ledger.engine.outcome import Outcome
from ledger.vouchers.discount import Exactness, Wanted
from ledger.vouchers.lock import token_hash
from ledger.vouchers.presented import Presented
from tests.property.counter_model import Counter, Sale, Show, Slip
from tests.property.counter_rig import Rig
from tests.property.memory_book import AnyCommand

START = datetime(2024, 3, 28, 20, tzinfo=UTC)
"""Three days before the clocks go forward in Berlin."""
SHOPS = st.sampled_from(("shop", "kiosk"))
INDEX = st.integers(1, 30).map(neg)
"""From the end: small numbers are likelier, and the newest has most before it."""
TOKENS = st.sampled_from(("own", "wrong", None))


class CounterBench(RuleBasedStateMachine):
    """One run's rig and model, and what was issued, sold and said so far."""

    rig: Rig

    def lay_out(self, zone: str) -> None:
        """Nothing has happened yet."""
        self.model = Counter(zone)
        self.now = START
        self.keys = 0
        self.ids: list[tuple[Slip, UUID, bytes]] = []
        self.sold: list[tuple[Sale, UUID]] = []
        self.said: list[tuple[AnyCommand, Outcome[Any]]] = []

    def common(self, kind: str = "service", name: str = "bank") -> dict[str, Any]:
        """What every command carries."""
        self.keys += 1
        return {"actor": self.rig.actor(kind, name), "key": f"k{self.keys}", "replay_at": self.now}

    def at(self, shop: str) -> dict[str, Any]:
        """What every command at a till carries."""
        id_ = self.rig.shop(shop)
        return {**self.common("merchant", str(id_)), "merchant_id": id_}

    def ask(self, command: AnyCommand, code: str) -> Outcome[Any]:
        """Executes, and compares the code; every voucher is then what the model says."""
        outcome = self.rig.execute(command)
        assert (outcome.refusal.code if outcome.refusal else "") == code, command
        assert not outcome.replayed
        if code != "VOUCHER_LOCKED":
            self.said.append((command, outcome))
        if not code:
            self.model.settle(self.now)
        self.compare()
        return outcome

    def compare(self) -> None:
        """Every voucher's state, and the units of those that still have some."""
        for slip, id_, _ in self.ids:
            state, left = self.rig.state_of(id_, self.now)
            assert state == slip.state(self.now), (slip, state)
            if state not in {"EXPIRED", "REDEEMED"}:
                assert left == slip.left
        self.rig.verify()

    def pick(self, index: int) -> tuple[Slip, UUID, bytes]:
        """One of the vouchers."""
        return self.ids[index % len(self.ids)]

    def show(self, index: int, token: str | None, *, up_to: bool = False) -> tuple[Show, Presented]:
        """A voucher with the token of its own lock, a wrong one, or none."""
        slip, _, code = self.pick(index)
        own = None if slip.lock is None else slip.lock.token
        text = own if token == "own" else token
        wanted = Wanted(None, Exactness.UP_TO if up_to else Exactness.STRICT)
        presented = Presented(
            code_hash=code, lock_token_hash=None if text is None else token_hash(text), wanted=wanted
        )  # fmt: skip
        return Show(slip, text, up_to), presented
