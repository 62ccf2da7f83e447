"""Clocks: the live one, and the one under which history is replayed (semantics 10)."""

from collections.abc import Iterable
from datetime import datetime


class LiveClock:
    """Every command is decided at the batch's instant."""

    def instant_of(self, command: object, now: datetime) -> datetime:
        """`now`, whatever the command."""
        del command
        return now

    def latest_of(self, commands: Iterable[object], now: datetime) -> datetime:
        """The same."""
        del commands
        return now


class ReplayClock:
    """Every command is decided at its own `replay_at`, for imports of history in time order."""

    def instant_of(self, command: object, now: datetime) -> datetime:
        """The command's own instant; `now` where it names none."""
        at = getattr(command, "replay_at", None)
        return at if isinstance(at, datetime) else now

    def latest_of(self, commands: Iterable[object], now: datetime) -> datetime:
        """The latest of the commands' own instants; `now` where there are no commands."""
        return max((self.instant_of(command, now) for command in commands), default=now)
