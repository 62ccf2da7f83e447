"""Searching the log, whatever was written into it."""

from uuid import UUID, uuid4

import asyncpg
import orjson

from audit.search import EventFilter, entries_meeting, search_page
from tests.sequenced_log import sequencing

PROGRAMME = UUID(int=7)
RECORD = {
    "actor": "service:bank",
    "at": "2026-01-01T00:00:00Z",
    "class": "value",
    "id": "01a2061c-606a-7001-9c7b-8a383ccbff79",
    "origin": "api",
    "outcome": "accepted",
    "programme": str(PROGRAMME),
    "type": "earn",
    "v": 1,
}
JUNK = (
    b"x",
    b"[]",
    b"{}",
    b'{"programme":"%s"}' % str(PROGRAMME).encode(),
    orjson.dumps({**RECORD, "streams": [["a", "b"]]}, option=orjson.OPT_SORT_KEYS),
    orjson.dumps({**RECORD, "at": "never"}),
)


async def test_a_search_goes_on_beyond_what_is_no_record(database_url: str) -> None:
    """Who takes over a process can write anything as an event, for ever; nobody else's record is hidden by it."""
    good = orjson.dumps(RECORD)
    enemy = await asyncpg.connect(database_url, server_settings={"role": "scrip_app"})
    try:
        insert = "INSERT INTO audit.events (id, record) VALUES ($1, $2)"
        await enemy.executemany(insert, [(uuid4(), record) for record in (*JUNK, good)])
    finally:
        await enemy.close()
    async with sequencing(database_url) as sequencer:
        size = (await sequencer.sequence()).size

    auditor = await asyncpg.connect(database_url, server_settings={"role": "scrip_auditor"})
    wanted = EventFilter(programme=PROGRAMME)
    try:
        page = await search_page(auditor, wanted, before=size, limit=100)
        exported = await entries_meeting(auditor, wanted, start=0, stop=size)
    finally:
        await auditor.close()

    assert size == len(JUNK) + 1
    assert [entry.record for entry in (*page.entries, *exported)] == [good, good]
