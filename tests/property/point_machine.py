"""The state machine of all point commands and passing time: whatever the product says, the model says too."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.sweeps import PostDue
from ledger.points.transfer import TransferPoints
from ledger.programme.rows import Asset, asset_id
from tests.property.model_terms import Terms
from tests.property.point_bench import AMOUNTS, INDEX, NAMES
from tests.property.point_earn_rules import EarnRules
from tests.property.point_rig import Rig
from tests.property.point_spend_rules import SpendRules
from tests.property.purse import Purse
from tests.property.world import MEMBERS, terms

TERMS = (
    Terms(),
    Terms(days=20, shortfall="NEGATIVE", grace_days=4, zone="Europe/Berlin"),
    Terms(months=1, to_month_end=True, shortfall="ONLY_PENDING", day_max=60, month_max=150, zone="Asia/Shanghai"),
    Terms(inactive_months=1),
    Terms(inactive_months=1, shortfall="NEGATIVE", grace_days=3, zone="America/New_York"),
    Terms(months=1, zone="Pacific/Auckland", grace_days=2),
)
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


class PointMachine(EarnRules, SpendRules):
    """Every rule; subclasses say what runs the commands."""

    def make_rig(self, asset: Asset, zone: str) -> Rig:
        """A fresh programme with these terms."""
        raise NotImplementedError

    @initialize(told=st.sampled_from(TERMS))
    def begin(self, told: Terms) -> None:
        """Terms are fixed for one run, in which two of three members have something from the start."""
        asset = asset_of(told)
        self.rig = self.make_rig(asset, told.zone)
        self.lay_out(told, asset)
        for name in MEMBERS[:2]:
            self.earn(name, 200, 0, None)
            self.hold(name, 40, 86_400 * 31, shop=True)
            self.spend(name, 30, shop=True)
            self.earn_pending(name, 50, 12, None)

    # -- commands ----------------------------------------------------------------------------------------------------

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
