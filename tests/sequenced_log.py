"""A log to sequence in tests: events written straight into the table, sequencers, and what must hold of the outcome."""

import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from audit.checkpoint import verify_checkpoint
from audit.merkle import leaf_hash, root_of
from audit.sequencer import Sequencer, open_connection
from audit.signing import SigningKey
from audit.tiles import Edge

KEY = SigningKey(name="scrip.example/log", seed=b"\x05" * 32)
INSERT = "INSERT INTO audit.events (id, record) SELECT id, convert_to(id::text, 'UTF8') FROM unnest($1::uuid[]) id"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_numbers = itertools.count(1)
# A log is looked at from its beginning again and again while it grows; what is pure is computed once.
_leaf_hash = cache(leaf_hash)
_verify_checkpoint = cache(verify_checkpoint)


def event_ids(count: int) -> list[UUID]:
    """So many ids made now, each greater than all before it."""
    now_ms = time.time_ns() // 1_000_000
    return [UUID(int=now_ms << 80 | 7 << 76 | 0b10 << 62 | next(_numbers)) for _ in range(count)]


async def record_events(connection: Connection, count: int) -> list[UUID]:
    """Record so many events in one transaction; their ids."""
    ids = event_ids(count)
    await connection.execute(INSERT, ids)
    return ids


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    """A superuser's connection to the test's database."""
    opened: Connection = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@asynccontextmanager
async def sequencing(url: str, *, batch_max: int = 10_000) -> AsyncIterator[Sequencer]:
    """A sequencer on a connection of its own."""
    connection = await open_connection(url)
    try:
        yield Sequencer(connection, KEY, batch_max=batch_max)
    finally:
        connection.terminate()


async def forget_log(connection: Connection) -> None:
    """Set the log back to its beginning, past the triggers that forbid it; what was recorded stays recorded."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("TRUNCATE audit.leaves, audit.tiles, audit.checkpoints")
        await connection.execute("UPDATE audit.tree SET size = 0, root = sha256('')")


async def forget_events(connection: Connection) -> None:
    """Begin anew: neither events nor a log."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("TRUNCATE audit.events, audit.pending")
    await forget_log(connection)


async def read_order(connection: Connection) -> list[UUID]:
    """The events in the log, in its order."""
    return [row[0] for row in await connection.fetch("SELECT event_id FROM audit.leaves ORDER BY index")]


async def assert_log_is_whole(connection: Connection) -> None:
    """Every event is in the log or waits for it, and never both; leaves, tiles, tree and checkpoints agree."""
    records = {row["id"]: row["record"] for row in await connection.fetch("SELECT id, record FROM audit.events")}
    waiting = {row[0] for row in await connection.fetch("SELECT id FROM audit.pending")}
    leaves = await connection.fetch("SELECT index, event_id, hash FROM audit.leaves ORDER BY index")
    order = [row["event_id"] for row in leaves]
    assert [row["index"] for row in leaves] == list(range(len(leaves)))
    assert len(set(order)) == len(order)
    assert set(order) | waiting == set(records)
    assert not set(order) & waiting
    hashes = [_leaf_hash(records[event_id]) for event_id in order]
    assert [row["hash"] for row in leaves] == hashes
    growth = Edge().append(hashes)
    tree = await connection.fetchrow("SELECT size, root FROM audit.tree")
    assert tree is not None
    assert tuple(tree) == (len(order), growth.edge.root)
    tiles = await connection.fetch("SELECT level, number, hashes, root FROM audit.tiles ORDER BY level, number")
    assert [tuple(row) for row in tiles] == [(*tile.id[:2], b"".join(tile.hashes), tile.root) for tile in growth.filled]
    await _assert_checkpoints_agree(connection, hashes)


async def _assert_checkpoints_agree(connection: Connection, hashes: list[bytes]) -> None:
    """Their sizes never fall, and the newest three, which were not looked at before, are genuine and right."""
    sizes = [row[0] for row in await connection.fetch("SELECT size FROM audit.checkpoints ORDER BY id")]
    assert sizes == sorted(sizes)
    assert sizes[-1:] == [len(hashes)] or not (hashes or sizes)
    newest = await connection.fetch("SELECT size, signed_at, note FROM audit.checkpoints ORDER BY id DESC LIMIT 3")
    for row in newest:
        verified = _verify_checkpoint(row["note"], KEY.verifier)
        assert verified.checkpoint.size == row["size"]
        assert verified.checkpoint.root == _root_of(tuple(hashes[: row["size"]]))
        assert verified.signed_at == row["signed_at"].replace(microsecond=0)


@cache
def _root_of(hashes: tuple[bytes, ...]) -> bytes:
    return root_of(hashes)
