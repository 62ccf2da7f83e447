"""A newer release migrates the database while processes of this one go on."""

import asyncpg

from graphql_api.bootstrap import open_application
from ledger.members.freeze import FreezeMember
from ledger.partners.register import create_merchant
from tests.bank import Bank

GROW = """
SELECT string_agg(format('ALTER TABLE %I.%I ADD newer boolean NOT NULL DEFAULT false', schemaname, tablename), ';')
FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
"""


async def test_columns_of_types_that_we_do_not_know_disturb_nobody(bank: Bank) -> None:
    """They are sent as NULL, like every column that this release does not know."""
    member_id = await bank.enrol("m")
    owner = await asyncpg.connect(bank.url)
    await owner.execute("ALTER TABLE book.journal_entries ADD newer jsonb, ADD newest numeric")
    await owner.close()

    await bank.earn(member_id, 1)

    assert (await bank.account(member_id))["posted"] == 1


async def test_a_table_put_in_anothers_place_is_written(bank: Bank) -> None:
    """Its rows are of a type that the server did not have when we connected: a new connection knows it."""
    member_id = await bank.enrol("m")
    await bank.earn(member_id, 1)
    owner = await asyncpg.connect(bank.url)
    for statement in (
        "CREATE TABLE book.twin (LIKE book.statement_lines INCLUDING ALL)",
        "GRANT SELECT ON book.twin TO PUBLIC",
        "GRANT INSERT ON book.twin TO scrip_app",
        "INSERT INTO book.twin SELECT * FROM book.statement_lines",
        "ALTER TABLE book.statement_lines RENAME TO former",
        "ALTER TABLE book.twin RENAME TO statement_lines",
    ):
        await owner.execute(statement)
    await owner.close()

    await bank.earn(member_id, 2)

    assert (await bank.account(member_id))["posted"] == 3
    assert await bank.count("book.statement_lines") == 2


async def test_columns_of_a_newer_release_disturb_neither_who_writes_nor_who_starts(bank: Bank) -> None:
    """Batches, units of work and sealed reasons stand, of a process that ran before and of one that starts after."""
    member_id = await bank.enrol("m")
    await bank.earn(member_id, 1)
    owner = await asyncpg.connect(bank.url)
    await owner.execute(await owner.fetchval(GROW))
    await owner.close()

    await bank.earn(member_id, 2)
    frozen = FreezeMember(actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member_id, reason="twice")
    (await bank.application.engine.execute(frozen)).unwrap()
    async with open_application(bank.application.settings, url=bank.url) as started:
        operator = bank.actor("operator", "olga")
        await create_merchant(started.units, operator, partner_id=bank.partner_id, code="002", name="Other")

    assert (await bank.account(member_id))["posted"] == 3
    assert await bank.count("registry.merchants") == 2
    assert await bank.count("audit.parts") == 1
