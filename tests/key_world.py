"""A key store on a fresh database, with root keys in a file, and events that say something private."""

import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from audit.act import Act, Acts, Connect, Lent
from audit.erasure import Eraser
from audit.expiry import Expiry
from audit.key_provider import FileKeyProvider
from audit.keyring import Keyring
from audit.log import AuditLog
from audit.parts import Parts
from audit.record import SealedPart
from audit.retention import DEFAULT_SPANS, RetentionPolicy
from audit.turnover import Turnover

LOG_ORIGIN = "bank.example/scrip"
_numbers = itertools.count(1)


def id_of(moment: datetime) -> UUID:
    """A new event id of that moment."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | 7 << 76 | 0b10 << 62 | next(_numbers))


def new_id() -> UUID:
    """A new event id of now."""
    return id_of(datetime.now(UTC))


class Connections:
    """Connections to one database by role, lent again and again until they are closed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._idle: dict[str, list[asyncpg.Connection[asyncpg.Record]]] = {}

    def lending(self, role: str) -> Connect:
        """Lends connections in that role; "none" is the superuser."""
        idle = self._idle.setdefault(role, [])

        @asynccontextmanager
        async def connect() -> AsyncIterator[Lent]:
            settings = {"role": role, "timezone": "UTC"}
            connection = idle.pop() if idle else await asyncpg.connect(self.url, server_settings=settings)
            try:
                yield connection
            finally:
                idle.append(connection)

        return connect

    async def close(self) -> None:
        """Closes what is not lent any more."""
        for idle in self._idle.values():
            for connection in idle:
                await connection.close()


@dataclass(slots=True, kw_only=True)
class KeyWorld:
    """One process's view of the keys; `another` is a second process's."""

    connections: Connections
    key_file: Path
    policy: RetentionPolicy = field(default_factory=lambda: RetentionPolicy(spans=DEFAULT_SPANS))
    monotonic_s: Callable[[], float] = time.monotonic
    keyring: Keyring = field(init=False)
    parts: Parts = field(init=False)
    acts: Acts = field(init=False)
    key_acts: Acts = field(init=False)
    log: AuditLog = field(init=False)

    def __post_init__(self) -> None:
        bare = AuditLog(origin="test")
        self.acts = Acts(self.connections.lending("scrip_app"), bare, new_id)
        self.key_acts = Acts(self.connections.lending("scrip_key_admin"), bare, new_id)
        self.keyring = Keyring(self.acts, self.provider, self.monotonic_s)
        self.parts = Parts(self.keyring, LOG_ORIGIN)
        self.log = AuditLog(origin="test", parts=self.parts)

    @property
    def provider(self) -> FileKeyProvider:
        """The file of root keys."""
        return FileKeyProvider(self.key_file, secrets.token_bytes)

    @property
    def eraser(self) -> Eraser:
        """Erases under the world's policy."""
        return Eraser(acts=self.key_acts, policy=self.policy)

    @property
    def expiry(self) -> Expiry:
        """Expires under the world's policy."""
        return Expiry(acts=self.key_acts, policy=self.policy)

    @property
    def turnover(self) -> Turnover:
        """Turns the root over."""
        return Turnover(acts=self.key_acts, provider=self.provider)

    async def another(self) -> "KeyWorld":
        """The same keys as another process has them."""
        other = KeyWorld(connections=self.connections, key_file=self.key_file, policy=self.policy)
        await other.keyring.open()
        return other

    async def record(
        self, text: str, *, about: UUID | None, type_: str = "freeze", at: datetime | None = None
    ) -> SealedPart:
        """Appends an event that says something private; its part as it is stored."""
        identity = id_of(at or datetime.now(UTC))
        event = Act(
            id=identity, at=datetime.now(UTC), type=type_, actor="staff:ada", client="staff:ada", subject_id=about, private=text
        )  # fmt: skip
        async with self.connections.lending("scrip_app")() as connection, connection.transaction():
            await self.log.append(_Tx(connection), [event])
        return SealedPart(*(await self.fetch("SELECT * FROM audit.parts WHERE event_id = $1", identity))[0])

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows, read as the superuser."""
        async with self.connections.lending("none")() as connection:
            return await connection.fetch(sql, *arguments)

    async def told(self, type_: str) -> int:
        """How many events of a type were recorded."""
        found = "SELECT count(*) FROM audit.events WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = $1"
        return int((await self.fetch(found, type_))[0][0])


@dataclass(frozen=True, slots=True)
class _Tx:
    connection: Lent

    async def run(self, sql: str, *arguments: object) -> object:
        return await self.connection.fetch(sql, *arguments)


@pytest.fixture
async def keys(database_url: str, tmp_path: Path) -> AsyncIterator[KeyWorld]:
    """A key store whose first root was just adopted."""
    key_file = tmp_path / "root.key"
    key_file.touch(mode=0o600)
    key_file.write_text(secrets.token_bytes(32).hex() + "\n")
    connections = Connections(database_url)
    world = KeyWorld(connections=connections, key_file=key_file)
    await world.keyring.open()
    yield world
    await connections.close()


def somebody() -> UUID:
    """A person's random id."""
    return uuid4()
