"""The keyring's own connection, so that a key is never waited for behind reads while a batch holds its locks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from audit.act import Lent
from ledger.engine import array_types
from ledger.engine.connecting import ANSWER_SECONDS_MAX, connect
from ledger.engine.database import APPLICATION_ROLE

_SETTINGS = {
    "role": APPLICATION_ROLE,
    "application_name": "scrip keys",
    "timezone": "UTC",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "30000",
}


class KeyConnection:
    """One connection, lent to one at a time and opened again after it was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        """The connection, for one transaction; whoever has it does not ask for it again."""
        async with self._lock:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(
                    self._url, command_timeout=ANSWER_SECONDS_MAX, server_settings=_SETTINGS
                )
                await array_types.teach(self._connection)
            yield self._connection

    async def close(self) -> None:
        """Disconnects."""
        async with self._lock:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None
