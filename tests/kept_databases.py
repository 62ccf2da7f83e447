"""Databases that tests use one after another: a test's rows are deleted, where a fresh copy costs twenty times that.

What a test leaves behind is rows, positions of sequences, counters and connections; all of that is undone. Whoever
changes more (a table, a trigger, a right) is found out by the catalogue, and his database is dropped, as is one that was
used often enough for its dead rows to be felt. The checker keeps its connection and its plans from test to test, since
planning its rules takes ten times what running them over a test's book does.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, Self, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from graphql_api.audit_log.desk import AUDITOR_ROLE
from ledger.engine import array_types
from tests.databases import DatabaseServer
from tests.desk import Desk

T = TypeVar("T")
USES_MAX: Final = 32
_OURS: Final = {"application_name": "scrip tests", "timezone": "UTC"}
_OWNER: Final = {**_OURS, "session_replication_role": "replica"}
"""The owner of everything, past whose deletions no trigger stands."""
_AUDITOR: Final = {**_OURS, "role": AUDITOR_ROLE}

_TABLES = """
SELECT format('%I.%I', space.nspname, relation.relname) FROM pg_class relation
JOIN pg_namespace space ON space.oid = relation.relnamespace
WHERE relation.relkind = 'r' AND relation.oid >= 16384 AND space.nspname NOT LIKE 'pg\\_%'
ORDER BY 1
"""
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), start_value FROM pg_sequences ORDER BY 1"
_LEAVE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'scrip tests'
"""
_SHAPE = "\nUNION ALL ".join(
    f"SELECT '{catalogue}', count(*), bit_xor(hashtext(xmin::text)) FROM {catalogue} WHERE {column} >= 16384"
    for catalogue, column in (
        ("pg_attrdef", "adrelid"),
        ("pg_attribute", "attrelid"),
        ("pg_class", "oid"),
        ("pg_constraint", "oid"),
        ("pg_default_acl", "oid"),
        ("pg_event_trigger", "oid"),
        ("pg_extension", "oid"),
        ("pg_index", "indexrelid"),
        ("pg_namespace", "oid"),
        ("pg_policy", "oid"),
        ("pg_proc", "oid"),
        ("pg_rewrite", "oid"),
        ("pg_trigger", "oid"),
        ("pg_type", "oid"),
    )
)
"""Every object of the users' is a row here, whose xmin any change of it renews."""


class Auditor(Protocol):
    """A snapshot of everything, in the auditor's role."""

    @property
    def connection(self) -> "PoolConnectionProxy[asyncpg.Record]":
        """For what is read from it."""
        ...

    async def ask(self, questions: Sequence[str]) -> None:
        """Runs them in one message, each without parameters; raises what the first failing one does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeptAuditor:
    """An auditor whose questions stay planned: `plans` has the name of each."""

    connection: "PoolConnectionProxy[asyncpg.Record]"
    plans: dict[str, str]

    async def ask(self, questions: Sequence[str]) -> None:
        """Plans those that are new, and runs all."""
        unknown = [question for question in questions if question not in self.plans]
        new = {question: f"question_{n}" for n, question in enumerate(unknown, len(self.plans))}
        if new:
            await self.connection.execute(";".join(f"PREPARE {name} AS {question}" for question, name in new.items()))
            self.plans.update(new)
        await self.connection.execute(";".join(f"EXECUTE {self.plans[question]}" for question in questions))


@dataclass(slots=True, kw_only=True)
class KeptDatabase:
    """A copy of the template.

    auditors: the auditor's one connection, opened again where a test has ended it
    plans:    what is planned on the connection of that process of the server
    wiping:   the statement that makes the database as it was copied
    shape:    what its catalogue was then
    """

    url: str
    owner: "asyncpg.Connection[asyncpg.Record]"
    auditors: "asyncpg.Pool[asyncpg.Record]"
    wiping: str
    shape: Sequence[asyncpg.Record]
    plans: tuple[int, dict[str, str]] = (0, {})
    uses: int = 0

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connects to a fresh copy."""
        owner = await asyncpg.connect(url, server_settings=_OWNER)
        auditors = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=1,
            max_inactive_connection_lifetime=0,
            init=array_types.teach,
            reset=_keep_as_is,
            server_settings=_AUDITOR,
        )
        wiping = await _wiping(owner)
        return cls(url=url, owner=owner, auditors=auditors, wiping=wiping, shape=await owner.fetch(_SHAPE))

    async def look(self, look: Callable[[Auditor], Awaitable[T]]) -> T:
        """What is seen in one snapshot."""
        async with (
            self.auditors.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            process = connection.get_server_pid()
            if self.plans[0] != process:
                self.plans = (process, {})
            return await look(_KeptAuditor(connection=connection, plans=self.plans[1]))

    async def wipe(self) -> bool:
        """Undoes what a test did; False where the database must not be used again."""
        self.uses += 1
        if self.uses >= USES_MAX or self.owner.is_closed():
            return False
        await self.owner.execute(_LEAVE)
        if await self.owner.fetch(_SHAPE) != self.shape:
            return False
        await self.owner.execute(self.wiping)
        return True

    async def close(self) -> None:
        """Disconnects."""
        self.auditors.terminate()
        self.owner.terminate()


class KeptDatabases:
    """The databases of this process that tests use in turn."""

    def __init__(self, server: DatabaseServer) -> None:
        self._server = server
        self._desk = Desk()
        self._free: dict[str, list[tuple[KeptDatabase, ExitStack]]] = {}

    @contextmanager
    def lend(self, book_schema: str) -> Iterator[str]:
        """Yield the URL of a migrated, empty database; whoever has it may do with it as he likes."""
        free = self._free.setdefault(book_schema, [])
        database, stack = free.pop() if free else self._new(book_schema)
        _LENT[database.url] = database, self._desk
        is_fit = False
        try:
            yield database.url
            is_fit = self._desk.run(database.wipe())
        finally:
            del _LENT[database.url]
            if is_fit:
                free.append((database, stack))
            else:
                stack.close()

    def close(self) -> None:
        """Drops them all."""
        for free in self._free.values():
            for _, stack in free:
                stack.close()
        self._desk.close()

    def _new(self, book_schema: str) -> tuple[KeptDatabase, ExitStack]:
        with ExitStack() as stack:
            url = stack.enter_context(self._server.clone(book_schema))
            database = self._desk.run(KeptDatabase.open(url))
            stack.callback(lambda: self._desk.run(database.close()))
            return database, stack.pop_all()


_LENT: Final[dict[str, tuple[KeptDatabase, Desk]]] = {}


def lent(url: str) -> tuple[KeptDatabase, Desk] | None:
    """The kept database at this URL, and the desk at which its connections are used; None for any other database."""
    return _LENT.get(url)


async def _wiping(owner: "asyncpg.Connection[asyncpg.Record]") -> str:
    """The statement that deletes all rows but those of the template, and begins every sequence and counter anew.

    A function keeps the plans of its many statements, whose making takes three times what running them does.
    """
    statements = []
    for (table,) in await owner.fetch(_TABLES):
        statements.append(f"DELETE FROM {table}")
        for (row,) in await owner.fetch(f"SELECT quote_literal(kept::text) FROM {table} kept"):
            statements.append(f"INSERT INTO {table} SELECT ({row}::{table}).*")
    for sequence, start in await owner.fetch(_SEQUENCES):
        statements.append(f"PERFORM setval('{sequence}', {start}, false)")
    body = ";\n".join([*statements, "PERFORM pg_stat_reset()"])
    await owner.execute(
        f"CREATE FUNCTION pg_temp.wipe() RETURNS void LANGUAGE plpgsql AS $wipe$ BEGIN {body}; END $wipe$"
    )
    return "SELECT pg_temp.wipe()"


async def _keep_as_is(connection: object) -> None:
    """Plans outlive a look."""
    del connection
