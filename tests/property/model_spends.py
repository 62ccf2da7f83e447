"""How points go out, by the model: spent at once, or held and then captured or released; and what a reversal returns."""

from datetime import datetime, timedelta

from ledger.book.refusal import RefusalCode as Code
from tests.property.model_purses import No, Purses, Told
from tests.property.model_terms import Terms
from tests.property.purse import Held, Lot, Purse, Spent


class Spends(Purses):
    """Spends, holds and what is given back of them."""

    def __init__(self, terms: Terms, rates: list[tuple[datetime, int, int]]) -> None:
        super().__init__(terms)
        self.rates = rates

    def rate(self, now: datetime) -> tuple[int, int]:
        """(points, minor) in force."""
        return max(rate for rate in self.rates if rate[0] <= now)[1:]

    def spend(
        self,
        name: str,
        now: datetime,
        amount: int | None,
        *,
        due: int | None = None,
        points_max: int | None,
        shop: bool,
    ) -> tuple[Told, Spent]:
        """So many points, or up to a sum of money."""
        purse = self.purse(name, now)
        if purse.frozen:
            raise No(Code.MEMBER_FROZEN)
        rate = self.rate(now) if shop else None
        if due is not None:
            assert rate is not None
            wanted = min(due * rate[0] // rate[1], points_max or 10**15)
            if wanted * rate[1] // rate[0] == 0:
                raise No(Code.AMOUNT_TOO_SMALL)
            self.require(purse, 1)
            amount = min(wanted, purse.posted - purse.held)
            if amount * rate[1] // rate[0] == 0:
                raise No(Code.INSUFFICIENT_POINTS)
        assert amount is not None
        self.require(purse, amount)
        parts = purse.draw(amount)
        for lot, part in parts:
            lot.amount -= part
        self.be_active(purse, self.terms.today(now), now)
        money = None if rate is None else amount * rate[1] // rate[0]
        left = None if due is None else due - (money or 0)
        lots = [(lot.label, part) for lot, part in parts]
        return self.told(purse, amount, lots, money=money, due=left), Spent(parts, now, rate)

    def hold(self, name: str, now: datetime, amount: int, *, seconds: int, shop: bool) -> tuple[Told, Held]:
        """Set aside."""
        purse = self.purse(name, now)
        if purse.frozen:
            raise No(Code.MEMBER_FROZEN)
        self.require(purse, amount)
        hold = Held(purse.draw(amount), now + timedelta(seconds=seconds), shop, number=len(purse.holds))
        for lot, part in hold.parts:
            lot.held += part
        purse.holds.append(hold)
        return self.told(purse, amount, [(lot.label, part) for lot, part in hold.parts]), hold

    def open_hold(self, hold: Held) -> None:
        """Not over yet."""
        match hold.state:
            case "captured":
                raise No(Code.HOLD_CAPTURED)
            case "released":
                raise No(Code.HOLD_RELEASED)
            case "lapsed":
                raise No(Code.HOLD_LAPSED)

    def capture(self, name: str, now: datetime, hold: Held, amount: int | None) -> tuple[Told, Spent]:
        """Spend what was held; the remainder returns, and expires where it is dead."""
        purse = self.purse(name, now)
        self.open_hold(hold)
        wanted = amount = hold.amount if amount is None else amount
        if amount > hold.amount:
            raise No(Code.CAPTURE_EXCEEDS_HOLD)
        hold.give_up("captured")
        parts = []
        for lot, part in hold.parts:
            taken = min(part, wanted)
            wanted -= taken
            lot.amount -= taken
            if taken:
                parts.append((lot, taken))
        self.be_active(purse, self.terms.today(now), now)
        purse.expire_dead(now)
        rate = self.rate(now) if hold.shop else None
        money = None if rate is None else amount * rate[1] // rate[0]
        return self.told(purse, amount, [(t.label, part) for t, part in parts], money=money), Spent(parts, now, rate)

    def release(self, name: str, now: datetime, hold: Held) -> Told:
        """Give back what was held."""
        purse = self.purse(name, now)
        self.open_hold(hold)
        hold.give_up("released")
        purse.expire_dead(now)
        return self.told(purse, hold.amount, [(lot.label, part) for lot, part in hold.parts])

    def reverse(self, name: str, now: datetime, spent: Spent, amount: int | None) -> Told:
        """Back to the same lots, the last drawn first; a debt is repaid before."""
        purse = self.purse(name, now)
        if now >= spent.at + timedelta(days=90):
            raise No(Code.REVERSAL_WINDOW_CLOSED)
        left = spent.amount - spent.reversed
        if not left:
            raise No(Code.ALREADY_REVERSED)
        amount = left if amount is None else amount
        if amount > left:
            raise No(Code.REVERSAL_EXCEEDS_ORIGINAL)
        units = [lot for lot, part in reversed(spent.parts) for _ in range(part)][spent.reversed :][:amount]
        repaid = purse.repay(amount)
        lots, expired = self.put_back(purse, units[repaid:], now)
        before, spent.reversed = spent.reversed, spent.reversed + amount
        money = None
        if spent.rate is not None:
            points, minor = spent.rate
            money = spent.reversed * minor // points - before * minor // points
        return self.told(purse, amount, lots, expired=expired, money=money)

    def put_back(self, purse: Purse, units: list[Lot], now: datetime) -> tuple[list[tuple[int, int]], int]:
        """Point by point into their lots; what is dead expires at once, or lives on for the days of grace."""
        lots, expired = [], 0
        grace = self.terms.end_of(self.terms.today(now) + timedelta(days=self.terms.grace_days))
        alive = {lot for lot in units if purse.death(lot) > now}
        for lot in dict.fromkeys(units):
            part = units.count(lot)
            if lot in alive:
                lot.amount += part
            elif self.terms.grace_days:
                if purse.inactive is not None and purse.inactive <= now:
                    purse.live_until(grace, now)
                own_of = lot.own_of if lot.own_of and lot.own_of.label < 0 else None
                lot = self.grant(purse, part, grace, now, purchased=lot.purchased, day=self.terms.today(now))  # noqa: PLW2901
                lot.own_of = own_of
            else:
                expired += part
            lots.append((lot.label, part))
        return lots, expired
