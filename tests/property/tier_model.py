"""What a rolling ladder without grace comes to, worked out apart from the product: every local midnight is looked at."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = 5
LEVELS = (("base", 0, 100), ("silver", 100, 150), ("gold", 250, 225))
LATE = timedelta(hours=72)


def reached(amount: int) -> int:
    """The place of the level."""
    return max(place for place, (_, least, _) in enumerate(LEVELS) if least <= amount)


@dataclass
class TierModel:
    """One member. brought: when it was posted, the day on which it counts, how much; held: each level with the instant
    from which on it was held.
    """

    zone: ZoneInfo
    now: datetime
    brought: list[tuple[datetime, date, int]] = field(default_factory=list)
    held: list[tuple[datetime, int]] = field(default_factory=list)

    def counted(self, today: date) -> int:
        """What the last days brought."""
        return sum(amount for _, day, amount in self.brought if today - timedelta(days=DAYS) < day <= today)

    def qualifying_at(self, instant: datetime) -> int:
        """What `counted` said at that instant, of what was posted by then."""
        today = instant.astimezone(self.zone).date()
        known = [(day, amount) for posted, day, amount in self.brought if posted <= instant]
        return sum(amount for day, amount in known if today - timedelta(days=DAYS) < day <= today)

    @property
    def place(self) -> int:
        """The level now."""
        return self.held[-1][1] if self.held else 0

    def advance(self, now: datetime) -> None:
        """Looks at every local midnight up to now."""
        day = self.now.astimezone(self.zone).date()
        while day < now.astimezone(self.zone).date():
            day += timedelta(days=1)
            midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
            place = reached(self.counted(day))
            if place < self.place:
                self.held.append((midnight, place))
        self.now = now

    def percent_at(self, instant: datetime) -> int:
        """What the level of then multiplied by."""
        before = [place for since, place in self.held if since <= instant]
        return LEVELS[before[-1] if before else 0][2]

    def buy(self, amount: int, at: datetime) -> int:
        """The points of a purchase: a point for every ten, at the level of its time; then it counts."""
        points = amount * self.percent_at(at) // 1000
        if self.now - at <= LATE:
            self.brought.append((self.now, at.astimezone(self.zone).date(), amount))
            place = reached(self.counted(self.now.astimezone(self.zone).date()))
            if place > self.place:
                self.held.append((self.now, place))
        return points

    def refund(self, amount: int, at: datetime) -> None:
        """A part of what was bought then no longer counts."""
        self.brought.append((self.now, at.astimezone(self.zone).date(), -amount))
