"""Roll-ups: a balance of an open account is the last cut plus what came after, whatever is in flight."""

import asyncio

import asyncpg

from ledger.book.account import Role, account_id
from ledger.engine.roll_up import open_balances, roll_up
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints
from ledger.reports.check import check_book
from tests.points_world import World


async def _spend(world: World, amount: int) -> None:
    engine, member = world.application.engine, world.members[0]
    spend = SpendPoints(
        actor=world.actor, key=world.key(), member_id=member, amount=amount, merchant_id=world.merchant_id
    )
    (await engine.execute(spend)).unwrap()


async def _roll_up(world: World) -> int:
    """Rolls up once nothing is in flight: transactions of other tests' databases hold back the cut as well."""
    for _ in range(500):
        if written := await roll_up(world.application.reader, world.application.units, entries_min=1):
            return written
        await asyncio.sleep(0.02)
    return 0


async def test_a_balance_is_the_roll_up_and_what_came_after(world: World, database_url: str) -> None:
    """Before, at and after cuts the merchant's balance is the sum of its postings, and the checker agrees."""
    reader, units = world.application.reader, world.application.units
    receivable = account_id(world.merchant_id, world.asset(), Role.RECEIVABLE)
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], amount=100)
    (await world.application.engine.execute(earn)).unwrap()

    seen = []
    for amount in (1, 2, 3):
        await _spend(world, amount)
        seen.append((await open_balances(reader, world.programme_id, [receivable]))[receivable])
        assert await _roll_up(world) > 0
        seen.append((await open_balances(reader, world.programme_id, [receivable]))[receivable])

    assert seen == [1, 1, 3, 3, 6, 6]
    assert await roll_up(reader, units, entries_min=1) == 0
    assert await open_balances(reader, world.merchant_id, [receivable]) == {}
    assert (await check_book(database_url, book_schema="book", book_number=1)).is_clean


async def test_a_cut_stands_before_what_is_in_flight(world: World, database_url: str) -> None:
    """An entry that commits after a cut, though its transaction is older, is counted after it and never lost."""
    reader, units = world.application.reader, world.application.units
    receivable = account_id(world.merchant_id, world.asset(), Role.RECEIVABLE)
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], amount=100)
    (await world.application.engine.execute(earn)).unwrap()
    assert await _roll_up(world) > 0
    slow = await asyncpg.connect(database_url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("SELECT pg_current_xact_id()")

    await _spend(world, 4)
    while_open = await roll_up(reader, units, entries_min=1)
    balance = (await open_balances(reader, world.programme_id, [receivable]))[receivable]
    await transaction.rollback()
    await slow.close()

    assert (while_open, balance) == (0, 4)
    assert await _roll_up(world) > 0
    assert (await open_balances(reader, world.programme_id, [receivable]))[receivable] == 4


async def test_a_dump_in_another_cluster_begins_anew(world: World, database_url: str) -> None:
    """Transaction ids of elsewhere are reported; once they are forgotten, roll-ups and balances are right again."""
    reader, units = world.application.reader, world.application.units
    receivable = account_id(world.merchant_id, world.asset(), Role.RECEIVABLE)
    earn = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], amount=100)
    (await world.application.engine.execute(earn)).unwrap()
    await _spend(world, 4)
    await roll_up(reader, units, entries_min=1)
    elsewhere = "(tx_id::text::bigint + 1000000000)::text::xid8"
    await world.corrupt(
        f"UPDATE book.journal_entries SET tx_id = {elsewhere}",
        f"UPDATE audit.events SET tx_id = {elsewhere}",
        f"UPDATE book.roll_ups SET cut_tx_id = {elsewhere.replace('tx_id', 'cut_tx_id')}",
        f"UPDATE book.roll_up_cuts SET cut_tx_id = {elsewhere.replace('tx_id', 'cut_tx_id')}",
    )

    restored = await check_book(database_url, book_schema="book", book_number=1)
    await world.connection.execute("CALL book.forget_transactions()")
    await _spend(world, 5)
    await roll_up(reader, units, entries_min=1)

    assert [result.rule.name for result in restored.rules if result.count] == ["transactions_are_past"]
    assert await open_balances(reader, world.programme_id, [receivable]) == {receivable: 9}
    assert (await check_book(database_url, book_schema="book", book_number=1)).is_clean
