"""Searching the log: which entries meet a filter, found in the canonical bytes themselves.

There is no second copy of the log to keep in step. Canonical bytes make a member a fixed byte string, `"actor":"…"`,
which PostgreSQL looks for in each record (about a microsecond each); what it finds is parsed and compared once more, so a
name inside a fact is no hit. A page looks at a bounded stretch of the log and says where it stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from audit.connection import Connection
from audit.csv_text import Record
from audit.entry_reading import record_in
from audit.record import least_id

SCANNED_MAX = 50_000
"""Entries that one page looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What entries must be like; None = whatever. Several conditions hold together.

    recorded_from, recorded_until: real time of the record, half-open
    client:                        on whose account; a record says it only where it is not the actor
    stream:                        an account or registry row that the event changed
    resource:                      the journal entry or registry row that it is about; an approval, an export
    request:                       the digest of the request, in hexadecimal
    programme:                     the tenant; None only where no tenant asks
    """

    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    programme: UUID | None = None
    actor: str | None = None
    client: str | None = None
    subject: UUID | None = None
    stream: UUID | None = None
    resource: UUID | None = None
    type: str | None = None
    outcome: str | None = None
    code: str | None = None
    request: str | None = None

    def needles(self) -> Sequence[bytes]:
        """Byte strings that every record that meets it contains."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        found = [
            b'"%s":%s' % (name.encode(), orjson.dumps(str(value))) for name, value in plain.items() if value is not None
        ]
        if self.client is not None:
            found.append(b":%s" % orjson.dumps(self.client))
        if self.subject is not None:
            found.append(b'"%s"' % str(self.subject).encode())
        if self.stream is not None:
            found.append(b'["%s",' % str(self.stream).encode())
        return found

    def is_met_by(self, record: Record) -> bool:
        """Whether the record is like that."""
        if any(record.get(name) != str(getattr(self, name)) for name in _PLAIN if getattr(self, name) is not None):
            return False
        if self.client is not None and record.get("client", record["actor"]) != self.client:
            return False
        if self.subject is not None and str(self.subject) not in record.get("subjects", ()):
            return False
        return self.stream is None or any(each[0] == str(self.stream) for each in record.get("streams", ()))

    @property
    def id_from(self) -> UUID | None:
        """The least id that a record of that time can have."""
        return None if self.recorded_from is None else least_id(self.recorded_from)

    @property
    def id_until(self) -> UUID | None:
        """The least id that is too late."""
        return None if self.recorded_until is None else least_id(self.recorded_until)

    def described(self) -> dict[str, str]:
        """The conditions by name, as texts that `parse` reads."""
        given = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: _shown(value) for name, value in given if value is not None}

    @classmethod
    def parse(cls, described: Mapping[str, str]) -> "EventFilter":
        """The filter that was described; ValueError or TypeError where it is none."""
        return cls(**{name: _READ.get(name, str)(text) for name, text in described.items()})


_READ: Mapping[str, Callable[[str], Any]] = {
    "recorded_from": datetime.fromisoformat,
    "recorded_until": datetime.fromisoformat,
    "programme": UUID,
    "subject": UUID,
    "stream": UUID,
    "resource": UUID,
}
_PLAIN = ("programme", "actor", "resource", "type", "outcome", "code", "request")


class Entry(NamedTuple):
    """An entry of the log: its place, from 0, and its canonical bytes."""

    place: int
    record: bytes


class Page(NamedTuple):
    """Entries, newest first. `looked_at_from` is the index below which the next page begins."""

    entries: Sequence[Entry]
    looked_at_from: int


# The needles are looked for one by one: an array of at most ten.
_SEARCH = """
SELECT leaf.index, event.record FROM audit.leaves leaf JOIN audit.events event ON event.id = leaf.event_id
WHERE leaf.index >= $1 AND leaf.index < $2
    AND ($3::uuid IS NULL OR leaf.event_id >= $3) AND ($4::uuid IS NULL OR leaf.event_id < $4)
    AND NOT EXISTS (SELECT FROM unnest($5::bytea[]) needle WHERE position(needle IN event.record) = 0)
ORDER BY leaf.index {order} LIMIT $6
"""
_NEWEST_FIRST = _SEARCH.format(order="DESC")
_OLDEST_FIRST = _SEARCH.format(order="ASC")


async def search_page(
    connection: Connection, wanted: EventFilter, *, before: int, limit: int, down_to: int = 0
) -> Page:
    """The newest entries below the index `before` and from `down_to` on that meet the filter, at most `limit`.

    At most `SCANNED_MAX` entries are looked at, so a page may hold fewer though older ones meet the filter:
    `looked_at_from` is where the next page goes on. One entry more than the page has is looked for, so that the last
    page goes down to the end.
    """
    start = max(down_to, before - SCANNED_MAX)
    rows = await _rows(connection, _NEWEST_FIRST, wanted, start, before, limit + 1)
    entries = _checked(rows[:limit], wanted)
    return Page(entries, rows[limit - 1]["index"] if len(rows) > limit else start)


async def entries_meeting(connection: Connection, wanted: EventFilter, *, start: int, stop: int) -> Sequence[Entry]:
    """Every entry from `start` up to, not including, `stop` that meets the filter, oldest first."""
    return _checked(await _rows(connection, _OLDEST_FIRST, wanted, start, stop, stop - start), wanted)


async def entries_between(connection: Connection, start: int, stop: int) -> Sequence[Entry]:
    """Every entry from `start` up to, not including, `stop`, oldest first, also what is no record."""
    rows = await _rows(connection, _OLDEST_FIRST, EventFilter(), start, stop, stop - start)
    return [Entry(row["index"], bytes(row["record"])) for row in rows]


async def _rows(
    connection: Connection, statement: str, wanted: EventFilter, start: int, stop: int, limit: int
) -> Sequence[asyncpg.Record]:
    return await connection.fetch(statement, start, stop, wanted.id_from, wanted.id_until, wanted.needles(), limit)


def _checked(rows: Sequence[asyncpg.Record], wanted: EventFilter) -> list[Entry]:
    """What is no record meets no filter: who may write events can write anything, and reconciliation tells of it."""
    found = [Entry(row["index"], bytes(row["record"])) for row in rows]
    return [entry for entry in found if (record := record_in(entry.record)) is not None and wanted.is_met_by(record)]


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
