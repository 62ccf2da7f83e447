"""Starts and stops of processes, and steps of the clock, as events."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import asyncpg

from audit.act import Acts

STEP = timedelta(seconds=1)
"""A smaller difference is drift, or the time that asking took."""


@asynccontextmanager
async def recorded_life(acts: Acts, facts: Mapping[str, str | int]) -> AsyncIterator[None]:
    """Records a start, before anything else is done, and a stop. A start that follows no stop tells of a crash."""
    async with acts.begin() as doing:
        doing.record("process_started", facts=facts)
    try:
        yield
    finally:
        # The database may be what made the process stop.
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with acts.begin() as doing:
                doing.record("process_stopped", facts=facts)


class ClockWatch:
    """Compares the database's clock with one that never steps, and records every step between two looks."""

    def __init__(self, acts: Acts, monotonic_s: Callable[[], float]) -> None:
        self._acts = acts
        self._monotonic_s = monotonic_s
        self._ahead: timedelta | None = None

    async def look(self) -> timedelta:
        """How far the clock has stepped since the last look; zero at the first."""
        now: datetime = (await self._acts.read("SELECT clock_timestamp()"))[0][0]
        ahead = now - datetime.fromtimestamp(0, now.tzinfo) - timedelta(seconds=self._monotonic_s())
        before, self._ahead = self._ahead, ahead
        step = timedelta(0) if before is None else ahead - before
        if abs(step) < STEP:
            return timedelta(0)
        async with self._acts.begin() as doing:
            doing.record("clock_stepped", facts={"milliseconds": step // timedelta(milliseconds=1)})
        return step
