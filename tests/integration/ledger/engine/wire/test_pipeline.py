"""Pipelines on a real server: together in one round trip, one after the other, and none after a failure."""

import asyncio
import gc
from weakref import ref

import asyncpg
import pytest

from ledger.book.units import InvariantViolated
from ledger.engine.database import Database
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Pipeline, Statement
from ledger.engine.wire.row_packer import UnknownTypeError
from tests.integration.ledger.engine.wire.conftest import Connection

BEGIN, COMMIT, ROLLBACK = Statement("BEGIN"), Statement("COMMIT"), Statement("ROLLBACK")
STATE = "SELECT state FROM pg_stat_activity WHERE pid = $1"


async def pid_of(writer: Pipeline) -> int:
    """The server's process."""
    [[(pid,)]] = await writer.run([Statement("SELECT pg_backend_pid()")])
    assert isinstance(pid, int)
    return pid


async def test_statements_are_answered_in_their_order(writer: Pipeline) -> None:
    """With the rows of each; those that answer nothing have none."""
    many = Statement("SELECT n::bigint, n::text FROM generate_series(1, 20000) AS n")
    statements = [Statement("SELECT 1"), BEGIN, many, COMMIT, Statement("SELECT 2 WHERE false"), Statement("SELECT 3")]

    found = await writer.run(statements)

    assert found == [[(1,)], [], [(n, str(n)) for n in range(1, 20_001)], [], [], [(3,)]]


async def test_statements_are_prepared_once_together(writer: Pipeline) -> None:
    """One more round trip for all that are new, none for those that are known, also twice in one pipeline."""
    taken = []
    for statements in (["SELECT 1", "SELECT 2", "SELECT 1"], ["SELECT 2", "SELECT 1"], ["SELECT 1", "SELECT 3"]):
        before = writer.round_trips
        await writer.run([Statement(sql) for sql in statements])
        taken.append(writer.round_trips - before)
    assert taken == [2, 1, 2]


async def test_nothing_runs_after_a_failure(writer: Pipeline, plain: Connection) -> None:
    """Not even the commit; the transaction is undone, and the connection goes on."""
    await plain.execute("CREATE TABLE public.kept (n integer PRIMARY KEY); GRANT INSERT ON public.kept TO scrip_app")
    insert = Statement("INSERT INTO public.kept VALUES (1)")

    with pytest.raises(asyncpg.UniqueViolationError):
        await writer.run([BEGIN, insert, insert, COMMIT])
    assert await plain.fetchval(STATE, await pid_of_failed(writer)) in {"idle", "active"}

    assert await plain.fetchval("SELECT count(*) FROM public.kept") == 0
    await writer.run([BEGIN, insert, COMMIT])
    assert await plain.fetchval("SELECT count(*) FROM public.kept") == 1


async def pid_of_failed(writer: Pipeline) -> int:
    """After the failed transaction was ended, which answers nothing before."""
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await pid_of(writer)
    await writer.run([ROLLBACK])
    return await pid_of(writer)


async def test_a_statement_that_cannot_be_prepared_leaves_the_others_usable(writer: Pipeline) -> None:
    """Those of the same pipeline are prepared again under other names."""
    with pytest.raises(asyncpg.UndefinedTableError):
        await writer.run([Statement("SELECT 1"), Statement("SELECT * FROM public.nothing"), Statement("SELECT 2")])
    assert await writer.run([Statement("SELECT 1"), Statement("SELECT 2")]) == [[(1,)], [(2,)]]


async def test_preparing_in_vain_leaves_nothing_behind(writer: Pipeline) -> None:
    """However often: the server keeps one statement for each that was asked for, and a type without a form is none."""
    prepared = Statement("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'scrip%'")
    for _ in range(20):
        with pytest.raises(asyncpg.UndefinedTableError):
            await writer.run([Statement("SELECT 1"), Statement("SELECT 2"), Statement("SELECT * FROM public.nothing")])
        with pytest.raises(UnknownTypeError):
            await writer.run([Statement("SELECT interval '1 day'")])
    [[(count,)]] = await writer.run([prepared])
    assert count <= 5


async def test_an_error_is_not_kept(writer: Pipeline) -> None:
    """Whoever let go of it has freed it, and the batch that its traceback holds."""
    gc.collect()
    gc.disable()
    try:
        with pytest.raises(asyncpg.DivisionByZeroError) as raised:
            await writer.run([Statement("SELECT 1 / 0")])
        error = ref(raised.value)
        del raised
        await asyncio.sleep(0)
        assert error() is None
    finally:
        gc.enable()


async def test_one_pipeline_at_a_time(writer: Pipeline) -> None:
    """A second one is refused, and the first goes on."""
    asked = asyncio.create_task(writer.run([Statement("SELECT 1"), Statement("SELECT pg_sleep(0.1)::text")]))
    await asyncio.sleep(0)
    with pytest.raises(asyncpg.InterfaceError, match="in flight"):
        await writer.run([Statement("SELECT 1")])
    assert (await asked)[0] == [(1,)]


async def test_a_commit_that_commits_nothing_is_an_error(writer: Pipeline) -> None:
    """PostgreSQL answers the commit of a failed transaction without one."""
    tx = Tx(writer)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await tx.begin([Statement("SELECT 1 / 0")])
    with pytest.raises(InvariantViolated):
        await tx.commit([])
    await tx.begin([Statement("SELECT 1")])
    await tx.commit([])


async def test_each_statement_sees_what_was_committed_before_it(writer: Pipeline, plain: Connection) -> None:
    """What is read behind a lock in the same round trip is as new as whoever held the lock has left it."""
    await plain.execute("CREATE TABLE public.kept (id integer, n integer); INSERT INTO public.kept VALUES (1, 0)")
    await plain.execute("GRANT SELECT, UPDATE ON public.kept TO scrip_app")
    lock = Statement("SELECT n FROM public.kept WHERE id = 1 FOR UPDATE")
    beside = Statement("SELECT n FROM public.kept")
    await writer.run([beside])

    keeper = plain.transaction()
    await keeper.start()
    await plain.execute("UPDATE public.kept SET n = 7")
    asked = asyncio.create_task(writer.run([BEGIN, lock, beside, ROLLBACK]))
    await asyncio.sleep(0.2)
    assert not asked.done()
    await keeper.commit()

    assert await asked == [[], [(7,)], [(7,)], []]


async def test_a_column_may_become_nullable_while_we_run(database_url: str, plain: Connection) -> None:
    """Its rows are read as they are, before and after, also in one answer."""
    await plain.execute("CREATE TABLE public.kept (n bigint NOT NULL, t text NOT NULL, m integer NOT NULL)")
    await plain.execute(
        "INSERT INTO public.kept VALUES (1, 'one', -1); GRANT SELECT, INSERT ON public.kept TO scrip_app"
    )
    late = await Database(database_url, book_schema="book", pool_size=1).open_writer()
    everything = Statement("SELECT n, t, m FROM public.kept ORDER BY m")
    before = await late.run([everything])

    await plain.execute("ALTER TABLE public.kept ALTER n DROP NOT NULL, ALTER t DROP NOT NULL")
    await plain.execute("INSERT INTO public.kept VALUES (NULL, 'two', 2), (3, NULL, 3), (NULL, NULL, 4)")
    after = await late.run([everything])
    late.close()

    assert before == [[(1, "one", -1)]]
    assert after == [[(1, "one", -1), (None, "two", 2), (3, None, 3), (None, None, 4)]]


async def test_a_killed_connection_tells_whoever_waits(writer: Pipeline, plain: Connection) -> None:
    """And whoever asks afterwards."""
    pid = await pid_of(writer)
    asked = asyncio.create_task(writer.run([Statement("SELECT 1"), Statement("SELECT pg_sleep(60)::text")]))
    await asyncio.sleep(0.2)
    await plain.execute("SELECT pg_terminate_backend($1)", pid)

    with pytest.raises(asyncpg.ConnectionDoesNotExistError) as raised:
        await asked
    assert isinstance(raised.value.__cause__, asyncpg.AdminShutdownError)
    assert writer.is_closed
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await writer.run([Statement("SELECT 1")])


async def test_a_connection_killed_while_idle_is_known_to_be_gone(writer: Pipeline, plain: Connection) -> None:
    """What comes without having been asked for is the driver's."""
    await plain.execute("SELECT pg_terminate_backend($1)", await pid_of(writer))
    async with asyncio.timeout(10):
        while not writer.is_closed:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)


async def test_who_stops_waiting_loses_the_connection(writer: Pipeline) -> None:
    """The rest of the answers would pass for those to the next question."""
    asked = asyncio.create_task(writer.run([Statement("SELECT pg_sleep(60)::text")]))
    await asyncio.sleep(0.1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert writer.is_closed


async def test_a_closed_connection_ends_the_wait(writer: Pipeline) -> None:
    """As by the writer's own clock, when an answer never comes."""
    asked = asyncio.create_task(writer.run([Statement("SELECT pg_sleep(60)::text")]))
    await asyncio.sleep(0.1)
    writer.close()
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await asked
