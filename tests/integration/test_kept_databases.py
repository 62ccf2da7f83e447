"""A database that is used again is as good as a fresh copy, and one that cannot be is not used again."""

from contextlib import closing

import asyncpg
import pytest

from tests.databases import DatabaseServer, run
from tests.kept_databases import USES_MAX, KeptDatabases

SEEN = """
SELECT (SELECT count(*) FROM registry.programmes), (SELECT clock_offset_us FROM registry.instance),
       (SELECT count(*) FROM audit.tree), nextval('audit.checkpoints_id_seq'),
       (SELECT deadlocks + xact_rollback FROM pg_stat_database WHERE datname = current_database())
"""


async def _see(url: str) -> tuple[object, ...]:
    connection = await asyncpg.connect(url)
    try:
        return tuple((await connection.fetch(SEEN))[0])
    finally:
        await connection.close()


async def _leave_rows(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection that is still in a transaction; what it committed before is more than the template has."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    await connection.execute(
        "INSERT INTO registry.programmes (id, code, name, time_zone, open_from)"
        " VALUES (gen_random_uuid(), 'A', 'A', 'UTC', now());"
        "UPDATE registry.instance SET clock_offset_us = 5; DELETE FROM audit.tree"
    )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await connection.execute("SELECT 1 / 0")
    await connection.execute("BEGIN; LOCK registry.programmes")
    return connection


async def test_nothing_of_a_test_is_left_for_the_next(server: DatabaseServer) -> None:
    """Rows, sequences, counters, connections and their locks are gone; the template's own rows are there again."""
    with closing(KeptDatabases(server)) as kept:
        with kept.lend("book") as url:
            first = await _see(url)
            left = await _leave_rows(url)
        with kept.lend("book") as again, kept.lend("book") as other:
            assert (again == url, other == url) == (True, False)
            assert await _see(again) == first == (0, 0, 1, 1, 0)
    assert left.is_closed()


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE public.more ()",
        "DROP TRIGGER events_append_only ON audit.events",
        "ALTER TABLE registry.programmes ADD COLUMN more text",
        "ALTER TABLE registry.programmes DISABLE TRIGGER ALL",
        "GRANT DELETE ON registry.programmes TO scrip_app",
        "CREATE FUNCTION public.more() RETURNS int RETURN 1",
    ],
)
def test_a_database_of_another_shape_is_not_used_again(server: DatabaseServer, change: str) -> None:
    """Whatever a test changes beyond rows ends the database, and the next test gets a fresh one."""

    async def make(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(change)
        await connection.close()

    with closing(KeptDatabases(server)) as kept:
        with kept.lend("book") as url:
            run(make(url))
        with kept.lend("book") as next_url:
            assert next_url != url


def test_a_database_is_used_so_often_and_no_more(server: DatabaseServer) -> None:
    """Dead rows and pages do not pile up for ever."""
    with closing(KeptDatabases(server)) as kept:
        urls = []
        for _ in range(USES_MAX + 1):
            with kept.lend("book") as url:
                urls.append(url)
    assert len({*urls}) == 2
    assert urls[:USES_MAX] == urls[:1] * USES_MAX
