"""Clocks: the live one, and the one under which history is replayed (semantics 10)."""

from datetime import datetime


class LiveClock:
    """Every command is decided at the batch's instant."""

    def instant_of(self, command: object, now: datetime) -> datetime:
        """`now`, whatever the command."""
        del command
        return now


class ReplayClock:
    """Every command is decided at its own `replay_at`, for imports of history in time order."""

    def instant_of(self, command: object, now: datetime) -> datetime:
        """The command's own instant; `now` where it names none."""
        at = getattr(command, "replay_at", None)
        return at if isinstance(at, datetime) else now
