"""Connections: the readers' pool and the writers' own connections, each in the application's role."""

import asyncio
from typing import Any

import asyncpg

from ledger.engine import array_types
from ledger.engine.connecting import ANSWER_SECONDS_MAX, HOST_SECONDS_MAX, connect
from ledger.engine.wire.catalogue import read_catalogue
from ledger.engine.wire.pipeline import Pipeline

APPLICATION_ROLE = "scrip_app"
_WRITER_SETTINGS = {
    # Every writer statement reaches its rows by key; a plan made while a table was empty must not scan it for ever.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    # A batch asks for tens of rows by key: a bitmap of their pages takes a tenth longer, and a sort after it.
    "enable_bitmapscan": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_STATEMENT_TIMEOUT_MS = "30000"
_CONNECT: Any = connect  # the pool types it as one that needs no URL


class Database:
    """One PostgreSQL database as the application sees it: `pool` for reads and units of work, `open_writer` for batches.

    answer_s: how long a statement of the pool may take; None where it reads whole tables and takes the time that it needs,
              and so may who reads on in one transaction. A server that is gone is noticed all the same (`connecting.py`)
    """

    def __init__(
        self,
        url: str,
        *,
        book_schema: str,
        pool_size: int,
        role: str = APPLICATION_ROLE,
        answer_s: float | None = ANSWER_SECONDS_MAX,
    ) -> None:
        self.url = url
        self.book_schema = book_schema
        self.role = role
        self._pool_size = pool_size
        self._answer_s = answer_s
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The readers' pool; `open` comes first."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    async def open(self) -> None:
        """Connects; raises what the driver raises where the server does not answer."""
        self._pool = await asyncpg.create_pool(
            self.url,
            min_size=1,
            max_size=self._pool_size,
            connect=_CONNECT,
            command_timeout=self._answer_s,
            init=array_types.teach,
            reset=_keep_as_is,
            server_settings=self._settings({}),
        )

    async def close(self) -> None:
        """Waits for running queries and disconnects."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def open_writer(self) -> Pipeline:
        """A connection for batches, planned for look-ups by key only."""
        connection = await connect(self.url, server_settings=self._settings(_WRITER_SETTINGS))
        try:
            async with asyncio.timeout(HOST_SECONDS_MAX):
                return Pipeline(connection, await read_catalogue(connection))
        except BaseException:
            connection.terminate()
            raise

    def _settings(self, more: dict[str, str]) -> dict[str, str]:
        limit = "0" if self._answer_s is None else _STATEMENT_TIMEOUT_MS
        return {
            "role": self.role,
            "application_name": "scrip",
            "timezone": "UTC",
            # What is read after a lock must see what the lock waited for, whatever the server's own default is.
            "default_transaction_isolation": "read committed",
            "statement_timeout": limit,
            "idle_in_transaction_session_timeout": limit,
            **more,
        }


async def _keep_as_is(connection: Any) -> None:  # noqa: ANN401 - the pool hands its proxy over untyped
    """Releases without RESET ALL: nothing here changes session state, and the reset costs a third through GraphQL."""
    del connection
