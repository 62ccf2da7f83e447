"""One connection per process on which processes tell each other what changed, by LISTEN and NOTIFY.

Notices go out after a commit and coalesced, never inside the writing transaction: a transaction with a pending NOTIFY
takes an instance-wide lock at its commit. Notices of this process and of others arrive alike. While the connection is
lost, notices may be lost with it: every channel is told so, when it happens and when it is over.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import asyncpg
import structlog

from ledger.engine.connecting import ANSWER_SECONDS_MAX, connect
from ledger.engine.writer import LOST

COALESCE_SECONDS: Final = 0.05
_WAIT_SECONDS_MAX: Final = 5.0
_LOG = structlog.get_logger("notices")


class Channel(Protocol):
    """One kind of notices: what is heard, and what waits to be sent."""

    @property
    def name(self) -> str:
        """The channel's name in PostgreSQL."""
        ...

    def hear(self, payload: str) -> None:
        """A notice arrived, of this process or another."""
        ...

    def miss(self) -> None:
        """Anything may have been missed: the connection was lost, or is there again."""
        ...

    def take(self) -> Sequence[str]:
        """The payloads to send now, each below 8,000 bytes."""
        ...

    def give_back(self, payloads: Sequence[str]) -> None:
        """These could not be sent; they go out when the connection is there again."""
        ...


class Notices:
    """Keeps the connection from the first need of it until `close`; channels are added before that."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._channels: list[Channel] = []
        self._needed = asyncio.Event()
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def add(self, channel: Channel) -> None:
        """Listens to the channel too."""
        self._channels.append(channel)

    @property
    def is_listening(self) -> bool:
        """Whether a notice that is sent now will be heard."""
        return self._listening.is_set()

    def wake(self) -> None:
        """Connects where that is not done yet, and sends what waits within a moment. Never waits, never raises."""
        self._needed.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_connected())

    async def listen(self) -> None:
        """Returns once notices are heard."""
        self.wake()
        await self._listening.wait()

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
                connection = await connect(
                    self._url,
                    command_timeout=ANSWER_SECONDS_MAX,
                    server_settings={"application_name": "scrip notices"},
                )
            except (asyncpg.PostgresError, *LOST) as error:
                failures += 1
                _LOG.warning("no connection for notices", error=type(error).__name__, failures=failures)
                await asyncio.sleep(min(_WAIT_SECONDS_MAX, 0.05 * 2 ** min(failures, 10)))
                continue
            failures = 0
            try:
                await self._converse(connection)
            except (asyncpg.PostgresError, *LOST) as error:
                _LOG.warning("the connection for notices was lost", error=type(error).__name__)
            finally:
                self._stop_listening()
                connection.terminate()

    async def _converse(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Listens, and sends what waits, until the connection is lost."""
        connection.add_termination_listener(lambda _connection: self._needed.set())
        connection.add_termination_listener(lambda _connection: self._stop_listening())
        for channel in self._channels:
            await connection.add_listener(channel.name, partial(_hear, channel))
        self._miss_all()
        self._listening.set()
        while not connection.is_closed():
            await self._needed.wait()
            self._needed.clear()
            for channel in self._channels:
                await _send(connection, channel)
            await asyncio.sleep(COALESCE_SECONDS)

    def _stop_listening(self) -> None:
        if self._listening.is_set():
            self._listening.clear()
            self._miss_all()

    def _miss_all(self) -> None:
        for channel in self._channels:
            channel.miss()


def _hear(channel: Channel, _connection: object, _process: int, _channel: str, payload: object) -> None:
    channel.hear(str(payload))


async def _send(connection: "asyncpg.Connection[asyncpg.Record]", channel: Channel) -> None:
    payloads = channel.take()
    for at, payload in enumerate(payloads):
        try:
            await connection.execute("SELECT pg_notify($1, $2)", channel.name, payload)
        except BaseException:
            channel.give_back(payloads[at:])
            raise
