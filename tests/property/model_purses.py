"""The model's purses, and what happens to them by themselves: activation, lapse and expiry, each at its instant."""

from dataclasses import dataclass
from datetime import date, datetime

from ledger.book.refusal import RefusalCode as Code
from tests.property.model_terms import Terms
from tests.property.purse import Earn, Held, Lot, Purse


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the caller is told: a refusal's code, or the numbers of the receipt; lots by label."""

    code: str = ""
    amount: int = 0
    posted: int = 0
    held: int = 0
    available: int = 0
    owed: int = 0
    expired: int = 0
    lots: tuple[tuple[int, int], ...] = ()
    money: int | None = None
    due: int | None = None


class No(Exception):
    """A refusal."""


class Purses:
    """All purses under one set of terms; what every command of the model is made of."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.purses: dict[str, Purse] = {}
        self.labels = 0

    def purse(self, name: str, now: datetime) -> Purse:
        """The member's purse with everything due posted."""
        purse = self.purses.setdefault(name, Purse())
        self.settle(purse, now)
        return purse

    def settle(self, purse: Purse, now: datetime) -> None:
        """Activate, lapse, expire: each at its instant, in this order at the same one."""
        while True:
            due: list[tuple[datetime, int, int, object]] = []
            due += [(e.activates, 0, e.label, e) for e in purse.waiting if e.activates is not None]
            due += [(h.deadline, 1, h.number, h) for h in purse.holds if h.state == "open"]
            due += [(max(purse.death(t), purse.settled), 2, t.label, t) for t in purse.lots if t.amount > t.held]
            due = [item for item in due if item[0] <= now]
            if not due:
                return
            at, _, _, what = min(due, key=lambda item: item[:3])
            purse.settled = max(purse.settled, at)
            match what:
                case Earn():
                    self.activate(purse, what, at)
                case Held():
                    what.give_up("lapsed")
                case Lot():
                    what.expire()

    def activate(self, purse: Purse, earn: Earn, at: datetime) -> list[tuple[int, int]]:
        """Pending points begin their life; a debt is repaid first."""
        amount, earn.pending = earn.pending, 0
        purse.waiting.remove(earn)
        rest = amount - purse.repay(amount)
        if not rest:
            return []
        day = self.terms.today(at)
        dies = earn.dies or self.terms.life(day)
        lot = self.grant(purse, rest, dies, at, purchased=earn.purchased, day=day, terms=earn.terms)
        lot.own_of = earn
        return [(lot.label, rest)]

    def grant(
        self,
        purse: Purse,
        amount: int,
        dies: datetime,
        at: datetime,
        *,
        day: date,
        purchased: bool = False,
        terms: Terms | None = None,
    ) -> Lot:
        """A new lot. An account without a date of inactivity, or dead and empty, gets one to begin with."""
        until = (terms or self.terms).idle_until(day)
        if until is not None and (purse.inactive is None or (purse.inactive <= at and purse.posted == 0)):
            purse.live_until(until, at)
        lot = Lot(self.labels, amount, dies, at, purchased)
        self.labels += 1
        purse.lots.append(lot)
        return lot

    def be_active(self, purse: Purse, day: date, now: datetime) -> None:
        """The member's own earning and spending moves the account's date, forward only."""
        until = self.terms.idle_until(day)
        if until is not None and (purse.inactive is None or until > purse.inactive):
            purse.live_until(until, now)

    def told(self, purse: Purse, amount: int, lots: list[tuple[int, int]], **more: int | None) -> Told:
        """The receipt."""
        owed = purse.owed if self.terms.shortfall == "NEGATIVE" else 0
        return Told(
            amount=amount,
            posted=purse.posted,
            held=purse.held,
            available=purse.posted - purse.held - owed,
            owed=purse.owed,
            lots=tuple(lots),
            **more,  # type: ignore[arg-type]
        )

    def require(self, purse: Purse, amount: int) -> None:
        """Enough that is not owed."""
        if self.terms.shortfall == "NEGATIVE" and purse.owed:
            raise No(Code.POINTS_OWED)
        if amount > purse.posted - purse.held:
            raise No(Code.INSUFFICIENT_POINTS)
