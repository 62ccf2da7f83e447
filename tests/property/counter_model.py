"""Vouchers at the counter in a few plain rules, told apart from the product: what each attempt must come to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

PRECEDENCE = (
    "VOUCHER_NOT_FOUND", "MEMBER_FROZEN", "VOUCHER_REDEEMED", "VOUCHER_LOCKED", "VOUCHER_EXPIRED", "LOCK_TOKEN_REQUIRED",
    "LOCK_EXPIRED", "NOT_STACKABLE", "LIMIT_REACHED", "MINIMUM_SPEND", "INSUFFICIENT_VALUE", "NOTHING_TO_REDEEM",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A template: what it gives by name, its units, and what it asks for."""

    name: str
    units: int = 1
    days: int = 3
    day_limit: int | None = None
    minimum: int = 0
    only: str | None = None
    order: int = 0
    category: str | None = None
    is_exclusive: bool = False


KINDS = (
    Kind("alone", is_exclusive=True),
    Kind("eighth", order=1, minimum=300),
    Kind("card", units=1000, order=2, days=6),
    Kind("pass", units=3, day_limit=2, category="food"),
    Kind("menu", day_limit=1, category="food", only="shop"),
)


@dataclass(slots=True)
class Lock:
    """A lock; over at `until`."""

    shop: str
    token: str
    until: datetime
    units: int


@dataclass(slots=True)
class Slip:
    """A voucher."""

    kind: Kind
    member: str
    until: datetime
    left: int
    lock: Lock | None = None
    is_expired: bool = False

    def dies(self) -> datetime:
        """A lock taken in time keeps it good until its deadline."""
        return self.until if self.lock is None else max(self.until, self.lock.until)

    def is_over(self, now: datetime) -> bool:
        """Whether its time has passed while something was left."""
        return self.is_expired or (self.left > 0 and self.dies() <= now)

    def lock_at(self, now: datetime) -> Lock | None:
        """The lock that stands."""
        return self.lock if self.lock is not None and self.left > 0 and now < self.lock.until else None

    def state(self, now: datetime) -> str:
        """As it is shown."""
        if self.is_over(now):
            return "EXPIRED"
        if self.left == 0:
            return "REDEEMED"
        if self.lock_at(now):
            return "LOCKED"
        return "ISSUED" if self.left == self.kind.units else "PART_USED"


@dataclass(slots=True)
class Sale:
    """What one voucher gave on one basket."""

    slip: Slip
    shop: str
    units: int
    minor: int
    day: date
    at: datetime
    back: int = 0


@dataclass(frozen=True, slots=True)
class Show:
    """A voucher laid on the counter, with a token or without."""

    slip: Slip
    token: str | None = None
    up_to: bool = False


@dataclass(slots=True)
class Counter:
    """Everything that was issued and sold."""

    zone: str
    slips: list[Slip] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)

    def day(self, now: datetime) -> date:
        """The local day."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def issue(self, kind: Kind, member: str, now: datetime) -> Slip:
        """Good through so many local days after this one."""
        last = self.day(now) + timedelta(days=kind.days + 1)
        until = datetime(last.year, last.month, last.day, tzinfo=ZoneInfo(self.zone))
        self.slips.append(Slip(kind, member, until.astimezone(now.tzinfo), kind.units))
        return self.slips[-1]

    def settle(self, now: datetime) -> None:
        """What is over by now stays over."""
        for slip in self.slips:
            if slip.is_over(now):
                slip.is_expired, slip.left, slip.lock = True, 0, None

    # -- one voucher -------------------------------------------------------------------------------------------------

    def holds(self, show: Show, shop: str, now: datetime) -> bool:
        """Whether the till has the token of its own lock."""
        lock = show.slip.lock_at(now)
        return lock is not None and (lock.shop, lock.token) == (shop, show.token)

    def why_not(
        self, show: Show, shop: str, now: datetime, beside: Sequence[Show] = (), here: Sequence[Show] = ()
    ) -> Iterator[str]:
        """The reasons that lie in the voucher, its member and those beside it."""
        slip, holds, lock = show.slip, self.holds(show, shop, now), show.slip.lock_at(now)
        if slip.member in self.frozen and not holds:
            yield "MEMBER_FROZEN"
        if slip.is_over(now):
            yield "VOUCHER_EXPIRED"
        elif slip.left == 0:
            yield "VOUCHER_REDEEMED"
        elif lock is not None and not holds:
            yield "LOCK_TOKEN_REQUIRED" if lock.shop == shop else "VOUCHER_LOCKED"
        elif lock is None and show.token is not None:
            yield "LOCK_EXPIRED"
        if slip.kind.day_limit is not None and self._uses(slip, now, beside, here) >= slip.kind.day_limit:
            yield "LIMIT_REACHED"
        if any(not _go(slip.kind, other.slip.kind) for other in beside):
            yield "NOT_STACKABLE"

    def _uses(self, slip: Slip, now: datetime, beside: Sequence[Show], here: Sequence[Show]) -> int:
        mine = [s for s in self.slips if (s.kind, s.member) == (slip.kind, slip.member)]
        sold = sum(
            sale.day == self.day(now) and sale.back < sale.units for sale in self.sales if sale.slip in _only(mine)
        )
        shown = _only([show.slip for show in here])
        reserved = sum(s.lock_at(now) is not None and s not in shown for s in _only(mine))
        return sold + reserved + sum(show.slip in _only(mine) for show in beside)

    # -- the counter -------------------------------------------------------------------------------------------------

    def lay(self, shows: Sequence[Show], shop: str, bill: int, now: datetime) -> tuple[list[tuple[Show, int, int]], dict[int, list[str]], int]:  # fmt: skip
        """(what applies with its units and discount, the reasons of the others by place, what remains due)."""
        taken: list[tuple[Show, int, int]] = []
        reasons: dict[int, list[str]] = {}
        for place in sorted(range(len(shows)), key=lambda n: (shows[n].slip.kind.order, n)):
            show = shows[place]
            why, units, minor = self._try(show, shop, bill, now, [each for each, _, _ in taken], shows)
            if why:
                reasons[place] = why
            else:
                taken.append((show, units, minor))
                bill -= minor
        return taken, reasons, bill

    def _try(
        self, show: Show, shop: str, bill: int, now: datetime, beside: Sequence[Show], here: Sequence[Show]
    ) -> tuple[list[str], int, int]:
        slip = show.slip
        if slip.kind.only not in {None, shop}:
            return ["VOUCHER_NOT_FOUND"], 0, 0
        why = list(self.why_not(show, shop, now, beside, here))
        lock = slip.lock_at(now) if self.holds(show, shop, now) else None
        left = 0 if slip.is_over(now) else slip.left
        hand = (lock.units if lock else left) or slip.kind.units
        units, minor, short = _gives(slip.kind, bill, hand, show.up_to)
        why += [short] if short else []
        return sorted(why, key=PRECEDENCE.index), units, minor

    def redeem(self, shows: Sequence[Show], shop: str, bill: int, now: datetime) -> tuple[str, list[tuple[Show, int, int]], dict[int, list[str]], int]:  # fmt: skip
        """(the refusal's code or "", what applied, what was left out, what remains due)."""
        taken, reasons, due = self.lay(shows, shop, bill, now)
        for place in sorted(reasons):
            if "VOUCHER_NOT_FOUND" in reasons[place]:
                return "VOUCHER_NOT_FOUND", [], {}, bill
        for place in sorted(reasons):
            alone = self._try(shows[place], shop, bill, now, [], shows)[0]
            if alone:
                return alone[0], [], {}, bill
        for show, units, minor in taken:
            show.slip.left -= units
            show.slip.lock = None
            self.sales.append(Sale(show.slip, shop, units, minor, self.day(now), now))
        return "", taken, reasons, due

    def reverse(self, sale: Sale, shop: str, units: int | None, now: datetime) -> tuple[str, int, int]:
        """(the code or "", the units that came back, how many of them came back dead)."""
        left = sale.units - sale.back
        if sale.shop != shop:
            return "REDEMPTION_NOT_FOUND", 0, 0
        if units is not None and sale.slip.kind.name != "card":
            return "INVALID_INPUT", 0, 0
        if left == 0:
            return "ALREADY_REVERSED", 0, 0
        if units is not None and units > left:
            return "REVERSAL_EXCEEDS_ORIGINAL", 0, 0
        units = left if units is None else units
        sale.back += units
        if sale.slip.is_expired or sale.slip.dies() <= now:
            sale.slip.is_expired = True
            return "", units, units
        sale.slip.left += units
        return "", units, 0


def _only(slips: Sequence[Slip]) -> "_Identities":
    return _Identities(slips)


class _Identities(list[Slip]):
    """Vouchers told apart by what they are, not by what they look like."""

    def __contains__(self, slip: object) -> bool:
        return any(each is slip for each in self)


def _go(one: Kind, other: Kind) -> bool:
    if one.is_exclusive or other.is_exclusive:
        return False
    return one.category is None or one.category != other.category


def _gives(kind: Kind, bill: int, hand: int, up_to: bool) -> tuple[int, int, str]:
    """(units, discount, what is missing)."""
    if bill < kind.minimum:
        return 0, 0, "MINIMUM_SPEND"
    match kind.name:
        case "eighth":
            minor = min(bill * 1250 // 10_000, 250)
        case "card":
            minor = min(bill, hand) if up_to else bill
            if minor > hand:
                return 0, 0, "INSUFFICIENT_VALUE"
            return (minor, minor, "") if minor else (0, 0, "NOTHING_TO_REDEEM")
        case _:
            minor = min(500, bill)
    return (1, minor, "") if minor else (0, 0, "NOTHING_TO_REDEEM")
