"""What the model of points is made of: a member's purse with its lots, earns and holds as plain lists."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.property.model_terms import Terms

DAWN = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(eq=False)
class Lot:
    """`label` counts the lots of the whole model, in the order of granting; `own_of` is the earn it stems from; `gone`:
    it died with its account, which has been active since.
    """

    label: int
    amount: int
    dies: datetime
    granted_at: datetime
    purchased: bool = False
    held: int = 0
    own_of: "Earn | None" = None
    gone: bool = False

    def expire(self) -> int:
        """What is not held goes to breakage; how much."""
        gone = self.amount - self.held
        self.amount = self.held
        return gone


@dataclass(eq=False)
class Earn:
    """An earn that may be refunded; `pending` is what still waits, with the `terms` of its day and perhaps an end of its
    own; `cancelled`: it was never credited.
    """

    points: int
    sale: int
    refunded: int = 0
    pending: int = 0
    label: int = -1
    activates: datetime | None = None
    terms: Terms = field(default_factory=Terms)
    dies: datetime | None = None
    purchased: bool = False
    cancelled: bool = False


@dataclass(eq=False)
class Held:
    """A hold, and what it drew."""

    parts: list[tuple[Lot, int]]
    deadline: datetime
    shop: bool
    state: str = "open"
    number: int = 0

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(part for _, part in self.parts)

    def give_up(self, state: str) -> None:
        """What was held returns to its lots."""
        for lot, part in self.parts:
            lot.held -= part
        self.state = state


@dataclass(eq=False)
class Spent:
    """A spend or capture, and what it drew."""

    parts: list[tuple[Lot, int]]
    at: datetime
    rate: tuple[int, int] | None
    reversed: int = 0

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(part for _, part in self.parts)


@dataclass(eq=False)
class Purse:
    """A member's points."""

    lots: list[Lot] = field(default_factory=list)
    waiting: list[Earn] = field(default_factory=list)
    holds: list[Held] = field(default_factory=list)
    owed: int = 0
    inactive: datetime | None = None
    frozen: bool = False
    sent: dict[str, int] = field(default_factory=dict)
    settled: datetime = DAWN

    @property
    def posted(self) -> int:
        """What is in the wallet."""
        return sum(lot.amount for lot in self.lots)

    @property
    def held(self) -> int:
        """What open holds keep."""
        return sum(hold.amount for hold in self.holds if hold.state == "open")

    @property
    def pending(self) -> int:
        """What waits."""
        return sum(earn.pending for earn in self.waiting)

    def death(self, lot: Lot) -> datetime:
        """When the lot dies: by its own date, or by its account's; never again alive where it died with that."""
        if lot.gone:
            return DAWN
        return lot.dies if self.inactive is None else min(lot.dies, self.inactive)

    def live_until(self, until: datetime, now: datetime) -> None:
        """Another date for the account; it revives nothing that has died with it."""
        if self.inactive is not None and self.inactive <= now:
            for lot in self.lots:
                lot.gone = True
        self.inactive = until

    def free_lots(self) -> list[Lot]:
        """What can be drawn, in spend order."""
        free = [lot for lot in self.lots if lot.amount > lot.held]
        return sorted(free, key=lambda lot: (lot.dies, lot.purchased, lot.granted_at, lot.label))

    def draw(self, amount: int) -> list[tuple[Lot, int]]:
        """Over the lots in spend order."""
        parts = []
        for lot in self.free_lots():
            part = min(amount, lot.amount - lot.held)
            if part:
                parts.append((lot, part))
            amount -= part
        assert amount == 0
        return parts

    def expire_dead(self, now: datetime) -> int:
        """Expires at once what came back or arrived dead; how much."""
        return sum(lot.expire() for lot in self.lots if lot.amount > lot.held and self.death(lot) <= now)

    def repay(self, amount: int) -> int:
        """What is owed comes first; how much that takes."""
        repaid = min(self.owed, amount)
        self.owed -= repaid
        return repaid
