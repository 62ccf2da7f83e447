"""The state machine of the counter: issue, validate, lock, redeem, reverse and passing time against the model."""

from datetime import timedelta
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ledger.vouchers.code import SealedCode
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.sweeps import ExpireVouchers
from ledger.vouchers.voucher import template_id, voucher_asset_id
from tests.bank import code_of
from tests.property.counter_bench import INDEX
from tests.property.counter_lock_rules import LockRules
from tests.property.counter_model import KINDS, Kind
from tests.property.counter_redeem_rules import RedeemRules
from tests.property.counter_rig import Rig

ZONES = ("Europe/Berlin", "Asia/Shanghai")
MEMBERS = st.sampled_from(("ann", "bob"))
SKIPS = st.sampled_from(
    [timedelta(seconds=40), timedelta(minutes=6), timedelta(hours=3), timedelta(hours=23), timedelta(days=2)]
)


class CounterMachine(RedeemRules, LockRules):
    """Every rule; subclasses say what runs the commands."""

    def make_rig(self, bodies: dict[str, Kind], zone: str) -> Rig:
        """A fresh programme with these templates."""
        raise NotImplementedError

    @initialize(zone=st.sampled_from(ZONES))
    def begin(self, zone: str) -> None:
        """The zone is fixed for one run; from the start there are vouchers, sales and a lock."""
        self.rig = self.make_rig({kind.name: kind for kind in KINDS}, zone)
        self.lay_out(zone)
        for kind in KINDS:
            self.issue_two("ann", kind)
            self._issue("bob", kind)
            self._redeem([len(self.ids) - 3], None, "shop", 900, up_to=True)
        self.lock(-1, "shop", 900)

    @rule(member=MEMBERS, kind=st.sampled_from(KINDS))
    def issue_two(self, member: str, kind: Kind) -> None:
        """Two vouchers of a template for a member, frozen or not."""
        self._issue(member, kind)
        self._issue(member, kind)

    def _issue(self, member: str, kind: Kind) -> None:
        code = self.rig.code()
        command = IssueVoucher(
            **self.common(), member_id=self.rig.member(member), template=kind.name, deal=partial(SealedCode, *code)
        )  # fmt: skip
        slip = self.model.issue(kind, member, self.now)
        outcome = self.ask(command, "")
        self.ids.append((slip, outcome.unwrap().voucher_id, code.hash))

    @rule(whom=st.sampled_from(((), (), (), ("ann",), ("bob",))))
    def freeze(self, whom: tuple[str, ...]) -> None:
        """These members are stopped, the others go on."""
        for member in self.model.frozen.symmetric_difference(whom):
            self.rig.freeze(member, thaw=member in self.model.frozen)
        self.model.frozen = set(whom)
        self.compare()

    @rule(index=INDEX)
    def sweep(self, index: int) -> None:
        """The sweep looks at an account."""
        slip, _, _ = self.pick(index)
        programme = self.rig.actor("system", "due").programme_id
        command = ExpireVouchers(
            actor=self.rig.actor("system", "due"),
            key=None,
            member_id=self.rig.member(slip.member),
            asset_id=voucher_asset_id(programme, slip.kind.name),
            template_id=template_id(programme, slip.kind.name),
            replay_at=self.now,
        )
        self.rig.execute(command).unwrap()
        self.model.settle(self.now)
        self.compare()

    @precondition(lambda self: self.said)
    @rule(index=INDEX)
    def repeat(self, index: int) -> None:
        """What was said once is said again, word for word, whatever happened since."""
        command, outcome = self.said[index % len(self.said)]
        if outcome.refusal is not None and not outcome.refusal.rule.frozen:
            return
        again = self.rig.execute(command)
        assert again.replayed
        assert again.reply == outcome.reply
        assert code_of(again) == code_of(outcome)
        self.compare()

    @rule()
    def wait_for_the_end(self) -> None:
        """Time passes until shortly before the next voucher's validity is over."""
        later = [slip.until - timedelta(minutes=5) for slip, _, _ in self.ids]
        self.now = min((instant for instant in later if instant > self.now), default=self.now)
        self.compare()

    @rule(step=SKIPS)
    def wait(self, step: timedelta) -> None:
        """Time passes."""
        self.now += step
        self.compare()
