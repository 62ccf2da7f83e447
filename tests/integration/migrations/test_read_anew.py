"""What processes keep of the registry they read anew after any change, for the database tells them of each."""

import pkgutil
from importlib import import_module

import pytest

import ledger
from ledger.engine.shelf import Shelf
from tests.integration.migrations.protected_database import APPEND_ONLY, connected, first_column, owners_connection

STANDING_VERSION = "SELECT standing_version FROM registry.instance"


async def test_what_is_kept_between_batches_is_read_anew_after_any_change(database_url: str) -> None:
    """Each table of a standing shelf raises the version that every batch compares, for a new row and a changed one."""
    modules = [m.name for m in pkgutil.walk_packages(ledger.__path__, "ledger.") if m.name.endswith(".rows")]
    shelves = [shelf for m in modules for shelf in vars(import_module(m)).values() if isinstance(shelf, Shelf)]
    standing = {f"{shelf.table.schema}.{shelf.table.name}" for shelf in shelves if shelf.standing}
    connection = await owners_connection(database_url)
    try:
        seen = [await connection.fetchval(STANDING_VERSION)]
        for table in sorted(standing):
            await connection.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE false")
            seen.append(await connection.fetchval(STANDING_VERSION))
            if table not in APPEND_ONLY:
                column = await first_column(connection, table)
                await connection.execute(f"UPDATE {table} SET {column} = DEFAULT WHERE false")
                seen.append(await connection.fetchval(STANDING_VERSION))
    finally:
        await connection.close()

    assert len(standing) > 10
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    "change",
    ["api_keys SET expires_at = NULL", "api_keys SET revoked_at = NULL", "merchants SET state = 'closed'"],
)
async def test_a_credential_that_ends_is_told_to_every_process(database_url: str, change: str) -> None:
    """What a process keeps of keys and merchants is read anew after the commit that changed them."""
    heard: list[str] = []
    async with connected(database_url) as listening, connected(database_url) as changing:
        await listening.add_listener("scrip_credentials", lambda *notice: heard.append(str(notice[2])))
        await changing.execute(f"UPDATE registry.{change} WHERE false")
        await listening.fetchval("SELECT 1")

    assert heard == ["scrip_credentials"]
