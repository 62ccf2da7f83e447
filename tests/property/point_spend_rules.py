"""The rules of the point machine by which points go out, and are given back."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.hold import HoldPoints
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from tests.property.point_bench import AMOUNTS, INDEX, NAMES, PointBench


class SpendRules(PointBench):
    """Spends and payments, holds with what becomes of them, and reversals."""

    @rule(name=NAMES, amount=AMOUNTS, shop=st.booleans())
    def spend(self, name: str, amount: int, shop: bool) -> None:
        """So many points."""
        whom = self.rig.shop("shop") if shop else None
        command = SpendPoints(**self.common(), member_id=self.rig.member(name), amount=amount, merchant_id=whom)
        self.agree_on(
            name,
            command,
            lambda: self.model.spend(name, self.now, amount, points_max=None, shop=shop),
            self.spents,
        )

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
        self.agree_on(
            name,
            command,
            lambda: self.model.spend(name, self.now, None, due=due, points_max=points_max, shop=True),
            self.spents,
        )

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
        self.agree_on(
            name,
            command,
            lambda: self.model.hold(name, self.now, amount, seconds=seconds, shop=shop),
            self.holds,
            id_of=lambda receipt: receipt.hold_id,
        )

    @precondition(lambda self: self.holds)
    @rule(index=INDEX, amount=st.sampled_from([None, 1, 20, 60]))
    def capture(self, index: int, amount: int | None) -> None:
        """All or a part."""
        name, hold, hold_id = self.holds[index % len(self.holds)]
        command = CaptureHold(**self.common(), hold_id=hold_id, amount=amount)
        self.agree_on(name, command, lambda: self.model.capture(name, self.now, hold, amount), self.spents)

    @precondition(lambda self: self.holds)
    @rule(index=INDEX)
    def release(self, index: int) -> None:
        """Gives back."""
        name, hold, hold_id = self.holds[index % len(self.holds)]
        command = ReleaseHold(**self.common(), hold_id=hold_id)
        self.agree(command, lambda: self.model.release(name, self.now, hold))

    @precondition(lambda self: any(hold.state == "open" for _, hold, _ in self.holds))
    @rule(index=INDEX, amount=st.sampled_from([None, 1, 20]), capture=st.booleans())
    def outlive(self, index: int, amount: int | None, capture: bool) -> None:
        """A hold ends when something of what it holds has died, which expires where it returns."""
        open_ = [place for place, (_, hold, _) in enumerate(self.holds) if hold.state == "open"]
        place = open_[index % len(open_)]
        name, hold, _ = self.holds[place]
        death = min(self.model.purses[name].death(lot) for lot, _ in hold.parts)
        if self.now < death < hold.deadline:
            self.now = death
            if capture:
                self.capture(place, amount)
            else:
                self.release(place)

    @precondition(lambda self: self.spents)
    @rule(index=INDEX, amount=st.sampled_from([None, 1, 7, 40]))
    def reverse(self, index: int, amount: int | None) -> None:
        """All that is left or a part."""
        name, spent, entry_id = self.spents[index % len(self.spents)]
        command = ReverseEntry(**self.common(), entry_id=entry_id, amount=amount)
        self.agree(command, lambda: self.model.reverse(name, self.now, spent, amount))
