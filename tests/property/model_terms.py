"""The terms of points as the model knows them, and the days and instants they come to (semantics 2)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of the one asset. Exactly one of months, days, inactive_months is set, or none: never."""

    zone: str = "UTC"
    days: int = 0
    months: int = 0
    to_month_end: bool = False
    inactive_months: int = 0
    shortfall: str = "WITHIN_BALANCE"
    grace_days: int = 0
    day_max: int | None = None
    month_max: int | None = None

    @property
    def expiry(self) -> str:
        """The policy as the product writes it."""
        if self.days:
            return f"{self.days} days"
        if self.months:
            return f"{self.months} months" + (" to month" if self.to_month_end else "")
        return f"inactive {self.inactive_months} months" if self.inactive_months else "never"

    def today(self, at: datetime) -> date:
        """The local date."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def start_of(self, day: date) -> datetime:
        """Local midnight; the zones used here never skip it."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def end_of(self, day: date) -> datetime:
        """Dead at the first instant of the next day."""
        return self.start_of(day + timedelta(days=1))

    def life(self, start: date) -> datetime:
        """When a lot that begins on `start` dies."""
        if self.days:
            return self.end_of(start + timedelta(days=self.days))
        if self.months:
            day = add_months(start, self.months)
            while self.to_month_end and (day + timedelta(days=1)).month == day.month:
                day += timedelta(days=1)
            return self.end_of(day)
        return NEVER

    def idle_until(self, day: date) -> datetime | None:
        """When an account dies that is active on `day` and never again."""
        return self.end_of(add_months(day, self.inactive_months)) if self.inactive_months else None


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
