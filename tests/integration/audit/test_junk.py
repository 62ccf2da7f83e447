"""Reading the log, whatever was written into it: who takes over a process can record anything, and it stays for ever."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import orjson

from audit.bundle import pack, unpack
from audit.export import Wanted, export
from audit.policy import Policy
from audit.search import EventFilter, entries_meeting, search_page
from audit.verdict import Question, Verdict
from audit.verify import verify_bundle
from graphql_api.audit_log.log_reconciling import reconcile_log
from tests.sequenced_log import KEY, sequencing

INSERT = "INSERT INTO audit.events (id, record) VALUES ($1, $2)"
PROGRAMME = UUID(int=7)
EVENT_ID = UUID("01a2061c-606a-7001-9c7b-8a383ccbff79")
RECORD = {
    "actor": "service:bank",
    "at": "2026-01-01T00:00:00Z",
    "class": "value",
    "id": str(EVENT_ID),
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
    b'{"id":"x","parts":[{}]}',
    b'{"flows":[["account","much"]]}',
)


async def test_the_log_is_read_on_beyond_what_is_no_record(database_url: str) -> None:
    """Searches pass over it, reconciliation tells of it, and neither misses what else is there."""
    good = orjson.dumps(RECORD)
    enemy = await asyncpg.connect(database_url, server_settings={"role": "scrip_app"})
    try:
        await enemy.executemany(INSERT, [(uuid4(), record) for record in JUNK])
        await enemy.execute(INSERT, EVENT_ID, good)
    finally:
        await enemy.close()
    waiting = await reconcile_log(database_url, book_schema="book")
    async with sequencing(database_url) as sequencer:
        size = (await sequencer.sequence()).size
    logged = await reconcile_log(database_url, book_schema="book")

    auditor = await asyncpg.connect(database_url, server_settings={"role": "scrip_auditor"})
    wanted = EventFilter(programme=PROGRAMME)
    try:
        page = await search_page(auditor, wanted, before=size, limit=100)
        exported = await entries_meeting(auditor, wanted, start=0, stop=size)
    finally:
        await auditor.close()

    assert (size, waiting.entries, logged.entries) == (len(JUNK) + 1,) * 3
    assert sorted(waiting.differences) == sorted(logged.differences)
    assert Counter(what for _, what in logged.differences) == {
        "it is no record that the ledger writes": 5,
        "its record tells of another event, or of another row": 3,
    }
    assert [entry.record for entry in (*page.entries, *exported)] == [good, good]


async def test_an_auditor_sees_what_is_no_record(database_url: str) -> None:
    """A range is whole with it, and each line of it is named; what no line can hold is named as missing."""
    enemy = await asyncpg.connect(database_url, server_settings={"role": "scrip_app"})
    ids = sorted(uuid4() for _ in range(len(JUNK) + 1))
    async with sequencing(database_url) as sequencer:
        await enemy.executemany(INSERT, list(zip(ids, JUNK, strict=False)))
        size = (await sequencer.sequence()).size
        first = await verdict_on(database_url)
        await enemy.execute(INSERT, ids[-1], b"two\nlines")
        await sequencer.sequence()
    second = await verdict_on(database_url)
    await enemy.close()

    named = [finding.where for finding in first.results[Question.INTEGRITY].findings]
    assert first.failing == frozenset({Question.INTEGRITY})
    assert named == [f"entry {place}" for place in range(size)]
    assert second.results[Question.COMPLETENESS].findings == [
        (f"entry {size}", f"1 entries between 0 and {size} are missing")
    ]


async def verdict_on(url: str) -> Verdict:
    """What the verifier says of a bundle of the whole log."""
    auditor = await asyncpg.connect(url, server_settings={"role": "scrip_auditor"})
    async with auditor.transaction(isolation="repeatable_read", readonly=True):
        files = await export(auditor, Wanted(filter=EventFilter()), about={}, key=KEY)
    await auditor.close()
    return verify_bundle(unpack(pack(files)), Policy(key=KEY.verifier), [], datetime.now(UTC))
