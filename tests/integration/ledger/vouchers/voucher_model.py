"""What giving vouchers should come to: templates, stock, limits and points in a few plain containers."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.vouchers.template_body import Exchange, Limits, Price, Stock, TemplateBody, Validity

ZONE = "Europe/Berlin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A template as the model knows it."""

    days: int
    pieces: int | None = None
    total: int | None = None
    day: int | None = None
    price: int = 0
    is_giftable: bool = True
    is_claimable: bool = True

    def body(self) -> TemplateBody:
        """The same as the product's."""
        return TemplateBody(
            gives=Exchange(item="cake"),
            validity=Validity(expiry=f"{self.days} days"),
            stock=Stock.UNLIMITED if self.pieces is None else Stock.LIMITED,
            issue_limits=Limits(total=self.total, day=self.day),
            price=Price(asset="POINTS", points=self.price) if self.price else None,
            is_claimable=self.is_claimable,
            is_giftable=self.is_giftable,
        )


TEMPLATES = {
    "FREE": Terms(days=2, total=4, day=2),
    "DEAR": Terms(days=9, pieces=4, price=10, is_giftable=False),
    "FEW": Terms(days=4, pieces=3, day=1),
    "GIVEN": Terms(days=1, is_claimable=False),
}


@dataclass(slots=True, kw_only=True)
class Held:
    """A voucher of the model; `end` is what ended it before its time."""

    id: UUID
    template: str
    member: str
    dies_at: datetime
    end: str = ""

    def state(self, now: datetime) -> str:
        """What it is."""
        return self.end or ("EXPIRED" if self.dies_at <= now else "ISSUED")


@dataclass(slots=True, kw_only=True)
class Model:
    """What must be true, in a few plain containers."""

    stock: dict[str, int]
    points: dict[str, int]
    frozen: set[str] = field(default_factory=set)
    vouchers: list[Held] = field(default_factory=list)
    received: Counter[tuple[str, str]] = field(default_factory=Counter)
    received_on: Counter[tuple[str, str, date]] = field(default_factory=Counter)

    def why_not(self, member: str, template: str, now: datetime, *, claims: bool) -> str:
        """The code that giving a voucher is refused with; "" where it is given."""
        terms = TEMPLATES[template]
        if claims and member in self.frozen:
            return "MEMBER_FROZEN"
        if claims and not terms.is_claimable:
            return "NOT_CLAIMABLE"
        if terms.pieces is not None and self.stock[template] == 0:
            return "OUT_OF_STOCK"
        day = now.astimezone(ZoneInfo(ZONE)).date()
        if terms.total is not None and self.received[member, template] >= terms.total:
            return "LIMIT_REACHED"
        if terms.day is not None and self.received_on[member, template, day] >= terms.day:
            return "LIMIT_REACHED"
        return "INSUFFICIENT_POINTS" if claims and self.points[member] < terms.price else ""

    def give(self, voucher: UUID, member: str, template: str, now: datetime, *, claims: bool) -> None:
        """A voucher is given."""
        terms, day = TEMPLATES[template], now.astimezone(ZoneInfo(ZONE)).date()
        over = datetime.combine(day + timedelta(days=terms.days + 1), time.min, tzinfo=ZoneInfo(ZONE))
        self.vouchers.append(Held(id=voucher, template=template, member=member, dies_at=over.astimezone(UTC)))
        self.received[member, template] += 1
        self.received_on[member, template, day] += 1
        self.stock[template] -= 1 if terms.pieces is not None else 0
        self.points[member] -= terms.price if claims else 0
