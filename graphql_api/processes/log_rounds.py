"""The worker's part in the audit log: sequencing it, and publishing it as files where a folder is set."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import asyncpg
import structlog

from audit.rollback import KnownCheckpoint, LogRolledBack, read_size, refuse_departure, refuse_rollback
from audit.sequencer import BATCH_MAX, Sequencer, open_connection
from audit.signing import SigningKey
from audit.static_files import StaticFiles
from graphql_api.processes.known_checkpoint import published_checkpoint, read_known_checkpoint
from graphql_api.processes.worker_metrics import LogMetrics
from ledger.engine.connecting import connect

LOG = structlog.get_logger("worker")
ROUND_SECONDS_MAX = 70.0
"""More than the server's own limit of a statement; a round that takes longer has lost its server."""


@dataclass(slots=True, kw_only=True)
class LogRounds:
    """Sequences with one connection, which is dropped and opened again after any failure.

    What this worker has signed it never forgets: a log that was set back or rewritten meanwhile is not continued.

    known_at: the file or URL with the newest checkpoint that is kept elsewhere; None where there is none
    files:    where the log is published; None where it is not
    round_s:  how long a round may take before its connection is dropped
    """

    url: str
    key: SigningKey
    known_at: str | None
    files: StaticFiles | None
    metrics: LogMetrics
    round_s: float = ROUND_SECONDS_MAX
    _connection: "asyncpg.Connection[asyncpg.Record] | None" = field(default=None, init=False)
    _sequencer: Sequencer | None = field(default=None, init=False)
    _is_active: bool = field(default=False, init=False)
    _reached: tuple[int, bytes] | None = field(default=None, init=False)

    async def open(self) -> None:
        """Connect, and make sure that the database's log continues every checkpoint that is known of it.

        Raises LogRolledBack where it does not, or where a checkpoint that should be known cannot be had.
        """
        connection = await open_connection(self.url, connect)
        try:
            for known in await self._known(connection):
                await refuse_rollback(connection, self.key.verifiers, known)
            if self._reached is not None:
                size, root = self._reached
                await refuse_departure(connection, size, root, where="this worker")
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        self._sequencer = Sequencer(connection, self.key)
        self._is_active = False

    def close(self) -> None:
        """Drop the connection; another worker takes over. What the round at hand had not committed did not happen."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = self._sequencer = None
        self._is_active = False

    async def sequence(self) -> int:
        """One round, where this worker is the active one; how many events it took, where more are likely to wait."""
        try:
            if self._sequencer is None:
                await self.open()
            # Dropped, not cancelled: the server commits a cancelled wait for its standby, and nobody would know.
            watchdog = asyncio.get_running_loop().call_later(self.round_s, self.close)
            try:
                return await self._sequence()
            finally:
                watchdog.cancel()
        except BaseException:
            self.close()
            raise

    async def _sequence(self) -> int:
        assert self._sequencer is not None
        if not self._is_active:
            self._is_active = await self._sequencer.stand_in()
            if not self._is_active:
                return 0
            LOG.info("sequencing the audit log", origin=self.key.name)
        done = await self._sequencer.sequence()
        self._reached = self._sequencer.reached
        self.metrics.sequenced(done)
        count = len(done.delays_ms)
        # Rounds that are not full wait for the pause: many small ones would cost the writers more than they gain.
        return count if count == BATCH_MAX else 0

    async def publish(self) -> int:
        """Write files of the newest checkpoint, where this worker is the active one; 1 while more are to be written."""
        if self.files is None or not self._is_active:
            return 0
        connection = await open_connection(self.url, partial(connect, command_timeout=self.round_s))
        try:
            return 0 if await self.files.publish(connection) else 1
        finally:
            await connection.close()

    async def _known(self, connection: "asyncpg.Connection[asyncpg.Record]") -> Sequence[KnownCheckpoint]:
        published = None if self.files is None else published_checkpoint(self.files)
        kept = None if self.known_at is None else await self._kept_elsewhere(connection, self.known_at)
        return [each for each in (published, kept) if each is not None]

    async def _kept_elsewhere(
        self, connection: "asyncpg.Connection[asyncpg.Record]", where: str
    ) -> KnownCheckpoint | None:
        """The configured checkpoint; only a log that has no entry yet may do without."""
        try:
            kept = await read_known_checkpoint(where)
        except OSError as error:
            raise LogRolledBack(f"the checkpoint in {where} cannot be read: {error}") from None
        if kept is None and await read_size(connection):
            raise LogRolledBack(
                f"there is no checkpoint in {where}; without it nobody can tell whether the log is whole"
            )
        return kept
