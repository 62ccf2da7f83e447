"""How many connections write."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from graphql_api.bootstrap import limits_of, open_application
from ledger.book.units import InvariantViolated
from ledger.engine.outcome import Outcome
from ledger.engine.unit import LIST_MAX
from ledger.engine.wire.pipeline import Statement
from ledger.members.enrol import Enrolled, EnrolMember
from ledger.points.earn import EarnPoints
from tests.checking import assert_clean
from tests.points_world import World

WRITERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'scrip'"
    " AND backend_type = 'client backend' AND pid <> ALL ($1)"
)


async def test_commands_one_by_one_are_written_on_one_connection(world: World) -> None:
    """A second one is opened when two batches are in flight at once, and no further one for so few commands."""
    there = [row["pid"] for row in await world.connection.fetch("SELECT pid FROM pg_stat_activity")]
    engine = world.application.engine

    def enrol(number: int) -> EnrolMember:
        # Nobody waits for the lock of another: on a busy machine a batch would have all of a few members in flight.
        return EnrolMember(actor=world.actor, key=f"e{number}", external_id=f"one-{number}")

    async def enrol_later(number: int) -> Outcome[Enrolled]:
        await asyncio.sleep(number / 2_000)
        return await engine.execute(enrol(number))

    for number in range(6):
        (await engine.execute(enrol(number))).unwrap()
    alone = await world.connection.fetchval(WRITERS, there)
    outcomes = await asyncio.gather(*(enrol_later(number) for number in range(6, 120)))

    assert alone <= 1
    assert all(outcome.refusal is None for outcome in outcomes)
    assert await world.connection.fetchval(WRITERS, there) == alone + 1


async def test_lists_are_written_on_all_connections_but_one(world: World) -> None:
    """As many batches are in flight, while a whole one waits for each; one writer is left to short submissions."""
    there = [row["pid"] for row in await world.connection.fetch("SELECT pid FROM pg_stat_activity")]
    limits = limits_of(world.application.settings)
    enrol = [
        EnrolMember(actor=world.actor, key=f"m{number}", external_id=f"list-{number}")
        for number in range(limits.writers * limits.batch_commands_max)
    ]
    lists = [enrol[begin : begin + LIST_MAX] for begin in range(0, len(enrol), LIST_MAX)]

    outcomes = await asyncio.gather(*map(world.application.engine.execute_list, lists))

    assert all(outcome.refusal is None for of_list in outcomes for outcome in of_list)
    assert await world.connection.fetchval(WRITERS, there) == limits.writers - 1


async def test_no_connection_stays_in_a_transaction(world: World) -> None:
    """What is committed or refused leaves its connection idle."""
    states = (
        "SELECT DISTINCT state FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'scrip'"
    )
    earn = EarnPoints(actor=world.actor, key="e", member_id=world.members[0], asset="EVER", amount=1)
    for command in (earn, earn, replace(earn, amount=2), replace(earn, key="f", member_id=world.merchant_id)):
        await world.application.engine.execute(command)
        assert [row["state"] for row in await world.connection.fetch(states)] == ["idle"]


async def test_a_connection_that_cannot_begin_is_given_back(world: World) -> None:
    """However many commands fail for it: a right that was taken away leaves no connection behind."""
    there = [row["pid"] for row in await world.connection.fetch("SELECT pid FROM pg_stat_activity")]
    await world.connection.execute("REVOKE SELECT ON book.journal_entries FROM scrip_app")
    earns = [
        EarnPoints(actor=world.actor, key=f"e{number}", member_id=member, asset="EVER", amount=1)
        for number, member in enumerate(world.members)
    ]

    failed = await asyncio.gather(*map(world.application.engine.execute, earns), return_exceptions=True)

    assert all(isinstance(each, asyncpg.InsufficientPrivilegeError) for each in failed)
    async with asyncio.timeout(10):
        while await world.connection.fetchval(WRITERS, there):  # noqa: ASYNC110  nothing else tells
            await asyncio.sleep(0.02)


async def test_an_update_that_finds_no_row_is_a_broken_invariant(world: World) -> None:
    """Nothing of the batch stands, whoever hid the row."""
    engine = world.application.engine
    earns = [
        EarnPoints(actor=world.actor, key=f"e{number}", member_id=world.members[0], asset="EVER", amount=1)
        for number in range(2)
    ]
    (await engine.execute(earns[0])).unwrap()
    await world.connection.execute(
        "CREATE FUNCTION public.skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        " CREATE TRIGGER hide BEFORE UPDATE ON book.accounts FOR EACH ROW EXECUTE FUNCTION public.skip()"
    )

    with pytest.raises(InvariantViolated, match="not there"):
        await engine.execute(earns[1])

    assert await world.connection.fetchval("SELECT count(*) FROM book.journal_entries") == 1


async def test_a_writer_sees_what_was_committed_while_it_waited(world: World, database_url: str) -> None:
    """Also where the server's default is another isolation, under which a transaction keeps its first snapshot."""
    name = await world.connection.fetchval("SELECT current_database()")
    await world.connection.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'repeatable read'")
    plain = await asyncpg.connect(database_url)
    writer = await world.application.database.open_writer()

    told = await plain.fetchval("SHOW transaction_isolation")
    [[(ours,)]] = await writer.run([Statement("SHOW transaction_isolation")])
    await plain.close()
    writer.close()

    assert (told, ours) == ("repeatable read", "read committed")


async def test_another_server_is_asked_anew_which_open_accounts_it_has(world: World, database_url: str) -> None:
    """After a failover that lost the merchant's first entry, the next one makes the account again."""
    engine = world.application.engine
    earns = [
        EarnPoints(
            actor=world.actor,
            key=f"e{number}",
            member_id=member,
            asset="EVER",
            amount=1,
            merchant_id=world.merchant_id,
        )
        for number, member in enumerate(world.members[:2])
    ]
    (await engine.execute(earns[0])).unwrap()
    open_accounts = "DELETE FROM book.accounts WHERE floor IS NULL AND ceiling IS NULL"
    await world.corrupt(open_accounts)

    await world.connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'scrip'"
    )
    (await engine.execute(earns[1])).unwrap()

    await assert_clean(database_url)


async def test_time_goes_on_from_the_latest_entry(world: World, database_url: str) -> None:
    """A process that starts where the database's clock fell back posts no earlier than the others did."""
    posted = "SELECT max(posted_at) FROM book.journal_entries"
    earn = EarnPoints(actor=world.actor, key="e", member_id=world.members[0], asset="EVER", amount=1)
    (await world.application.engine.execute(earn)).unwrap()
    before = await world.connection.fetchval(posted)
    await world.advance(timedelta(minutes=-10))

    async with open_application(world.application.settings, url=database_url) as started:
        later = EarnPoints(actor=world.actor, key="l", member_id=world.members[1], asset="EVER", amount=1)
        entry_id = (await started.engine.execute(later)).unwrap().entry_id

    assert (
        await world.connection.fetchval("SELECT posted_at FROM book.journal_entries WHERE id = $1", entry_id) == before
    )


async def test_ids_rise_with_what_was_decided(world: World) -> None:
    """Who had to wait for a lock has later ids than whoever held it, also in another process."""
    earns = [
        EarnPoints(actor=world.actor, key=key, member_id=world.members[0], asset="EVER", amount=1) for key in ("a", "b")
    ]
    (await world.application.engine.execute(earns[0])).unwrap()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"

    async with world.connection.transaction():
        await world.connection.execute("SELECT FROM book.accounts WHERE holder_id = $1 FOR UPDATE", world.members[0])
        decided = asyncio.create_task(world.application.engine.execute(earns[1]))
        # The database tells in no other way that somebody waits.
        while not (await world.connection.fetchval(waiting) or decided.done()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        held_until_ms = time.time_ns() // 1_000_000

    entry_id = (await decided).unwrap().entry_id
    assert entry_id is not None
    assert entry_id.int >> 80 >= held_until_ms
