"""The sequencer: gives each event that waits its place in the log, grows the tree and signs it. One transaction a round.

Events are claimed by their presence in `audit.pending`, in the order of their ids. Not by a cursor, which would pass by
what commits late; not in the order of transaction numbers, which would put effects before their causes.

Any number of sequencers may run. One is active: it holds an advisory lock for as long as its connection lasts, so that
the others stand by without work. What makes two of them safe is the lock on the row of `audit.tree`, which every round
takes first; a sequencer that finds the tree otherwise than it left it reads the edge again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

import asyncpg

from audit.checkpoint import Checkpoint
from audit.merkle import leaf_hash
from audit.record import least_id, recorded_ms
from audit.rollback import refuse_departure
from audit.signing import SigningKey, sign_checkpoint
from audit.tiles import Edge, Growth
from audit.tree import TreeDamaged, read_edge

SEQUENCER_LOCK = 0x5C21_9002
"""Key of the advisory lock; any fixed number that nothing else in the database uses."""
HEARTBEAT = timedelta(seconds=60)
BATCH_MAX = 10_000
LOOK_BACK = timedelta(minutes=10)
_ANY_ID = UUID(int=0)

ROLE = "scrip_sequencer"
_SETTINGS = {
    "role": ROLE,
    "application_name": "scrip sequencer",
    "timezone": "UTC",
    # A round takes less than a second. One whose process hangs must not hold the tree's lock for ever.
    "statement_timeout": "60000",
    "idle_in_transaction_session_timeout": "30000",
    # A worker whose host is gone says no goodbye; the server's own two hours would keep another from taking its part.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # Records are found by key; a plan made while the tables were empty must not scan them for ever.
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}

_STAND_IN = "SELECT pg_try_advisory_lock($1)"
_TREE = """
SELECT tree.size, tree.root, clock_timestamp() AS now, newest.size AS signed_size, newest.signed_at
FROM audit.tree LEFT JOIN LATERAL (
    SELECT size, signed_at FROM audit.checkpoints ORDER BY id DESC LIMIT 1) newest ON true
FOR UPDATE OF tree
"""
_CLAIM = """
WITH claimed AS (
    DELETE FROM audit.pending
    WHERE id = ANY (ARRAY(SELECT id FROM audit.pending WHERE id >= $2 ORDER BY id LIMIT $1)) RETURNING id)
SELECT claimed.id, event.record FROM claimed LEFT JOIN audit.events event ON event.id = claimed.id ORDER BY claimed.id
"""
_GROW = "UPDATE audit.tree SET size = $1, root = $2"
_SIGN = "INSERT INTO audit.checkpoints (size, signed_at, note) VALUES ($1, $2, $3)"


async def open_connection(
    url: str, connect: "Callable[..., Awaitable[asyncpg.Connection[asyncpg.Record]]]" = asyncpg.connect
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection for a sequencer, in its role; raises what `connect` raises where the server does not answer."""
    return await connect(url, server_settings=_SETTINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequenced:
    """What a round did: `delays_ms` tells how long each of its events had been made when its place was committed."""

    size: int
    is_signed: bool
    delays_ms: Sequence[int]


class Sequencer:
    """Sequences on a connection of its own in the role `scrip_sequencer`.

    After any exception both are thrown away: whether the round's commit arrived is then unknown, and a new sequencer
    reads what stands.
    """

    def __init__(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        key: SigningKey,
        *,
        batch_max: int = BATCH_MAX,
        look_everywhere_each: timedelta = HEARTBEAT,
    ) -> None:
        self._connection = connection
        self._key = key
        self._batch_max = batch_max
        self._look_everywhere_each = look_everywhere_each
        self._looked_everywhere_at: datetime | None = None
        self._edge: Edge | None = None

    def terminate(self) -> None:
        """Drop the connection at once, and with it the part of the active sequencer."""
        self._connection.terminate()

    async def stand_in(self) -> bool:
        """Become the active sequencer, for as long as the connection lasts; False while another one is."""
        return bool(await self._connection.fetchval(_STAND_IN, SEQUENCER_LOCK))

    async def sequence(self) -> Sequenced:
        """One round: at most `batch_max` events, and a checkpoint where the tree has grown or the heartbeat is due.

        Raises TreeDamaged where the database contradicts itself, and LogRolledBack where the log does not go on from
        where this sequencer left it; then it changes nothing.
        """
        async with self._connection.transaction():
            tree = (await self._connection.fetch(_TREE))[0]
            started = perf_counter()
            edge = await self._edge_of(tree["size"], tree["root"])
            claimed = await self._claim(tree["now"])
            if claimed:
                edge = await self._append(edge, [(row["id"], row["record"]) for row in claimed])
            # A clock that was set back must not silence the heartbeat.
            is_due = tree["signed_size"] != edge.size or abs(tree["now"] - tree["signed_at"]) >= HEARTBEAT
            if is_due:
                await self._sign(edge, tree["now"])
        self._edge = edge
        now_ms = int(tree["now"].timestamp() * 1000 + (perf_counter() - started) * 1000)
        return Sequenced(
            size=edge.size, is_signed=is_due, delays_ms=[now_ms - recorded_ms(row["id"]) for row in claimed]
        )

    @property
    def reached(self) -> tuple[int, bytes] | None:
        """Size and root of the tree that it left committed; None before its first round."""
        return None if self._edge is None else (self._edge.size, self._edge.root)

    async def _edge_of(self, size: int, root: bytes) -> Edge:
        if self._edge is not None and self._edge.size != size:
            # Another sequencer may have appended. Nobody may have set the log back, or put another past under it.
            await refuse_departure(self._connection, self._edge.size, self._edge.root, where="this sequencer")
        if self._edge is None or self._edge.size != size:
            self._edge = await read_edge(self._connection, size)
        if self._edge.root != root:
            raise TreeDamaged(f"the tiles of {size} entries lead to another root than the tree's")
        return self._edge

    async def _claim(self, now: datetime) -> Sequence[asyncpg.Record]:
        """The next events, by id.

        What was claimed stays in the index for as long as an old snapshot may see it: passing over an hour's worth each
        round would take many seconds. So a round looks at the last ten minutes only, but once a minute, and as long as
        there is a backlog, everywhere.
        """
        last = self._looked_everywhere_at
        is_everywhere = last is None or abs(now - last) >= self._look_everywhere_each
        since = _ANY_ID if is_everywhere else least_id(now - LOOK_BACK)
        claimed = await self._connection.fetch(_CLAIM, self._batch_max, since)
        if is_everywhere and len(claimed) < self._batch_max:
            self._looked_everywhere_at = now
        return claimed

    async def _append(self, edge: Edge, entries: Sequence[tuple[UUID, bytes | None]]) -> Edge:
        missing = [event_id for event_id, record in entries if record is None]
        if missing:
            raise TreeDamaged(f"event {missing[0]} waits for its place and is not recorded")
        hashes = [leaf_hash(record) for _, record in entries if record is not None]
        growth = edge.append(hashes)
        rows = [(edge.size + at, event_id, hashes[at]) for at, (event_id, _) in enumerate(entries)]
        await self._connection.copy_records_to_table(
            "leaves", schema_name="audit", columns=["index", "event_id", "hash"], records=rows
        )
        await self._write_tiles(growth)
        await self._connection.execute(_GROW, growth.edge.size, growth.edge.root)
        return growth.edge

    async def _write_tiles(self, growth: Growth) -> None:
        rows = [(tile.id.level, tile.id.number, b"".join(tile.hashes), tile.root) for tile in growth.filled]
        if rows:
            await self._connection.copy_records_to_table(
                "tiles", schema_name="audit", columns=["level", "number", "hashes", "root"], records=rows
            )

    async def _sign(self, edge: Edge, now: datetime) -> None:
        """Signs in the transaction: nobody sees the note unless all that it speaks of is committed with it."""
        checkpoint = Checkpoint(origin=self._key.name, size=edge.size, root=edge.root)
        await self._connection.execute(_SIGN, edge.size, now, sign_checkpoint(checkpoint, self._key, now))
