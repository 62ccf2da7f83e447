"""Comparing the sealed parts that are stored with what entries commit to: none altered, none missing, none too many.

A part is gone lawfully where an entry of the log says that its subject or its epoch was destroyed.
"""

from typing import Final, NamedTuple, Protocol
from uuid import UUID

from audit.connection import Connection
from audit.csv_text import Record
from audit.entry_reading import destroyed_by

CHUNK: Final = 1_000
"""Parts that are looked up at a time."""
_SHOWN_MAX: Final = 100
_SHOWN_OF_GROUP: Final = 5
_STORED: Final = """
SELECT event_id, name, subject_id, epoch, suite, sha256(sealed) AS digest FROM audit.parts
WHERE event_id = ANY ($1::uuid[])
"""
_COUNT: Final = "SELECT count(*) FROM audit.parts"
# In canonical form the subject follows the name.
_TOO_MANY: Final = """
SELECT part.event_id, part.name FROM audit.parts part LEFT JOIN audit.events event ON event.id = part.event_id
WHERE event.id IS NULL
    OR position(convert_to(',"name":' || to_json(part.name) || ',"subject":"', 'UTF8') IN event.record) = 0
ORDER BY part.event_id, part.name LIMIT $1
"""


class Differences(Protocol):
    """Where what differs is noted."""

    def differ(self, subject: str, what: str) -> None:
        """Notes a difference."""
        ...


class _Part(NamedTuple):
    subject: str
    epoch: str
    suite: int
    digest: str


class PartsCheck:
    """Follows the records of the log, of which it keeps the parts of one chunk, and of those that are not there the
    person and the month. `found` counts the stored parts that records name.
    """

    def __init__(self) -> None:
        self.found = 0
        self._said: dict[tuple[str, str], _Part] = {}
        self._gone: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._gone_more: dict[tuple[str, str], int] = {}
        self._destroyed: set[str] = set()

    def take(self, record: Record) -> None:
        """Follows one record."""
        for part in record.get("parts", ()):
            said = _Part(str(part["subject"]), str(part["epoch"]), part["suite"], part["hash"])
            self._said[str(UUID(record["id"])), str(part["name"])] = said
        self._destroyed.update(*(destroyed_by(record) or ()))

    @property
    def is_full(self) -> bool:
        """Whether it is time to compare."""
        return len(self._said) >= CHUNK

    async def compare(self, connection: Connection, result: Differences) -> None:
        """Looks up the parts of the records since the last time."""
        said, self._said = self._said, {}
        if not said:
            return
        rows = await connection.fetch(_STORED, [UUID(event_id) for event_id, _ in said])
        stored = {
            (str(row["event_id"]), row["name"]): _Part(
                str(row["subject_id"]), row["epoch"], row["suite"], row["digest"].hex()
            )
            for row in rows
        }
        for key, part in said.items():
            kept = stored.get(key)
            if kept is None:
                self._miss(key, part)
                continue
            self.found += 1
            if kept != part:
                result.differ(_named(*key), "it is not the part that was logged")

    async def finish(self, connection: Connection, result: Differences) -> None:
        """Looks up the last ones, and says what is missing or too many."""
        await self.compare(connection, result)
        for (subject, epoch), keys in self._gone.items():
            if subject in self._destroyed or epoch in self._destroyed:
                continue
            for key in keys:
                result.differ(_named(*key), "it is missing, and no entry says that it was destroyed")
            more = self._gone_more.get((subject, epoch), 0)
            if more:
                result.differ(f"parts of {subject} in {epoch}", f"{more} more are missing")
        stored = (await connection.fetch(_COUNT))[0][0]
        if stored != self.found:
            result.differ("parts", f"{stored} are stored, of which entries name {self.found}")
            for row in await connection.fetch(_TOO_MANY, _SHOWN_MAX):
                result.differ(_named(str(row["event_id"]), row["name"]), "no entry names it")

    def _miss(self, key: tuple[str, str], part: _Part) -> None:
        """Not to be judged before the whole log is read: what destroyed it may come later."""
        group = part.subject, part.epoch
        keys = self._gone.setdefault(group, [])
        if len(keys) < _SHOWN_OF_GROUP:
            keys.append(key)
        else:
            self._gone_more[group] = self._gone_more.get(group, 0) + 1


def _named(event_id: str, name: str) -> str:
    return f"part {name} of {event_id}"
