"""Who waits for changes of which accounts, and how notices reach them across processes.

After a commit the changed accounts are gathered for a moment and sent by one NOTIFY on one connection, never inside the
writing transaction: a transaction with a pending NOTIFY takes an instance-wide lock at its commit. The same connection
listens, so notices of this process and of others arrive alike. A notice says only that something changed; when the
connection was lost, everybody is told, since notices may have been lost with it.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

import asyncpg
import structlog

CHANNEL: Final = "scrip_wallets"
PAYLOAD_ACCOUNTS_MAX: Final = 330
"""A payload holds less than 8,000 bytes; an account takes 24 of them."""
COALESCE_SECONDS: Final = 0.05
PENDING_MAX: Final = 100_000
_WAIT_SECONDS_MAX: Final = 5.0
_LOG = structlog.get_logger("wallet_changes")


class Subscriber:
    """One who waits for changes of some accounts; changes that come while it is busy are one change."""

    def __init__(self, accounts: Collection[UUID]) -> None:
        self.accounts = accounts
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Says that something changed."""
        self._changed.set()

    async def wait(self) -> None:
        """Returns at the next change, or at once where one came since the last call."""
        await self._changed.wait()
        self._changed.clear()


class WalletChanges:
    """Publishes changed accounts and wakes their subscribers; connects when first needed."""

    def __init__(self, url: str, *, book_schema: str) -> None:
        self._url = url
        self._channel = f"{CHANNEL}_{book_schema}"
        self._pending: dict[UUID, None] = {}
        self._subscribers: dict[UUID, set[Subscriber]] = {}
        self._needed = asyncio.Event()
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # -- publishing --------------------------------------------------------------------------------------------------

    def publish(self, accounts: Iterable[UUID]) -> None:
        """Notes changed accounts of a committed batch; they are sent within a moment. Never waits, never raises."""
        before = len(self._pending)
        self._pending.update(dict.fromkeys(accounts))
        if len(self._pending) == before:
            return
        while len(self._pending) > PENDING_MAX:
            # The database does not answer: whoever listens will be told everything once it does.
            del self._pending[next(iter(self._pending))]
        self._start()

    # -- subscribing -------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def subscribe(self, accounts: Collection[UUID]) -> AsyncIterator[Subscriber]:
        """A subscriber to the accounts, whose notices are heard from the beginning of the block on."""
        subscriber = Subscriber(accounts)
        for account in accounts:
            self._subscribers.setdefault(account, set()).add(subscriber)
        self._start()
        try:
            await self._listening.wait()
            yield subscriber
        finally:
            for account in accounts:
                self._subscribers[account].discard(subscriber)
                if not self._subscribers[account]:
                    del self._subscribers[account]

    # -- the connection ----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._needed.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_connected())

    async def close(self) -> None:
        """Disconnects; what was not sent yet is not sent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(self._url, server_settings={"application_name": "scrip notices"})
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                failures += 1
                _LOG.warning("no connection for notices", error=type(error).__name__, failures=failures)
                await asyncio.sleep(min(_WAIT_SECONDS_MAX, 0.05 * 2 ** min(failures, 10)))
                continue
            failures = 0
            try:
                await self._converse(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _LOG.warning("the connection for notices was lost", error=type(error).__name__)
            finally:
                self._listening.clear()
                connection.terminate()

    async def _converse(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Listens, and sends what is pending, until the connection is lost."""
        connection.add_termination_listener(lambda _connection: self._needed.set())
        await connection.add_listener(self._channel, self._hear)
        self._wake_all()
        self._listening.set()
        while not connection.is_closed():
            await self._needed.wait()
            self._needed.clear()
            await self._send(connection)
            await asyncio.sleep(COALESCE_SECONDS)

    async def _send(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Sends all that is pending now, in payloads of bounded size; what could not be sent stays pending."""
        accounts = list(self._pending)
        self._pending.clear()
        for at in range(0, len(accounts), PAYLOAD_ACCOUNTS_MAX):
            part = accounts[at : at + PAYLOAD_ACCOUNTS_MAX]
            try:
                await connection.execute("SELECT pg_notify($1, $2)", self._channel, encode_accounts(part))
            except BaseException:
                self._pending.update(dict.fromkeys(accounts[at:]))
                raise

    def _hear(self, _connection: object, _process: int, _channel: str, payload: object) -> None:
        for account in decode_accounts(str(payload)):
            for subscriber in self._subscribers.get(account, ()):
                subscriber.wake()

    def _wake_all(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.wake()


def encode_accounts(accounts: Iterable[UUID]) -> str:
    """The accounts as a notice's payload."""
    return base64.b64encode(b"".join(account.bytes for account in accounts)).decode("ascii")


def decode_accounts(payload: str) -> list[UUID]:
    """The accounts of a notice's payload; none where it is not one of ours."""
    try:
        raw = base64.b64decode(payload, validate=True)
    except ValueError:
        return []
    return [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw) - 15, 16)]
