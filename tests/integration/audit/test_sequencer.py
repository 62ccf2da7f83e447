"""The sequencer: what waits gets its place once, in order, and every state of the log is signed."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from audit.checkpoint import verify_checkpoint
from audit.sequencer import HEARTBEAT, Sequencer, open_connection
from audit.tree import TreeDamaged
from tests.sequenced_log import (
    INSERT,
    KEY,
    Connection,
    assert_log_is_whole,
    event_ids,
    read_order,
    record_events,
    sequencing,
)


async def test_events_get_their_places_in_the_order_of_their_ids(connection: Connection, database_url: str) -> None:
    """Whatever the order in which they were inserted, in rounds of the size that is allowed."""
    ids = event_ids(700)
    await connection.execute(INSERT, ids[350:])
    await connection.execute(INSERT, ids[:350])

    async with sequencing(database_url, batch_max=300) as sequencer:
        sizes = [(await sequencer.sequence()).size for _ in range(4)]

    assert sizes == [300, 600, 700, 700]
    assert await read_order(connection) == ids
    await assert_log_is_whole(connection)


async def test_a_late_commit_is_not_passed_by(connection: Connection, database_url: str) -> None:
    """An event with a smaller id that commits after a larger one was sequenced gets the next place."""
    early, late = event_ids(2)
    other = await asyncpg.connect(database_url)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(INSERT, [early])
    await connection.execute(INSERT, [late])

    async with sequencing(database_url) as sequencer:
        await sequencer.sequence()
        await transaction.commit()
        await sequencer.sequence()

    assert await read_order(connection) == [late, early]
    await assert_log_is_whole(connection)
    await other.close()


async def test_an_event_older_than_a_round_looks_back_is_found_soon(connection: Connection, database_url: str) -> None:
    """Each round looks at the last ten minutes, and now and then everywhere; a new sequencer begins with that."""
    hour_ms = 3_600_000
    old = [
        UUID(int=(event_id.int >> 80) - hour_ms << 80 | 7 << 76 | number)
        for number, event_id in enumerate(event_ids(3))
    ]
    await connection.execute(INSERT, old[:1])
    counts = []

    async with sequencing(database_url) as sequencer:
        counts.append((await sequencer.sequence()).size)
        await connection.execute(INSERT, old[1:2])
        counts.append((await sequencer.sequence()).size)
    connected = await open_connection(database_url)
    sequencer = Sequencer(connected, KEY, look_everywhere_each=timedelta(milliseconds=50))
    counts.append((await sequencer.sequence()).size)
    await connection.execute(INSERT, old[2:])
    await asyncio.sleep(0.06)
    counts.append((await sequencer.sequence()).size)
    sequencer.terminate()

    assert counts == [1, 1, 2, 3]
    await assert_log_is_whole(connection)


async def test_a_backlog_of_hours_is_worked_off_in_order(connection: Connection, database_url: str) -> None:
    """While there is more than a round takes, nothing newer is taken before it."""
    hour_ms = 3_600_000
    fresh = event_ids(5)
    old = [UUID(int=(event_id.int >> 80) - hour_ms << 80 | 7 << 76 | number) for number, event_id in enumerate(fresh)]
    await connection.execute(INSERT, [*fresh, *old])

    async with sequencing(database_url, batch_max=2) as sequencer:
        for _ in range(6):
            await sequencer.sequence()

    assert await read_order(connection) == [*old, *fresh]
    await assert_log_is_whole(connection)


@pytest.mark.parametrize("sizes", [(255, 1, 1), (256, 256), (1, 255, 257), (65_530, 5, 1, 1)])
async def test_the_log_is_whole_across_the_borders_of_tiles(
    connection: Connection, database_url: str, sizes: tuple[int, ...]
) -> None:
    """Also where the sequencer is a new one each time, which reads the edge from the database."""
    for size in sizes:
        await record_events(connection, size)
        async with sequencing(database_url, batch_max=70_000) as sequencer:
            await sequencer.sequence()
        await assert_log_is_whole(connection)

    assert await connection.fetchval("SELECT size FROM audit.tree") == sum(sizes)


async def test_a_round_signs_what_it_has_sequenced(connection: Connection, database_url: str) -> None:
    """An empty log is signed once, each growth once, and nothing while nothing happens."""
    async with sequencing(database_url) as sequencer:
        signed = [(await sequencer.sequence()).is_signed, (await sequencer.sequence()).is_signed]
        await record_events(connection, 3)
        signed += [(await sequencer.sequence()).is_signed, (await sequencer.sequence()).is_signed]

    assert signed == [True, False, True, False]
    checkpoints = await connection.fetch("SELECT size FROM audit.checkpoints ORDER BY id")
    assert [row["size"] for row in checkpoints] == [0, 3]


async def test_an_idle_log_has_a_heartbeat(connection: Connection, database_url: str) -> None:
    """After a minute without events the same tree is signed again, with the new time."""
    async with sequencing(database_url) as sequencer:
        await sequencer.sequence()
    await connection.execute("ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL")
    await connection.execute("UPDATE audit.checkpoints SET signed_at = signed_at - $1::interval", HEARTBEAT)

    async with sequencing(database_url) as sequencer:
        beat = await sequencer.sequence()
        still = await sequencer.sequence()

    assert (beat.is_signed, still.is_signed) == (True, False)
    rows = await connection.fetch("SELECT size, signed_at, note FROM audit.checkpoints ORDER BY id")
    assert [row["size"] for row in rows] == [0, 0]
    assert verify_checkpoint(rows[1]["note"], KEY.verifier).signed_at == rows[1]["signed_at"].replace(microsecond=0)


async def test_delays_are_counted_from_the_making_of_the_id(connection: Connection, database_url: str) -> None:
    """Milliseconds between the event's id and the round."""
    now_ms = time.time_ns() // 1_000_000
    ids = [UUID(int=(now_ms - age_ms) << 80 | 7 << 76 | 0b10 << 62) for age_ms in (5_000, 100)]
    await connection.execute(INSERT, ids)

    async with sequencing(database_url) as sequencer:
        delays = (await sequencer.sequence()).delays_ms

    assert len(delays) == 2
    assert 5_000 <= delays[0] < 65_000
    assert delays[0] - delays[1] == 4_900


async def test_one_sequencer_stands_in_at_a_time(database_url: str) -> None:
    """The other takes over when the first one's connection ends."""
    async with sequencing(database_url) as first, sequencing(database_url) as second:
        assert [await first.stand_in(), await second.stand_in()] == [True, False]
        first.terminate()
        async with asyncio.timeout(30):
            while not await second.stand_in():  # noqa: ASYNC110 - the server tells nobody that a session ended
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit.tree SET root = sha256('other')",
        "UPDATE audit.leaves SET hash = sha256('other') WHERE index = 300",
        "DELETE FROM audit.leaves WHERE index = 300",
        "UPDATE audit.tiles SET root = sha256('other')",
        "DELETE FROM audit.tiles",
        "DELETE FROM audit.events WHERE id = (SELECT id FROM audit.pending ORDER BY id DESC LIMIT 1)",
    ],
)
async def test_a_damaged_tree_does_not_grow(connection: Connection, database_url: str, damage: str) -> None:
    """What does not fit together is neither appended to nor signed; the events keep waiting."""
    await record_events(connection, 301)
    async with sequencing(database_url) as sequencer:
        await sequencer.sequence()
    await record_events(connection, 5)
    for table in ("tree", "leaves", "tiles", "events"):
        await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER ALL")
    await connection.execute(damage)
    before = await connection.fetch("SELECT * FROM audit.tree, (SELECT count(*) FROM audit.checkpoints) signed")

    async with sequencing(database_url) as sequencer:
        with pytest.raises(TreeDamaged):
            await sequencer.sequence()

    assert await connection.fetch("SELECT * FROM audit.tree, (SELECT count(*) FROM audit.checkpoints) signed") == before
    assert await connection.fetchval("SELECT count(*) FROM audit.pending") == 5


async def test_a_sequencer_that_others_overtook_reads_the_edge_again(connection: Connection, database_url: str) -> None:
    """Two that take turns without knowing of each other keep one log."""
    async with sequencing(database_url) as one, sequencing(database_url) as other:
        for number in range(6):
            await record_events(connection, 100)
            await (one, other)[number % 2].sequence()

    assert await connection.fetchval("SELECT size FROM audit.tree") == 600
    await assert_log_is_whole(connection)


@pytest.mark.parametrize("table", ["leaves", "tiles", "checkpoints"])
async def test_what_is_in_the_log_cannot_be_changed(connection: Connection, table: str) -> None:
    """Not even by the owner's slip."""
    column = await connection.fetchval(
        "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 2", f"audit.{table}"
    )
    for statement in (
        f"UPDATE audit.{table} SET {column} = {column}",
        f"DELETE FROM audit.{table}",
        f"TRUNCATE audit.{table}",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("UPDATE audit.tree SET size = 2", asyncpg.CheckViolationError),
        ("UPDATE audit.tree SET size = 0", asyncpg.CheckViolationError),
        ("INSERT INTO audit.leaves VALUES (5, gen_random_uuid(), sha256('')); UPDATE audit.tree SET size = 2", None),
        ("DELETE FROM audit.tree", asyncpg.RestrictViolationError),
        ("TRUNCATE audit.pending", asyncpg.RestrictViolationError),
        ("INSERT INTO audit.leaves SELECT 1, event_id, hash FROM audit.leaves", asyncpg.UniqueViolationError),
    ],
)
async def test_the_size_follows_the_leaves(
    connection: Connection, database_url: str, statement: str, error: type[asyncpg.PostgresError] | None
) -> None:
    """The tree neither shrinks nor grows without leaves, no place is left out, and no event has two."""
    await record_events(connection, 1)
    async with sequencing(database_url) as sequencer:
        await sequencer.sequence()

    with pytest.raises(error or asyncpg.CheckViolationError):
        await connection.execute(statement)


@pytest.mark.parametrize("role", ["scrip_app", "scrip_auditor", "scrip_key_admin"])
async def test_nobody_but_the_sequencer_writes_the_log(database_url: str, role: str) -> None:
    """Neither the application nor an auditor can place, take back or sign anything."""
    connection = await asyncpg.connect(database_url, server_settings={"role": role})
    for statement in (
        "INSERT INTO audit.leaves VALUES (0, gen_random_uuid(), sha256(''))",
        "INSERT INTO audit.tiles VALUES (0, 0, '', '')",
        "INSERT INTO audit.checkpoints (size, signed_at, note) VALUES (0, now(), '')",
        "UPDATE audit.tree SET size = 1",
        "DELETE FROM audit.pending",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


def test_the_heartbeat_is_a_minute() -> None:
    """An auditor may call a checkpoint stale soon after it."""
    assert timedelta(seconds=60) == HEARTBEAT
