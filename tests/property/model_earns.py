"""How points come in, by the model: at once, pending, confirmed or cancelled; and what a refund takes back."""

from datetime import date, datetime

from ledger.book.refusal import RefusalCode as Code
from tests.property.model_purses import No, Purses, Told
from tests.property.purse import Earn


class Earns(Purses):
    """Earns of all kinds."""

    def earn(
        self,
        name: str,
        now: datetime,
        amount: int,
        *,
        at: datetime,
        good_until: date | None,
        sale: int,
        purchased: bool,
    ) -> tuple[Told, Earn]:
        """At once."""
        purse = self.purse(name, now)
        day = self.terms.today(at)
        if good_until is not None and good_until < day:
            raise No(Code.EXPIRY_INVALID)
        dies = self.terms.life(day) if good_until is None else self.terms.end_of(good_until)
        earn = Earn(amount, sale)
        self.be_active(purse, day, now)
        rest = amount - purse.repay(amount)
        if not rest:
            return self.told(purse, amount, []), earn
        lot = self.grant(purse, rest, dies, at, purchased=purchased, day=day)
        lot.own_of = earn
        expired = lot.expire() if purse.death(lot) <= now else 0
        return self.told(purse, amount, [(lot.label, rest)], expired=expired), earn

    def earn_pending(
        self, name: str, now: datetime, amount: int, *, until: date | None, good_until: date | None, sale: int
    ) -> tuple[Told, Earn]:
        """Later: on a date, or when somebody confirms."""
        purse = self.purse(name, now)
        activates = None if until is None else self.terms.start_of(until)
        if activates is not None and activates <= now:
            raise No(Code.EXPIRY_INVALID)
        if good_until is not None and good_until < (until or self.terms.today(now)):
            raise No(Code.EXPIRY_INVALID)
        dies = None if good_until is None else self.terms.end_of(good_until)
        earn = Earn(amount, sale, pending=amount, label=self.labels, activates=activates, terms=self.terms, dies=dies)
        self.labels += 1
        purse.waiting.append(earn)
        return self.told(purse, amount, [(earn.label, amount)]), earn

    def settle_pending(self, name: str, now: datetime, earn: Earn, *, confirm: bool) -> Told:
        """Confirm or cancel."""
        purse = self.purse(name, now)
        if not earn.pending:
            raise No(Code.NOT_PENDING)
        amount = earn.pending
        if confirm:
            lots = self.activate(purse, earn, now)
            purse.expire_dead(now)
            return self.told(purse, amount, lots)
        earn.pending, earn.cancelled = 0, True
        purse.waiting.remove(earn)
        return self.told(purse, amount, [(earn.label, amount)])

    def refund(self, name: str, now: datetime, earn: Earn, sale: int) -> Told:
        """Pending first, then the earn's own lots, then others in spend order, then the debt."""
        purse = self.purse(name, now)
        left = earn.sale - earn.refunded
        if sale > left:
            raise No(Code.REFUND_EXCEEDS_SALE)
        wanted = earn.points * left // earn.sale - earn.points * (left - sale) // earn.sale
        earn.refunded += sale
        if earn.cancelled:
            wanted = 0
        lots = []
        from_pending = min(wanted, earn.pending)
        if from_pending:
            earn.pending -= from_pending
            lots.append((earn.label, from_pending))
            if not earn.pending:
                purse.waiting.remove(earn)
        if self.terms.shortfall == "ONLY_PENDING":
            wanted = from_pending
        rest = wanted - from_pending
        free = purse.free_lots()
        for lot in sorted(free, key=lambda each: each.own_of is not earn):
            part = min(rest, lot.amount - lot.held)
            lot.amount -= part
            rest -= part
            if part:
                lots.append((lot.label, part))
        purse.owed += rest
        return self.told(purse, wanted, lots)
