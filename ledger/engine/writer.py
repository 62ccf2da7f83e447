"""A writer: one connection, and running a batch on it to its end, whatever the database does meanwhile."""

import asyncio
from collections.abc import Sequence
from random import Random

import asyncpg

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.batch import Batch, BatchRunner
from ledger.engine.connecting import HOST_SECONDS_MAX
from ledger.engine.database import Database
from ledger.engine.ports import Observer
from ledger.engine.queue import Limits
from ledger.engine.unit import Unit
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Pipeline
from ledger.engine.wire.row_packer import UnknownTypeError

TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.LockNotAvailableError,
)
"""The batch was undone and may run again. A unique violation is no culprit: the row it met is visible now."""

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    OSError,
    asyncio.IncompleteReadError,
)
"""The connection is gone, perhaps after the commit, or broke in the middle of a message (InternalClientError), or the
server has no room (class 53, a full disk among it), takes no writes (a standby), no longer lets us in, or was too slow
(a statement's time, spent on waiting for a lock): running the batch again finds what was decided by its keys.
"""

OUTDATED = (
    asyncpg.CannotCoerceError,
    asyncpg.DatatypeMismatchError,
    asyncpg.InvalidCachedStatementError,
    UnknownTypeError,
)
"""The connection knows the tables as they were before a migration; a new one knows them as they are."""

_TRANSIENT_WAIT_S = 0.01
_LOST_WAIT_S = 0.05


class Writer:
    """Holds a connection, opened when first needed and again after a loss."""

    def __init__(self, database: Database, runner: BatchRunner, observer: Observer, limits: Limits) -> None:
        self._database = database
        self._runner = runner
        self._observer = observer
        self._limits = limits
        self._pipeline: Pipeline | None = None
        self._tx: Tx | None = None
        self._has_written = False
        self._jitter = Random()  # noqa: S311 - spreads retries, keeps no secret

    async def run(self, units: Sequence[Unit]) -> Batch:
        """Decides and commits the units. CONTENDED or UNAVAILABLE where it cannot be done in so many tries."""
        loop = asyncio.get_running_loop()
        for attempt in range(self._limits.tries_max):
            batch = Batch(units=units)
            is_new = self._pipeline is None
            try:
                tx = await self._open()
                # A network that swallows the answer closes nothing: this does, and the batch is asked again by its keys.
                watchdog = loop.call_later(self._limits.answer_s, self.close)
                try:
                    await self._runner.run(batch, tx)
                finally:
                    watchdog.cancel()
            except TRANSIENT as error:
                self._observer.retried(error)
                await asyncio.sleep(self._jitter.random() * _TRANSIENT_WAIT_S * 2**attempt)
            except OUTDATED as error:
                self._observer.retried(error)
                self.close()
                if is_new:
                    raise
            except LOST as error:
                self._observer.retried(error)
                self.close()
                if all(unit.submission.deadline_s <= loop.time() for unit in units):
                    break
                await asyncio.sleep(self._jitter.random() * _LOST_WAIT_S * 2**attempt)
            else:
                return batch
        if self._pipeline is None:
            raise Refusal(RefusalCode.UNAVAILABLE, retry_after_seconds=1)
        raise Refusal(RefusalCode.CONTENDED)

    async def _open(self) -> Tx:
        if self._pipeline is None or self._pipeline.is_closed or self._tx is None:
            if self._has_written:
                self._runner.forget()
            pipeline = await self._database.open_writer()
            tx = Tx(pipeline)
            try:
                async with asyncio.timeout(HOST_SECONDS_MAX):
                    await self._runner.go_on(tx)
            except BaseException:
                pipeline.close()
                raise
            self._pipeline, self._tx, self._has_written = pipeline, tx, True
        return self._tx

    def close(self) -> None:
        """Disconnects at once; what was open is undone by the server."""
        pipeline, self._pipeline, self._tx = self._pipeline, None, None
        if pipeline is not None:
            pipeline.close()
