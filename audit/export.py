"""Exporting: entries, their proof and their sealed parts, read on one snapshot and composed into a bundle.

Who may export, and that somebody agreed, is decided before; what is exported is recorded before it leaves.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import orjson

from audit.bundle import MANIFEST, Files, SealedPart
from audit.compose import Chosen, compose, needed_nodes
from audit.connection import Connection
from audit.csv_text import Record
from audit.entry_reading import EPOCH_EXPIRED, SUBJECT_ERASED, destroyed_by, record_in
from audit.merkle import Subtree
from audit.note import NOTE_CHARACTERS_MAX
from audit.progress import Progress, unwatched
from audit.search import Entry, EventFilter, entries_between, entries_meeting
from audit.signing import SigningKey
from audit.tiles import Tiles, tiles_for
from audit.tree import TreeDamaged, read_tile

ENTRIES_MAX = 2_000_000
"""Entries of one bundle: it is sealed in one piece and held in memory."""
_CHUNK = 10_000

_CHECKPOINT = "SELECT size, note FROM audit.checkpoints ORDER BY id DESC LIMIT 1"
_PARTS = "SELECT event_id, name, sealed FROM audit.parts WHERE event_id = ANY ($1::uuid[]) ORDER BY event_id, name"


class ExportRefused(Exception):
    """There is nothing that could be exported as asked; the message says why."""


class Signed(NamedTuple):
    """The newest checkpoint: the size of the log, and the note."""

    size: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export.

    filter: which entries; without any condition, all
    first, stop: between which indexes; `stop` None = up to the checkpoint
    since:  earlier sizes that the auditor knows, to be proven as the log's beginnings
    entries_max: how many entries it may have
    """

    filter: EventFilter
    first: int = 0
    stop: int | None = None
    since: Sequence[int] = ()
    entries_max: int = ENTRIES_MAX

    @property
    def is_everything(self) -> bool:
        """Whether it asks for every entry between the indexes."""
        return self.filter == EventFilter()

    @property
    def whole_stream(self) -> UUID | None:
        """The stream that it asks for as a whole, from its beginning and by no other condition."""
        stream = self.filter.stream
        from_start = self.first == 0 and self.stop is None
        alone = self.filter in {EventFilter(stream=stream), EventFilter(stream=stream, programme=self.filter.programme)}
        return stream if from_start and alone else None


async def newest_checkpoint(connection: Connection) -> Signed:
    """ExportRefused where none is signed yet."""
    rows = await connection.fetch(_CHECKPOINT)
    if not rows:
        raise ExportRefused("no checkpoint is signed yet; is the worker running?")
    return Signed(rows[0]["size"], rows[0]["note"])


async def export(
    connection: Connection,
    wanted: Wanted,
    *,
    about: Mapping[str, object],
    key: SigningKey,
    on_progress: Progress = unwatched,
) -> Files:
    """The bundle's files, from one snapshot: `connection` is in a REPEATABLE READ transaction.

    Raises ExportRefused where indexes lie beyond the log, where there are too many entries, or where tiles are missing.
    """
    signed = await newest_checkpoint(connection)
    stop = signed.size if wanted.stop is None else wanted.stop
    if not 0 <= wanted.first <= stop <= signed.size or any(not 0 <= size <= signed.size for size in wanted.since):
        asked = ", ".join(map(str, (*wanted.since, wanted.first, stop)))
        raise ExportRefused(
            f"the log has {signed.size} entries, and indexes or sizes asked for do not lie in it: {asked}"
        )
    found = await _collect(connection, wanted, wanted.first, stop, on_progress)
    parts = await _parts_of(connection, found)
    found, erased = await _with_erasures(connection, found, parts, signed.size)
    needed = needed_nodes(sorted(found), signed.size, wanted.since)
    chosen = Chosen(
        entries=dict(sorted(found.items())),
        parts=parts,
        heads=_heads(found, wanted.whole_stream),
        range=(wanted.first, stop) if wanted.is_everything else None,
    )
    said = {
        **about,
        "normalised": wanted.filter.described(),
        "since": list(wanted.since),
        "erased": sorted(erased),
    }
    try:
        nodes = await _hashes_of(connection, needed, signed.size)
    except TreeDamaged as damaged:
        raise ExportRefused(f"the log is damaged, see docs/runbook/suspected-tampering.md: {damaged}") from None
    files = compose(chosen, checkpoint=signed.note, nodes=nodes, about=said, key=key)
    if len(files[MANIFEST]) > NOTE_CHARACTERS_MAX:
        raise ExportRefused("its manifest would be longer than a verifier reads; ask for fewer entries at a time")
    return files


async def _collect(
    connection: Connection, wanted: Wanted, first: int, stop: int, on_progress: Progress
) -> dict[int, bytes]:
    """By index. Of a range also what is no record: it was logged, and a verifier names it. Only what has a line end cannot
    be a line of a bundle, and is missing there.
    """
    found: dict[int, bytes] = {}
    for start in range(first, stop, _CHUNK):
        end = min(start + _CHUNK, stop)
        if wanted.is_everything:
            chunk = await entries_between(connection, start, end)
        else:
            chunk = await entries_meeting(connection, wanted.filter, start=start, stop=end)
        found.update(entry for entry in chunk if b"\n" not in entry.record)
        if len(found) > wanted.entries_max:
            raise ExportRefused(f"more than {wanted.entries_max} entries; ask for fewer at a time")
        on_progress(end - start, stop - first)
    return found


async def _parts_of(connection: Connection, found: Mapping[int, bytes]) -> list[SealedPart]:
    """The parts that are left, in the order of the entries."""
    events = [record["id"] for record in _with_parts(found)]
    parts: list[SealedPart] = []
    for at in range(0, len(events), _CHUNK):
        rows = await connection.fetch(_PARTS, events[at : at + _CHUNK])
        parts += [SealedPart(str(row["event_id"]), row["name"], bytes(row["sealed"])) for row in rows]
    return parts


def _with_parts(found: Mapping[int, bytes]) -> list[Record]:
    """The records that name parts. What they contain is looked for first: reading takes twenty times as long."""
    read = (record_in(record) for record in found.values() if b'"parts":[' in record)
    return [record for record in read if record is not None and "parts" in record]


async def _with_erasures(
    connection: Connection, found: dict[int, bytes], parts: Sequence[SealedPart], size: int
) -> tuple[dict[int, bytes], set[str]]:
    """The entries, with those that say why parts are gone; and the subjects that were erased."""
    kept = {(part.event_id, part.name) for part in parts}
    gone = [
        part for record in _with_parts(found) for part in record["parts"] if (record["id"], part["name"]) not in kept
    ]
    erasures = await _destructions(connection, SUBJECT_ERASED, {part["subject"] for part in gone}, size)
    epochs = {part["epoch"] for part in gone if part["subject"] not in erasures}
    expiries = await _destructions(connection, EPOCH_EXPIRED, epochs, size)
    return {**found, **dict(erasures.values()), **dict(expiries.values())}, set(erasures)


async def _destructions(connection: Connection, type_: str, wanted: Collection[str], size: int) -> dict[str, Entry]:
    """The newest entry of the type that says of each of the wanted that it was destroyed, where there is one. The log is
    gone through once, and only these are kept of it.
    """
    found: dict[str, Entry] = {}
    for start in range(0, size if wanted else 0, _CHUNK):
        stop = min(start + _CHUNK, size)
        for entry in await entries_meeting(connection, EventFilter(type=type_), start=start, stop=stop):
            subjects, epochs = destroyed_by(orjson.loads(entry.record)) or ((), ())
            found.update((name, entry) for name in (*subjects, *epochs) if name in wanted)
    return found


def _heads(found: Mapping[int, bytes], stream: UUID | None) -> dict[str, int]:
    """The newest version of the stream, where all of it was asked for."""
    if stream is None:
        return {}
    name = str(stream)
    records = map(orjson.loads, found.values())
    versions = [each[1] for record in records for each in record.get("streams", ()) if each[0] == name]
    return {name: max(versions)} if versions else {}


async def _hashes_of(connection: Connection, needed: Sequence[Subtree], size: int) -> dict[Subtree, bytes]:
    tiles = Tiles({tile: await read_tile(connection, tile) for tile in tiles_for(needed, size)})
    return {subtree: tiles.hash_of(subtree) for subtree in needed}
