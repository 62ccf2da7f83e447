"""The state machine of all point commands and passing time: whatever the product says, the model says too."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import neg
from typing import Any, Protocol
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.sweeps import PostDue
from ledger.points.transfer import TransferPoints
from ledger.programme.rows import Asset, asset_id
from tests.property.memory_book import AnyCommand
from tests.property.model import Model
from tests.property.model_purses import No, Told
from tests.property.model_terms import Terms
from tests.property.purse import Earn, Held, Purse, Spent
from tests.property.world import MEMBERS, START, rates, terms

TERMS = (
    Terms(),
    Terms(days=20, shortfall="NEGATIVE", grace_days=4, zone="Europe/Berlin"),
    Terms(months=1, to_month_end=True, shortfall="ONLY_PENDING", day_max=60, month_max=150, zone="Asia/Shanghai"),
    Terms(inactive_months=1),
    Terms(inactive_months=1, shortfall="NEGATIVE", grace_days=3, zone="America/New_York"),
    Terms(months=1, zone="Pacific/Auckland", grace_days=2),
)
NAMES = st.sampled_from(MEMBERS)
AMOUNTS = st.integers(1, 90)
INDEX = st.integers(1, 40).map(neg)
"""From the end: small numbers are likelier, and the newest has most before it."""
SKIPS = st.sampled_from(
    [timedelta(0), timedelta(seconds=30), timedelta(hours=5), timedelta(days=1), timedelta(days=9), timedelta(days=33)]
)


def asset_of(told: Terms) -> Asset:
    """The model's terms as the product's."""
    return terms(
        expiry=told.expiry,
        shortfall=told.shortfall,
        reversal_grace_days=told.grace_days,
        transfer_day_max=told.day_max,
        transfer_month_max=told.month_max,
    )


class Rig(Protocol):
    """What runs the commands: the book in memory, or the engine on PostgreSQL."""

    @property
    def actor(self) -> Actor:
        """Who acts, in a programme of the rig's own."""
        ...

    def member(self, name: str) -> UUID:
        """A member by name."""
        ...

    def shop(self, name: str) -> UUID:
        """A merchant by name."""
        ...

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """One command, decided at its `replay_at`."""
        ...

    def wallet(self, member: UUID, asset: UUID) -> tuple[int, int, int, int]:
        """(posted, held, pending, owed) as the rows say."""
        ...

    def change(self, asset: Asset) -> None:
        """Gives the asset these terms."""
        ...

    def verify(self) -> None:
        """Whatever must hold of the rows after every step."""
        ...

    def close(self) -> None:
        """The last look at everything."""
        ...


class PointMachine(RuleBasedStateMachine):
    """Subclasses say what runs the commands."""

    def make_rig(self, asset: Asset, zone: str) -> Rig:
        """A fresh programme with these terms."""
        raise NotImplementedError

    @initialize(told=st.sampled_from(TERMS))
    def begin(self, told: Terms) -> None:
        """Terms are fixed for one run, in which two of three members have something from the start."""
        self.terms = told
        self.asset = asset_of(told)
        self.rig = self.make_rig(self.asset, told.zone)
        versions = [(rate.valid_from, rate.points, rate.minor) for rate in rates(self.asset)]
        self.model = Model(told, versions)
        self.now = START
        self.keys = 0
        self.lot_ids: dict[int, UUID] = {}
        self.earns: list[tuple[str, Earn, UUID]] = []
        self.holds: list[tuple[str, Held, UUID]] = []
        self.spents: list[tuple[str, Spent, UUID]] = []
        self.said: list[tuple[AnyCommand, Outcome[Any]]] = []
        for name in MEMBERS[:2]:
            self.earn(name, 200, 0, None)
            self.hold(name, 40, 86_400 * 10, shop=True)
            self.spend(name, 30, shop=True)
            self.earn_pending(name, 50, 12, None)

    # -- comparing ---------------------------------------------------------------------------------------------------

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

    # -- commands ----------------------------------------------------------------------------------------------------

    @rule(
        name=NAMES,
        amount=AMOUNTS,
        back=st.sampled_from([0, 0, 0, 1, 25, 70]),
        life=st.sampled_from([None, None, 3, 40]),
    )
    def earn(self, name: str, amount: int, back: int, life: int | None) -> None:
        """Now or with an earlier effect; with the policy's life or one of its own."""
        at = self.now - timedelta(days=back)
        until = None if life is None else self.terms.today(at) + timedelta(days=life)
        sale, purchased = amount * 7 + 3, amount % 5 == 0
        command = EarnPoints(
            **self.common(),
            member_id=self.rig.member(name),
            amount=amount,
            effective_at=at if back else None,
            expires_on=until,
            sale_minor=sale,
            purchased=purchased,
        )
        made: list[Earn] = []

        def expected() -> Told:
            told, earn = self.model.earn(
                name, self.now, amount, at=at, good_until=until, sale=sale, purchased=purchased
            )
            made.append(earn)
            return told

        receipt = self.agree(command, expected)
        if receipt is not None and receipt.entry_id is not None:
            self.earns.append((name, made[0], receipt.entry_id))

    @rule(
        name=NAMES,
        amount=AMOUNTS,
        wait=st.sampled_from([None, 0, 1, 12, 40]),
        life=st.sampled_from([None, None, 3, 60]),
    )
    def earn_pending(self, name: str, amount: int, wait: int | None, life: int | None) -> None:
        """Until a date or a confirmation; with the policy's life or one of its own."""
        today = self.terms.today(self.now)
        until = None if wait is None else today + timedelta(days=wait)
        good_until = None if life is None else today + timedelta(days=life)
        sale = amount * 3
        command = EarnPoints(
            **self.common(),
            member_id=self.rig.member(name),
            amount=amount,
            pending=True,
            pending_until=until,
            expires_on=good_until,
            sale_minor=sale,
        )
        made: list[Earn] = []

        def expected() -> Told:
            told, earn = self.model.earn_pending(name, self.now, amount, until=until, good_until=good_until, sale=sale)
            made.append(earn)
            return told

        receipt = self.agree(command, expected)
        if receipt is not None and receipt.entry_id is not None:
            self.earns.append((name, made[0], receipt.entry_id))

    @precondition(lambda self: self.earns)
    @rule(index=INDEX, confirm=st.booleans())
    def settle_pending(self, index: int, confirm: bool) -> None:
        """Confirms or cancels some earn, pending or not."""
        name, earn, entry_id = self.earns[index % len(self.earns)]
        kind = ConfirmPending if confirm else CancelPending
        command = kind(**self.common(), entry_id=entry_id)
        self.agree(command, lambda: self.model.settle_pending(name, self.now, earn, confirm=confirm))

    @precondition(lambda self: self.earns)
    @rule(index=INDEX, sale=st.integers(1, 500))
    def refund(self, index: int, sale: int) -> None:
        """Takes back part of what a sale earned."""
        name, earn, entry_id = self.earns[index % len(self.earns)]
        command = RefundEarn(**self.common(), entry_id=entry_id, sale_minor=sale)
        self.agree(command, lambda: self.model.refund(name, self.now, earn, sale))

    @rule(name=NAMES, amount=AMOUNTS, shop=st.booleans())
    def spend(self, name: str, amount: int, shop: bool) -> None:
        """So many points."""
        whom = self.rig.shop("shop") if shop else None
        command = SpendPoints(**self.common(), member_id=self.rig.member(name), amount=amount, merchant_id=whom)
        self._spend(name, command, amount=amount, due=None, points_max=None, shop=shop)

    @rule(name=NAMES, due=st.integers(1, 60), points_max=st.sampled_from([None, None, 1, 30]))
    def pay(self, name: str, due: int, points_max: int | None) -> None:
        """Points plus cash."""
        command = SpendPoints(
            **self.common(),
            member_id=self.rig.member(name),
            due_minor=due,
            points_max=points_max,
            merchant_id=self.rig.shop("kiosk"),
        )
        self._spend(name, command, amount=None, due=due, points_max=points_max, shop=True)

    def _spend(
        self,
        name: str,
        command: SpendPoints,
        *,
        amount: int | None,
        due: int | None,
        points_max: int | None,
        shop: bool,
    ) -> None:
        made: list[Spent] = []

        def expected() -> Told:
            told, spent = self.model.spend(name, self.now, amount, due=due, points_max=points_max, shop=shop)
            made.append(spent)
            return told

        receipt = self.agree(command, expected)
        if receipt is not None and receipt.entry_id is not None:
            self.spents.append((name, made[0], receipt.entry_id))

    @rule(name=NAMES, amount=AMOUNTS, seconds=st.sampled_from([1, 900, 86_400 * 10, 86_400 * 31]), shop=st.booleans())
    def hold(self, name: str, amount: int, seconds: int, shop: bool) -> None:
        """Sets aside."""
        command = HoldPoints(
            **self.common(),
            member_id=self.rig.member(name),
            amount=amount,
            ttl_seconds=seconds,
            merchant_id=self.rig.shop("shop") if shop else None,
        )
        made: list[Held] = []

        def expected() -> Told:
            told, hold = self.model.hold(name, self.now, amount, seconds=seconds, shop=shop)
            made.append(hold)
            return told

        receipt = self.agree(command, expected)
        if receipt is not None and receipt.hold_id is not None:
            self.holds.append((name, made[0], receipt.hold_id))

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, amount=st.sampled_from([None, 1, 20, 60]))
    def capture(self, index: int, amount: int | None) -> None:
        """All or a part."""
        name, hold, hold_id = self.holds[index % len(self.holds)]
        command = CaptureHold(**self.common(), hold_id=hold_id, amount=amount)
        made: list[Spent] = []

        def expected() -> Told:
            told, spent = self.model.capture(name, self.now, hold, amount)
            made.append(spent)
            return told

        receipt = self.agree(command, expected)
        if receipt is not None and receipt.entry_id is not None:
            self.spents.append((name, made[0], receipt.entry_id))

    @precondition(lambda self: self.holds)
    @rule(index=INDEX)
    def release(self, index: int) -> None:
        """Gives back."""
        name, hold, hold_id = self.holds[index % len(self.holds)]
        command = ReleaseHold(**self.common(), hold_id=hold_id)
        self.agree(command, lambda: self.model.release(name, self.now, hold))

    @precondition(lambda self: self.spents)
    @rule(index=INDEX, amount=st.sampled_from([None, 1, 7, 40]))
    def reverse(self, index: int, amount: int | None) -> None:
        """All that is left or a part."""
        name, spent, entry_id = self.spents[index % len(self.spents)]
        command = ReverseEntry(**self.common(), entry_id=entry_id, amount=amount)
        self.agree(command, lambda: self.model.reverse(name, self.now, spent, amount))

    @rule(name=NAMES, other=NAMES, amount=AMOUNTS)
    def transfer(self, name: str, other: str, amount: int) -> None:
        """To another member, or to itself."""
        command = TransferPoints(
            **self.common(), member_id=self.rig.member(name), to_member_id=self.rig.member(other), amount=amount
        )
        self.agree(command, lambda: self.model.transfer(name, other, self.now, amount))

    @rule(name=NAMES, amount=st.integers(-60, 60).filter(bool))
    def adjust(self, name: str, amount: int) -> None:
        """Up or down."""
        command = AdjustPoints(**self.common(), member_id=self.rig.member(name), amount=amount, reason_code="test")
        self.agree(command, lambda: self.model.adjust(name, self.now, amount))

    @rule(name=NAMES, freeze=st.booleans())
    def set_standing(self, name: str, freeze: bool) -> None:
        """Freezes or unfreezes."""
        purse = self.model.purses.setdefault(name, Purse())
        kind = FreezeMember if freeze else UnfreezeMember
        self.keys += 1
        outcome = self.rig.execute(kind(actor=self.rig.actor, key=f"k{self.keys}", member_id=self.rig.member(name)))
        assert (outcome.refusal is None) == (purse.frozen != freeze)
        purse.frozen = freeze

    @precondition(lambda self: self.terms.inactive_months)
    @rule(months=st.integers(1, 3))
    def change_terms(self, months: int) -> None:
        """Accounts live longer from now on, or shorter; what they were promised stays."""
        self.terms = self.model.terms = replace(self.terms, inactive_months=months)
        self.rig.change(asset_of(self.terms))

    # -- time, replay, reads -----------------------------------------------------------------------------------------

    @rule(skip=SKIPS)
    def pass_time(self, skip: timedelta) -> None:
        """Time only goes forward."""
        self.now += skip

    @precondition(lambda self: self.holds or self.earns)
    @rule(index=INDEX, early=st.sampled_from([timedelta(0), timedelta(microseconds=1)]))
    def pass_to_an_instant(self, index: int, early: timedelta) -> None:
        """To the very instant at which something is over, or just before it."""
        instants = {hold.deadline for _, hold, _ in self.holds}
        for purse in self.model.purses.values():
            instants |= {purse.death(lot) for lot in purse.lots}
            instants |= {earn.activates for earn in purse.waiting if earn.activates}
        later = sorted(at - early for at in instants if self.now + early < at < datetime(3000, 1, 1, tzinfo=UTC))
        if later:
            self.now = later[index % len(later)]

    @precondition(lambda self: self.said)
    @rule(index=INDEX)
    def repeat(self, index: int) -> None:
        """The same key again: the same outcome, for ever."""
        command, before = self.said[index % len(self.said)]
        again = self.rig.execute(command)
        assert again.replayed
        assert again.reply == before.reply
        if before.refusal is not None:
            assert again.refusal is not None
            assert (again.refusal.code, again.refusal.facts) == (before.refusal.code, before.refusal.facts)

    @rule(name=NAMES)
    def sweep(self, name: str) -> None:
        """Posts what is due; then the rows say what the model says."""
        asset = asset_id(self.rig.actor.programme_id, self.asset.code)
        self.rig.execute(
            PostDue(actor=self.rig.actor, key=None, member_id=self.rig.member(name), asset_id=asset, replay_at=self.now)
        )
        purse, labels = copy.deepcopy(self.model.purses.get(name, Purse())), self.model.labels
        self.model.settle(purse, self.now)
        self.model.labels = labels
        assert self.rig.wallet(self.rig.member(name), asset) == (purse.posted, purse.held, purse.pending, purse.owed)
        self.rig.verify()

    def teardown(self) -> None:
        """Looks at everybody once more."""
        if hasattr(self, "rig"):
            for name in MEMBERS:
                self.sweep(name)
            self.rig.close()
