"""Databases for tests: a template migrated once for everybody, and a fresh clone of it for each test.

The server is `SCRIP_DATABASE_URL`, or an embedded one that all workers of a run share. That one lives in memory where
there is room: a database is 550 files, and ext4 takes longer to find as many free inodes the more were just freed.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from graphql_api.processes.embedded import DURABLE, joined_server
from migrations.apply import migrate_database

ROOT = Path(__file__).parent.parent
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 2 << 30
"""Bytes that must be free in memory before a server lives there."""

FAST: Mapping[str, str] = {
    **DURABLE,
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    # The server of the tests lives in memory, and so does its WAL.
    "max_wal_size": "512MB",
    # Every clone of the template database is copied through WAL; minimal WAL needs no senders.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
"""Server settings of ordinary tests: survives no power cut, and need not."""

T = TypeVar("T")


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end in a loop of its own, also where this thread has one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def running_server() -> Iterator["DatabaseServer"]:
    """Yield the server that this run's databases live on."""
    given = os.environ.get("SCRIP_DATABASE_URL")
    if given:
        yield DatabaseServer(url=given)
        return
    with joined_server(servers_folder(), settings=FAST) as server:
        yield DatabaseServer(url=server.url, copying="STRATEGY FILE_COPY")


def servers_folder() -> Path:
    """The folder of this user's servers for tests, in memory where there is room; `make clean` removes it."""
    folder = MEMORY / f"scrip-test-{os.getuid()}"
    if not (MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED):
        folder = ROOT / "var" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} is needed for PostgreSQL but belongs to somebody else; remove it")
    return folder


@contextmanager
def spare_folder() -> Iterator[Path]:
    """Yield an empty folder for a server of a test's own; it is removed afterwards.

    Not below pytest's own temporary folder: every start of pytest takes other users' rights to that away, and where
    root runs the tests PostgreSQL is another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="spare-", dir=servers_folder()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass
class DatabaseServer:
    """A server, and the templates that this process has made sure of.

    copying: how a template is copied; files are cheapest on a server without fsync, elsewhere its default is
    """

    url: str
    copying: str = ""
    templates: dict[str, str] = field(default_factory=dict)

    def url_of(self, database: str) -> str:
        """Return the URL of another database on this server."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc, path=f"/{database}"))

    @contextmanager
    def clone(self, book_schema: str) -> Iterator[str]:
        """Yield the URL of a migrated, empty database that is dropped afterwards."""
        template = self.templates.get(book_schema) or self._ensure_template(book_schema)
        with self._database(f"TEMPLATE {template} {self.copying}") as url:
            yield url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Yield the URL of a database without any shape that is dropped afterwards."""
        with self._database("") as url:
            yield url

    @contextmanager
    def _database(self, options: str) -> Iterator[str]:
        name = f"scrip_test_{os.getpid()}_{secrets.token_hex(4)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url_of(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, *statements: str) -> None:
        """Run statements that need no transaction, one by one, in the server's own database."""
        run(_execute(self.url, statements))

    def _ensure_template(self, book_schema: str) -> str:
        name = f"scrip_template_{_shape_digest()}_{book_schema}"
        with _locked(servers_folder() / "template.lock"):
            if not run(_exists(self.url, name)):
                unfinished = f"{name}_unfinished"
                self.execute(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)", f"CREATE DATABASE {unfinished}")
                run(migrate_database(self.url_of(unfinished), book_schema=book_schema))
                self.execute(f"ALTER DATABASE {unfinished} RENAME TO {name}")
        self.templates[book_schema] = name
        return name


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _exists(url: str, database: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database))
    finally:
        await connection.close()


def _shape_digest() -> str:
    """Name the present shape, so that a changed migration makes a new template."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*")):
        if path.suffix in {".py", ".sql"} and path.name != "schema.sql":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
