"""Reconciling: the whole log is read again, its leaves and root computed anew, and what it implies compared with the ledger
and with the sealed parts that are kept.

Everything is read on one snapshot: the log, the records that wait for their place in it, the parts, and the ledger's
balances. So every difference is one, and none is due to time. The result is an entry of the log itself.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeAlias

import asyncpg
import orjson

from audit.act import Acts
from audit.csv_text import Record
from audit.entry_reading import NO_RECORD
from audit.merkle import leaf_hash
from audit.progress import Progress, unwatched
from audit.reconcile_checkpoints import compare_checkpoints
from audit.reconcile_parts import PartsCheck
from audit.replay import Balance, Replay
from audit.tiles import Edge

SHOWN_MAX = 100
_CHUNK = 1_000
_SIZE = "SELECT (SELECT count(*) FROM audit.leaves) + (SELECT count(*) FROM audit.pending)"
_TREE = "SELECT size, root FROM audit.tree"
# Each record is reached by its id, also where statistics take the log for empty.
_LOGGED = """
SELECT leaf.index, leaf.hash, event.id, event.resource_id, event.record FROM audit.leaves leaf
LEFT JOIN LATERAL (SELECT id, resource_id, record FROM audit.events WHERE id = leaf.event_id OFFSET 0) event ON true
ORDER BY leaf.index
"""
_TILES = "SELECT count(*) FROM audit.tiles"
_TILE = "SELECT hashes, root FROM audit.tiles WHERE level = $1 AND number = $2"
_WAITING = """
SELECT pending.id, event.resource_id, event.record, EXISTS (SELECT FROM audit.leaves WHERE event_id = pending.id) AS is_logged
FROM audit.pending
LEFT JOIN LATERAL (SELECT resource_id, record FROM audit.events WHERE id = pending.id OFFSET 0) event ON true
ORDER BY pending.id
"""
_OTHER = "its record tells of another event, or of another row"
_LOST = """
SELECT event.id FROM audit.events event WHERE NOT EXISTS (SELECT FROM audit.leaves WHERE event_id = event.id)
    AND NOT EXISTS (SELECT FROM audit.pending WHERE id = event.id) ORDER BY event.id LIMIT 100
"""
_DUE = """
SELECT NOT EXISTS (SELECT FROM audit.reconciliations WHERE reconciled_at > clock_timestamp() - $1::interval)
"""
_RECORD = """
INSERT INTO audit.reconciliations (id, reconciled_at, size, entries, accounts, holes, differences)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class LedgerBalance(NamedTuple):
    """One account as the ledger has it. An unguarded one has no version, and what it has posted is a sum."""

    account_id: str
    is_guarded: bool
    version: int
    posted: int
    held: int


class LedgerBalances(Protocol):
    """The ledger's balances, on the snapshot of the connection."""

    def __call__(self, connection: Connection, /) -> AsyncIterator[LedgerBalance]:
        """Every account that has ever moved."""
        ...


class Difference(NamedTuple):
    """One thing that does not agree, and how."""

    subject: str
    what: str


@dataclass(slots=True, kw_only=True)
class Reconciliation:
    """What reading came to. `differences` are the first of `count`; `holes` of them are holes in streams; `parts` are
    the sealed ones that are there; `tiles` those that the leaves fill.
    """

    size: int = 0
    entries: int = 0
    accounts: int = 0
    parts: int = 0
    tiles: int = 0
    holes: int = 0
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def differ(self, subject: str, what: str) -> None:
        """Notes a difference."""
        self.count += 1
        if self.count <= SHOWN_MAX:
            self.differences.append(Difference(subject, what))

    @property
    def is_clean(self) -> bool:
        """Whether log and ledger agree."""
        return self.count == 0

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "clean": self.is_clean,
            "size": self.size,
            "entries": self.entries,
            "accounts": self.accounts,
            "parts": self.parts,
            "holes": self.holes,
            "count": self.count,
            "differences": [difference._asdict() for difference in self.differences],
        }

    def as_text(self) -> str:
        """For people: a line, and one more for each difference."""
        read = f"{self.entries} events, {self.size} of them in the log, {self.parts} parts and {self.accounts} accounts"
        if self.is_clean:
            return f"Log and ledger agree: {read}."
        lines = [f"{self.count} differences in {read}."]
        return "\n".join([*lines, *(f"  {subject}: {what}" for subject, what in self.differences)])


async def reconcile(
    connection: Connection, balances: LedgerBalances, on_progress: Progress = unwatched
) -> Reconciliation:
    """Compares on the snapshot of `connection`, which is in a REPEATABLE READ transaction in the auditor's role.

    Every record and every account passes through once; what is kept is a few numbers for each account.
    """
    result, replay, parts, read = Reconciliation(), Replay(), PartsCheck(), 0
    size = (await connection.fetch(_SIZE))[0][0]
    async for event in _read_log(connection, result):
        _take(event, result, replay, parts)
        read += 1
        if read % _CHUNK == 0:
            on_progress(_CHUNK, size)
        if parts.is_full:
            await parts.compare(connection, result)
    on_progress(read % _CHUNK, size)
    await compare_checkpoints(connection, result)
    await parts.finish(connection, result)
    result.parts = parts.found
    for subject, what in replay.holes().items():
        result.holes += 1
        result.differ(subject, what)
    await _compare(result, replay, balances(connection))
    return result


async def record_reconciliation(acts: Acts, result: Reconciliation) -> datetime:
    """Makes the result an entry of the log; returns when."""
    async with acts.begin() as doing:
        identity = doing.new_id()
        numbers = (result.size, result.entries, result.accounts, result.holes, result.count)
        await doing.run(_RECORD, identity, doing.now, *numbers)
        facts = dict(zip(("size", "entries", "accounts", "holes", "differences"), numbers, strict=True))
        doing.record("log_reconciled", resource_id=identity, version=1, facts=facts)
        return doing.now


async def is_reconciliation_due(acts: Acts, every: timedelta) -> bool:
    """Whether the last one is that long ago, or there was none."""
    return bool((await acts.read(_DUE, every))[0][0])


def _take(event: asyncpg.Record, result: Reconciliation, replay: Replay, parts: PartsCheck) -> None:
    """Follows an event. Whoever may write events can write anything, for ever; what comes after it is read all the same."""
    try:
        record = orjson.loads(event["record"])
        if _tells_of_another(event, record):
            result.differ(f"event {event['id']}", _OTHER)
        replay.take(record)
        parts.take(record)
    except NO_RECORD:
        result.differ(f"event {event['id']}", "it is no record that the ledger writes")


async def _read_log(connection: Connection, result: Reconciliation) -> AsyncIterator[asyncpg.Record]:
    """Every event whose record is what was logged, and those that wait for their place."""
    trees = await connection.fetch(_TREE)
    edge, leaves = Edge(), []
    async for row in connection.cursor(_LOGGED, prefetch=_CHUNK):
        record = row["record"]
        if row["index"] != result.size or record is None or leaf_hash(record) != row["hash"]:
            result.differ(f"entry {row['index']}", "its record is not what was logged, or stands elsewhere")
        else:
            yield row
        result.size += 1
        leaves.append(row["hash"])
        if len(leaves) == _CHUNK:
            edge, leaves = await _grow(connection, result, edge, leaves), []
    edge = await _grow(connection, result, edge, leaves)
    stored = (await connection.fetch(_TILES))[0][0]
    if stored != result.tiles:
        result.differ("tiles", f"{stored} are stored, and the leaves fill {result.tiles}")
    if [tuple(tree) for tree in trees] != [(result.size, edge.root)]:
        kept = " and ".join(str(tree["size"]) for tree in trees) or "none"
        result.differ("tree", f"{result.size} leaves lead to another root than that of {kept} entries")
    result.entries = result.size
    async for row in connection.cursor(_WAITING, prefetch=_CHUNK):
        if row["is_logged"] or row["record"] is None:
            what = "it is in the log already" if row["is_logged"] else "there is no such event"
            result.differ(f"event {row['id']}", f"it waits for its place, and {what}")
        else:
            yield row
        result.entries += 1
    for row in await connection.fetch(_LOST):
        result.differ(f"event {row['id']}", "it is neither in the log nor does it wait for its place")


def _tells_of_another(row: asyncpg.Record, record: Record) -> bool:
    """Whether the row stands under another event or another resource than its record says."""
    named = ("id", row["id"]), ("resource", row["resource_id"])
    return any(name in record and record[name] != str(kept) for name, kept in named)


async def _grow(connection: Connection, result: Reconciliation, edge: Edge, leaves: Sequence[bytes]) -> Edge:
    """The edge after these leaves; every tile that they fill must be kept as they make it."""
    growth = edge.append(leaves)
    result.tiles += len(growth.filled)
    for tile in growth.filled:
        rows = await connection.fetch(_TILE, tile.id.level, tile.id.number)
        if [tuple(row) for row in rows] != [(b"".join(tile.hashes), tile.root)]:
            result.differ(tile.id.path, "it is not what the leaves make of it")
    return growth.edge


async def _compare(result: Reconciliation, replay: Replay, balances: AsyncIterator[LedgerBalance]) -> None:
    """Each account both ways: what only one side knows differs too."""
    async for account in balances:
        result.accounts += 1
        if account.is_guarded:
            logged = replay.guarded.pop(account.account_id, Balance(0, 0, 0))
            kept = Balance(account.version, account.posted, account.held)
            if logged != kept:
                result.differ(
                    f"account {account.account_id}", f"the log says {_said(logged)}, the ledger {_said(kept)}"
                )
        else:
            flowed = replay.unguarded.pop(account.account_id, 0)
            if flowed != account.posted:
                result.differ(f"account {account.account_id}", f"the log says {flowed}, the ledger {account.posted}")
    for account_id in (*replay.guarded, *(each for each, amount in replay.unguarded.items() if amount)):
        result.differ(f"account {account_id}", "the log knows it, the ledger does not")


def _said(balance: Balance) -> str:
    return f"{balance.posted} posted and {balance.held} held at version {balance.version}"
