"""What point commands should come to, told a second time: plain lists of lots, straight from semantics 2 to 4.

No product code but the names of refusals and terms; no index, no bound, no draft. Slow and obvious on purpose.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from ledger.book.refusal import RefusalCode as Code
from tests.property.purse import NEVER, Earn, Held, Lot, Purse, Spent, Terms


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


def add_months(day: date, months: int) -> date:
    """Month by month, clamped to the end."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError


class Model:
    """All purses under one set of terms."""

    def __init__(self, terms: Terms, rates: list[tuple[datetime, int, int]]) -> None:
        self.terms = terms
        self.rates = rates
        self.purses: dict[str, Purse] = {}
        self.labels = 0
        self.issued = 0
        self.broken = 0
        self.spent = 0

    # -- time --------------------------------------------------------------------------------------------------------

    def today(self, at: datetime) -> date:
        """The local date."""
        return at.astimezone(ZoneInfo(self.terms.zone)).date()

    def start_of(self, day: date) -> datetime:
        """Local midnight; the zones used here never skip it."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.terms.zone)).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Dead at the first instant of the next day."""
        return self.start_of(day + timedelta(days=1))

    def life(self, start: date) -> datetime:
        """When a lot that begins on `start` dies."""
        if self.terms.days:
            return self.end_of(start + timedelta(days=self.terms.days))
        if self.terms.months:
            day = add_months(start, self.terms.months)
            while self.terms.to_month_end and (day + timedelta(days=1)).month == day.month:
                day += timedelta(days=1)
            return self.end_of(day)
        return NEVER

    def idle_until(self, day: date, terms: Terms | None = None) -> datetime | None:
        """When an account dies that is active on `day` and never again, by today's terms or those of an earlier day."""
        months = (terms or self.terms).inactive_months
        return self.end_of(add_months(day, months)) if months else None

    # -- what happens by itself --------------------------------------------------------------------------------------

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
                    self.give_up(purse, what, "lapsed")
                case Lot():
                    self.expire(purse, what)

    def activate(self, purse: Purse, earn: Earn, at: datetime) -> list[tuple[int, int]]:
        """Pending points begin their life; a debt is repaid first."""
        amount, earn.pending = earn.pending, 0
        purse.waiting.remove(earn)
        rest = amount - self.repay(purse, amount)
        if not rest:
            return []
        day = self.today(at)
        dies = earn.dies or self.life(day)
        lot = self.grant(purse, rest, dies, at, purchased=earn.purchased, day=day, terms=earn.terms)
        lot.own_of = earn
        return [(lot.label, rest)]

    def give_up(self, purse: Purse, hold: Held, state: str) -> None:
        """What was held returns to its lots."""
        for lot, part in hold.parts:
            lot.held -= part
        hold.state = state

    def expire(self, purse: Purse, lot: Lot) -> int:
        """What is not held goes to breakage."""
        gone = lot.amount - lot.held
        lot.amount = lot.held
        self.broken += gone
        return gone

    def expire_dead(self, purse: Purse, now: datetime) -> int:
        """Expires at once what came back or arrived dead."""
        dead = [lot for lot in purse.lots if lot.amount > lot.held and purse.death(lot) <= now]
        return sum(self.expire(purse, lot) for lot in dead)

    def repay(self, purse: Purse, amount: int) -> int:
        """What is owed comes first."""
        repaid = min(purse.owed, amount)
        purse.owed -= repaid
        return repaid

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
        until = self.idle_until(day, terms)
        if until is not None and (purse.inactive is None or (purse.inactive <= at and purse.posted == 0)):
            purse.live_until(until, at)
        lot = Lot(self.labels, amount, dies, at, purchased)
        self.labels += 1
        purse.lots.append(lot)
        return lot

    def be_active(self, purse: Purse, day: date, now: datetime) -> None:
        """The member's own earning and spending moves the account's date, forward only."""
        until = self.idle_until(day)
        if until is not None and (purse.inactive is None or until > purse.inactive):
            purse.live_until(until, now)

    # -- commands ----------------------------------------------------------------------------------------------------

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

    def purse(self, name: str, now: datetime) -> Purse:
        """The member's purse with everything due posted."""
        purse = self.purses.setdefault(name, Purse())
        self.settle(purse, now)
        return purse

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
        day = self.today(at)
        if good_until is not None and good_until < day:
            raise No(Code.EXPIRY_INVALID)
        dies = self.life(day) if good_until is None else self.end_of(good_until)
        earn = Earn(amount, sale)
        self.issued += amount
        self.be_active(purse, day, now)
        rest = amount - self.repay(purse, amount)
        if not rest:
            return self.told(purse, amount, []), earn
        lot = self.grant(purse, rest, dies, at, purchased=purchased, day=day)
        lot.own_of = earn
        expired = self.expire(purse, lot) if purse.death(lot) <= now else 0
        return self.told(purse, amount, [(lot.label, rest)], expired=expired), earn

    def earn_pending(
        self, name: str, now: datetime, amount: int, *, until: date | None, good_until: date | None, sale: int
    ) -> tuple[Told, Earn]:
        """Later: on a date, or when somebody confirms."""
        purse = self.purse(name, now)
        activates = None if until is None else self.start_of(until)
        if activates is not None and activates <= now:
            raise No(Code.EXPIRY_INVALID)
        if good_until is not None and good_until < (until or self.today(now)):
            raise No(Code.EXPIRY_INVALID)
        dies = None if good_until is None else self.end_of(good_until)
        earn = Earn(amount, sale, pending=amount, label=self.labels, activates=activates, terms=self.terms, dies=dies)
        self.labels += 1
        self.issued += amount
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
            self.expire_dead(purse, now)
            return self.told(purse, amount, lots)
        earn.pending, earn.cancelled = 0, True
        purse.waiting.remove(earn)
        self.issued -= amount
        return self.told(purse, amount, [(earn.label, amount)])

    def require(self, purse: Purse, amount: int) -> None:
        """Enough that is not owed."""
        if self.terms.shortfall == "NEGATIVE" and purse.owed:
            raise No(Code.POINTS_OWED)
        if amount > purse.posted - purse.held:
            raise No(Code.INSUFFICIENT_POINTS)

    def draw(self, purse: Purse, amount: int) -> list[tuple[Lot, int]]:
        """Over the lots in spend order."""
        parts = []
        for lot in purse.free_lots():
            part = min(amount, lot.amount - lot.held)
            if part:
                parts.append((lot, part))
            amount -= part
        assert amount == 0
        return parts

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
        parts = self.draw(purse, amount)
        for lot, part in parts:
            lot.amount -= part
        self.spent += amount
        self.be_active(purse, self.today(now), now)
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
        hold = Held(self.draw(purse, amount), now + timedelta(seconds=seconds), shop, number=len(purse.holds))
        for lot, part in hold.parts:
            lot.held += part
        purse.holds.append(hold)
        return self.told(purse, amount, [(lot.label, part) for lot, part in hold.parts]), hold

    def open_hold(self, purse: Purse, hold: Held) -> None:
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
        self.open_hold(purse, hold)
        wanted = amount = hold.amount if amount is None else amount
        if amount > hold.amount:
            raise No(Code.CAPTURE_EXCEEDS_HOLD)
        self.give_up(purse, hold, "captured")
        parts = []
        for lot, part in hold.parts:
            taken = min(part, wanted)
            wanted -= taken
            lot.amount -= taken
            if taken:
                parts.append((lot, taken))
        self.spent += amount
        self.be_active(purse, self.today(now), now)
        self.expire_dead(purse, now)
        rate = self.rate(now) if hold.shop else None
        money = None if rate is None else amount * rate[1] // rate[0]
        return self.told(purse, amount, [(t.label, part) for t, part in parts], money=money), Spent(parts, now, rate)

    def release(self, name: str, now: datetime, hold: Held) -> Told:
        """Give back what was held."""
        purse = self.purse(name, now)
        self.open_hold(purse, hold)
        self.give_up(purse, hold, "released")
        self.expire_dead(purse, now)
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
        repaid = self.repay(purse, amount)
        lots, expired = self.put_back(purse, units[repaid:], now)
        before, spent.reversed = spent.reversed, spent.reversed + amount
        self.spent -= amount
        money = None
        if spent.rate is not None:
            points, minor = spent.rate
            money = spent.reversed * minor // points - before * minor // points
        return self.told(purse, amount, lots, expired=expired, money=money)

    def put_back(self, purse: Purse, units: list[Lot], now: datetime) -> tuple[list[tuple[int, int]], int]:
        """Point by point into their lots; what is dead expires at once, or lives on for the days of grace."""
        lots, expired = [], 0
        grace = self.end_of(self.today(now) + timedelta(days=self.terms.grace_days))
        alive = {lot for lot in units if purse.death(lot) > now}
        for lot in dict.fromkeys(units):
            part = units.count(lot)
            if lot in alive:
                lot.amount += part
            elif self.terms.grace_days:
                if purse.inactive is not None and purse.inactive <= now:
                    purse.live_until(grace, now)
                own_of = lot.own_of if lot.own_of and lot.own_of.label < 0 else None
                lot = self.grant(purse, part, grace, now, purchased=lot.purchased, day=self.today(now))  # noqa: PLW2901
                lot.own_of = own_of
            else:
                self.broken += part
                expired += part
            lots.append((lot.label, part))
        return lots, expired

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
        self.issued -= wanted
        return self.told(purse, wanted, lots)

    def transfer(self, name: str, other: str, now: datetime, amount: int) -> Told:
        """Lot by lot, each with its expiry, within the limits of the local day and month."""
        purse, receiver = self.purse(name, now), self.purse(other, now)
        if purse.frozen:
            raise No(Code.MEMBER_FROZEN)
        if name == other:
            raise No(Code.TRANSFER_TO_SELF)
        day = self.today(now).isoformat()
        for period, limit in ((day, self.terms.day_max), (day[:7], self.terms.month_max)):
            if limit is not None and purse.sent.get(period, 0) + amount > limit:
                raise No(Code.TRANSFER_LIMIT_EXCEEDED)
        self.require(purse, amount)
        parts = self.draw(purse, amount)
        for period in (day, day[:7]):
            purse.sent[period] = purse.sent.get(period, 0) + amount
        before = receiver.posted
        for lot, part in parts:
            lot.amount -= part
            if before == 0 and receiver.inactive is not None and receiver.inactive <= now:
                receiver.live_until(self.idle_until(self.today(now)) or NEVER, now)
            self.grant(receiver, part, lot.dies, now, purchased=lot.purchased, day=self.today(now))
        self.expire_dead(receiver, now)
        return self.told(purse, amount, [(lot.label, part) for lot, part in parts])

    def adjust(self, name: str, now: datetime, amount: int) -> Told:
        """Up repays first; down stops at zero."""
        purse = self.purse(name, now)
        if amount < 0:
            if -amount > purse.posted - purse.held:
                raise No(Code.INSUFFICIENT_POINTS)
            parts = self.draw(purse, -amount)
            for lot, part in parts:
                lot.amount -= part
            self.issued += amount
            return self.told(purse, -amount, [(lot.label, part) for lot, part in parts])
        self.issued += amount
        rest = amount - self.repay(purse, amount)
        if not rest:
            return self.told(purse, amount, [])
        lot = self.grant(purse, rest, self.life(self.today(now)), now, day=self.today(now))
        expired = self.expire_dead(purse, now)
        return self.told(purse, amount, [(lot.label, rest)], expired=expired)
