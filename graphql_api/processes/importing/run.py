"""An import from beginning to end: the file in time order or live, the programme, the clock, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphql_api.bootstrap import Application, open_application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.importing.faults import UnusableFile
from graphql_api.processes.importing.load import Load
from graphql_api.processes.importing.names import find_source, require_source
from graphql_api.processes.importing.parse import Line, parse_file
from graphql_api.processes.importing.records import ActivityRecord, OpeningRecord
from graphql_api.processes.importing.tally import Tally
from graphql_api.processes.importing.timing import LANES, read_history, timed
from graphql_api.settings import Settings
from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.activity import activity_key
from ledger.engine.command import Actor
from ledger.engine.request import request_id
from ledger.engine.sql_query import SqlQuery
from ledger.programme.clock import LiveClock, ReplayClock

_LATEST = SqlQuery(
    """
    SELECT max(e.posted_at) AS latest, EXISTS (
        SELECT FROM unnest(CAST(:requests AS bytea[]), CAST(:instants AS timestamptz[])) AS line (id, at)
        JOIN {book}.requests r ON r.id = line.id AND r.decided_at = line.at) AS is_begun
    FROM {book}.journal_entries e JOIN registry.assets s ON s.id = e.asset_id
    WHERE s.programme_id = :programme_id
    """
)
_BOUNDED = SqlQuery(
    """
    SELECT EXISTS (SELECT FROM registry.campaigns WHERE programme_id = :programme_id)
       AND (EXISTS (SELECT FROM registry.assets WHERE programme_id = :programme_id AND kind = 'budget')
         OR EXISTS (SELECT FROM registry.voucher_templates WHERE programme_id = :programme_id AND stock <> 'UNLIMITED'))
        AS is_bounded
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asks for."""

    path: Path
    programme: str | None
    source: str
    is_replay: bool
    refused: Path


def read_only(wanted: Wanted, progress: Progress) -> Tally:
    """Reads the whole file and asks nothing of the ledger: form, times, order, and whether openings add up.

    Raises UnusableFile for a form that is none, a replay out of time order, or a source that is no name.
    """
    require_source(wanted.source)
    lines = read_history(wanted.path).lines if wanted.is_replay else parse_file(wanted.path)
    tally = Tally(path=wanted.refused)
    tally.begin()
    try:
        for line in timed(lines, is_replay=wanted.is_replay):
            if line.fault is not None:
                tally.refuse(line, line.fault)
            elif isinstance(line.record, OpeningRecord) and _sum(line.record) != line.record.total:
                facts = {"stated": line.record.total, "lots": _sum(line.record)}
                tally.refuse(line, Refusal(RefusalCode.OPENING_DIFFERS, **facts))
            elif line.record is not None:
                tally.accept(type(line.record).__name__.removesuffix("Record").lower())
            progress(tally.told(), line.size)
    finally:
        tally.close()
    return tally


def _sum(record: OpeningRecord) -> int:
    return sum(lot.amount for lot in record.lots)


async def run_import(settings: Settings, url: str, wanted: Wanted, progress: Progress) -> Tally:
    """Imports the file into the database at `url`.

    Raises UnusableFile before anything is written: for a form that is none, a replay out of time order or into a book
    that has later entries, an unknown programme.
    """
    clock = ReplayClock() if wanted.is_replay else LiveClock()
    async with open_application(settings, url=url, clock=clock, origin="import") as application:
        actor = await find_source(application.reader, wanted.programme, wanted.source)
        lines = await _history(application, actor, wanted) if wanted.is_replay else parse_file(wanted.path)
        tally = Tally(path=wanted.refused)
        tally.begin()
        load = Load(
            application=application,
            actor=actor,
            tally=tally,
            progress=progress,
            source=wanted.source,
            is_replay=wanted.is_replay,
            lane_count=await _lane_count(application, actor),
        )
        try:
            await load.run(timed(lines, is_replay=wanted.is_replay))
        finally:
            tally.close()
    return tally


async def _lane_count(application: Application, actor: Actor) -> int:
    """One where campaigns may run out of something: it goes to whom the file names first (semantics 6.5)."""
    row = await application.reader.row(_BOUNDED, {"programme_id": actor.programme_id})
    return 1 if row is not None and row["is_bounded"] else LANES


async def _history(application: Application, actor: Actor, wanted: Wanted) -> Iterator[Line]:
    """The lines of a file that may be replayed: history cannot come behind what happened later. A replay that has begun
    goes on: something of the file's beginning is decided at its own time, whichever of its lines came first and whatever
    burned no key. What a live import of the same file decided is of a later time.
    """
    beginning, lines = read_history(wanted.path, await application.reader.now())
    begins_at = beginning[0].record.at if beginning and beginning[0].record is not None else None
    if begins_at is None:
        return lines
    requests = [request_id(actor.client, _key_of(line, wanted.source)) for line in beginning]
    instants = [line.record.at for line in beginning if line.record is not None]
    asked = {"requests": requests, "instants": instants, "programme_id": actor.programme_id}
    found = await application.reader.row(_LATEST, asked)
    if found is None or found["latest"] is None or found["is_begun"] or found["latest"] <= begins_at:
        return lines
    raise UnusableFile(
        f"the file begins at {begins_at.isoformat()}, and the programme has entries up to "
        f"{found['latest'].isoformat()}; history comes before everything else."
    )


def _key_of(line: Line, source: str) -> str:
    """The key under which the line is decided."""
    record = line.record
    return activity_key(record.source or source, record.event) if isinstance(record, ActivityRecord) else line.key
