"""The rules of the counter's machine by which vouchers are locked."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.vouchers.lock import LockVoucher, ReleaseLock, RenewLock, token_hash
from tests.property.counter_bench import INDEX, SHOPS, TOKENS, CounterBench
from tests.property.counter_model import Lock, Show
from tests.property.memory_book import AnyCommand


class LockRules(CounterBench):
    """Locks, their renewal and release."""

    @rule(index=INDEX, shop=SHOPS, ttl=st.sampled_from((30, 120, 900)))
    def lock(self, index: int, shop: str, ttl: int) -> None:
        """A lock by a shop."""
        show, presented = self.show(index, None)
        slip, token = show.slip, f"token {self.keys}"
        is_foreign = slip.kind.only not in {None, shop}
        why = ["VOUCHER_NOT_FOUND"] if is_foreign else list(self.model.why_not(show, shop, self.now, here=[show]))
        command = LockVoucher(**self.at(shop), vouchers=(presented,), token_hash=token_hash(token), ttl_seconds=ttl)
        if not why:
            until = min(self.now + timedelta(seconds=ttl), slip.until + timedelta(minutes=15))
            slip.lock = Lock(shop, token, until, slip.left if slip.kind.name == "card" else 1)
        outcome = self.ask(command, why[0] if why else "")
        if not why:
            assert slip.lock is not None
            assert (outcome.unwrap().locked_until, outcome.unwrap().units) == (slip.lock.until, slip.lock.units)

    @precondition(lambda self: any(slip.lock for slip, _, _ in self.ids))
    @rule(index=INDEX, token=TOKENS, shop=SHOPS, ttl=st.sampled_from((30, 900)), is_renewed=st.booleans())
    def change_lock(self, index: int, token: str | None, shop: str, ttl: int, is_renewed: bool) -> None:
        """A lock is renewed, or given up."""
        locked = [n for n, (slip, _, _) in enumerate(self.ids) if slip.lock]
        show, presented = self.show(locked[index % len(locked)], token)
        code = self._why_no_lock(show, shop)
        command: AnyCommand = ReleaseLock(**self.at(shop), vouchers=(presented,))
        if is_renewed:
            command = RenewLock(**self.at(shop), vouchers=(presented,), ttl_seconds=ttl)
        if not code and show.slip.lock is not None:
            until = min(self.now + timedelta(seconds=ttl), show.slip.until + timedelta(minutes=15))
            show.slip.lock = replace(show.slip.lock, until=until) if is_renewed else None
        self.ask(command, code)

    def _why_no_lock(self, show: Show, shop: str) -> str:
        slip, lock = show.slip, show.slip.lock_at(self.now)
        if slip.kind.only not in {None, shop}:
            return "VOUCHER_NOT_FOUND"
        if self.model.holds(show, shop, self.now):
            return ""
        if slip.is_over(self.now):
            return "VOUCHER_EXPIRED"
        if lock is not None:
            return "LOCK_TOKEN_REQUIRED" if lock.shop == shop else "VOUCHER_LOCKED"
        return "LOCK_EXPIRED"
