"""The rules of the point machine by which points come in, and are taken back from an earn."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.points.earn import EarnPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.refund import RefundEarn
from tests.property.point_bench import AMOUNTS, INDEX, NAMES, PointBench


class EarnRules(PointBench):
    """Earns at once and pending, their confirmation, cancellation and refund."""

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
        self.agree_on(
            name,
            command,
            lambda: self.model.earn(name, self.now, amount, at=at, good_until=until, sale=sale, purchased=purchased),
            self.earns,
        )

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
        self.agree_on(
            name,
            command,
            lambda: self.model.earn_pending(name, self.now, amount, until=until, good_until=good_until, sale=sale),
            self.earns,
        )

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
