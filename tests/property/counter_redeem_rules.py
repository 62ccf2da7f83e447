"""The rules of the counter's machine by which vouchers are redeemed, and sales given back."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ledger.vouchers.basket import Basket
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from tests.property.counter_bench import INDEX, SHOPS, TOKENS, CounterBench
from tests.property.counter_model import Show

BILLS = st.sampled_from((0, 1, 250, 500, 900, 1300, 5000))


class RedeemRules(CounterBench):
    """Redemptions, each validated before, and their reversal."""

    @rule(indexes=st.lists(INDEX, min_size=1, max_size=4), token=TOKENS, shop=SHOPS, bill=BILLS, up_to=st.booleans())
    def redeem(self, indexes: list[int], token: str | None, shop: str, bill: int, up_to: bool) -> None:
        """One to four vouchers on a basket, the first with a token; validated before."""
        places = list(dict.fromkeys(index % len(self.ids) for index in indexes))
        self._redeem(places, token, shop, bill, up_to=up_to)

    @precondition(lambda self: any(slip.lock_at(self.now) for slip, _, _ in self.ids))
    @rule(index=INDEX, others=st.lists(INDEX, max_size=2), token=TOKENS, shop=SHOPS, bill=BILLS)
    def redeem_locked(self, index: int, others: list[int], token: str | None, shop: str, bill: int) -> None:
        """A voucher under a lock, by who holds it or by others, alone or with some more."""
        locked = [n for n, (slip, _, _) in enumerate(self.ids) if slip.lock_at(self.now)]
        places = [locked[index % len(locked)], *(other % len(self.ids) for other in others)]
        lock = self.ids[places[0]][0].lock
        mine = lock.shop if lock is not None and token == "own" else shop
        self._redeem(list(dict.fromkeys(places)), token, mine, bill, up_to=index % 2 == 0)

    @precondition(lambda self: any(slip.lock_at(self.now) for slip, _, _ in self.ids))
    @rule(index=INDEX, shop=SHOPS, bill=BILLS)
    def redeem_beside(self, index: int, shop: str, bill: int) -> None:
        """A voucher of the same member and template as one under a lock."""
        locked = [slip for slip, _, _ in self.ids if slip.lock_at(self.now)]
        one = locked[index % len(locked)]
        alike = [n for n, (slip, _, _) in enumerate(self.ids) if (slip.kind, slip.member) == (one.kind, one.member)]
        self._redeem([alike[index % len(alike)]], None, shop, bill, up_to=False)

    def _redeem(self, places: list[int], token: str | None, shop: str, bill: int, *, up_to: bool) -> None:
        both = [self.show(n, token if not at else None, up_to=up_to) for at, n in enumerate(places)]
        shows, presented = [show for show, _ in both], tuple(each for _, each in both)
        command = RedeemVouchers(**self.at(shop), vouchers=presented, basket=Basket(amount_minor=bill))
        self._validate(command, shows, shop, bill)
        code, taken, left, due = self.model.redeem(shows, shop, bill, self.now)
        sales = self.model.sales[len(self.model.sales) - len(taken) :]

        outcome = self.ask(command, code)

        if code:
            return
        reply = outcome.unwrap()
        assert [(use.units, use.discount_minor) for use in reply.applied] == [(u, minor) for _, u, minor in taken]
        assert {each.place: list(each.codes) for each in reply.skipped} == left
        assert (reply.due_minor, reply.discount_minor) == (due, bill - due)
        self.sold += zip(sales, [use.redemption_id for use in reply.applied], strict=True)

    def _validate(self, command: RedeemVouchers, shows: list[Show], shop: str, bill: int) -> None:
        told = self.rig.validate(command)
        if told is None:
            return
        taken, reasons, due = self.model.lay(shows, shop, bill, self.now)
        assert told.due_minor == due
        for place, voucher in enumerate(told.vouchers):
            assert [reason.code for reason in voucher.reasons] == reasons.get(place, [])
        assert sum(voucher.discount_minor for voucher in told.vouchers) == sum(minor for _, _, minor in taken)

    @precondition(lambda self: self.sold)
    @rule(index=INDEX, shop=SHOPS, units=st.sampled_from((None, None, 1, 400)))
    def reverse(self, index: int, shop: str, units: int | None) -> None:
        """A sale is given back, in whole or in part, by whichever shop."""
        sale, redemption = self.sold[index % len(self.sold)]
        self.model.settle(self.now)
        code, back, dead = self.model.reverse(sale, shop, units, self.now)
        common = self.common("merchant", str(self.rig.shop(shop)))
        outcome = self.ask(ReverseRedemption(**common, redemption_id=redemption, amount_minor=units), code)
        if not code:
            assert (outcome.unwrap().units, outcome.unwrap().dead_units) == (back, dead)
