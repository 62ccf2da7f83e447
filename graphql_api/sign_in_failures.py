"""Failed sign-ins in the audit log: counted for some seconds by reason and source, so that nobody fills the disk."""

import asyncio
from typing import Final, Protocol

import asyncpg
import structlog

from audit.act import Acts

EVENT_TYPE: Final = "sign_in_failed"
COUNT_SECONDS: Final = 5.0
SOURCES_MAX: Final = 100
"""Beyond so many sources in those seconds the others are counted as one."""
_OTHERS: Final = "others"
_LOG = structlog.get_logger("sign_in_failures")


class Blinder(Protocol):
    """Gives keyed digests."""

    def blind_hash(self, value: bytes) -> bytes:
        """Equal for equal values, meaningless to who lacks the key."""
        ...


class SignInFailures:
    """Notes failures and records them in the background; `source` stands in the record only as a keyed digest."""

    def __init__(self, acts: Acts, blinder: Blinder) -> None:
        self._acts = acts
        self._blinder = blinder
        self._counts: dict[tuple[str, str], int] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, reason: str, source: str | None) -> None:
        """Counts one failure. Never waits, never raises."""
        key = (reason, "" if source is None else self._blinder.blind_hash(source.encode()).hex())
        if key not in self._counts and len(self._counts) >= SOURCES_MAX:
            key = (reason, _OTHERS)
        self._counts[key] = self._counts.get(key, 0) + 1
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._record_later())

    async def close(self) -> None:
        """Records what was counted."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._record()

    async def _record_later(self) -> None:
        await asyncio.sleep(COUNT_SECONDS)
        self._task = None
        await self._record()

    async def _record(self) -> None:
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            async with self._acts.begin("anonymous") as doing:
                for (reason, source), count in counts.items():
                    facts: dict[str, str | int] = {"count": count, "reason": reason}
                    doing.refuse(EVENT_TYPE, "UNAUTHENTICATED", facts={**facts, "source": source} if source else facts)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Counted again, bounded by the number of sources and reasons: the database does not answer just now.
            _LOG.warning("failed sign-ins could not be recorded", error=type(error).__name__)
            for key, count in counts.items():
                self._counts[key] = self._counts.get(key, 0) + count
