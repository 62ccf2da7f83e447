"""The proof of one entry, as C2SP tlog-proof: a file that other tools verify, offline, against the log's key."""

from base64 import b64encode
from typing import NamedTuple
from uuid import UUID

import orjson

from audit.connection import Connection
from audit.export import newest_checkpoint
from audit.search import EventFilter
from audit.tree import prove_inclusion

_ENTRY = """
SELECT leaf.index, event.record FROM audit.leaves leaf JOIN audit.events event ON event.id = leaf.event_id
WHERE leaf.event_id = $1
"""


class Proof(NamedTuple):
    """The entry's place and canonical bytes, the size of the log that the proof speaks of, and its text."""

    place: int
    record: bytes
    size: int
    text: str


async def prove_entry(connection: Connection, event_id: UUID, wanted: EventFilter) -> Proof | None:
    """The proof of the event against the newest checkpoint; None where there is none that meets the filter, or where
    it waits for its place still. `connection` is in a REPEATABLE READ transaction.
    """
    rows = await connection.fetch(_ENTRY, event_id)
    if not rows or not wanted.is_met_by(orjson.loads(rows[0]["record"])):
        return None
    place = rows[0]["index"]
    signed = await newest_checkpoint(connection)
    if place >= signed.size:
        return None
    hashes = await prove_inclusion(connection, place, signed.size)
    lines = ["c2sp.org/tlog-proof@v1", f"index {place}", *(b64encode(digest).decode() for digest in hashes)]
    return Proof(place, bytes(rows[0]["record"]), signed.size, "\n".join([*lines, "", signed.note]))
