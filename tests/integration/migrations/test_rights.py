"""What each role may do, compared with what the product does: no right lies about for an enemy to use."""

import pkgutil
import re
from collections.abc import AsyncIterator, Iterator
from importlib import import_module

import asyncpg
import pytest

import audit
import ledger
from ledger.engine.reader import Query
from ledger.engine.shelf import Shelf

SCHEMAS = "('audit', 'book', 'keys', 'registry')"
FUNCTIONS = f"""
    SELECT oid::regprocedure::text AS name, prosecdef AS is_definer, proconfig AS settings,
        EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee <> proowner) AS is_open
    FROM pg_proc WHERE pronamespace::regnamespace::text IN {SCHEMAS}
"""
RIGHTS = f"""
    SELECT role, format('%s.%s', relation.relnamespace::regnamespace, relation.relname) AS name, attname AS column,
        has_column_privilege(role, relation.oid, attnum, 'UPDATE') AS updates,
        has_any_column_privilege(role, relation.oid, 'SELECT') AS reads
    FROM pg_class relation JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped,
        unnest(ARRAY['scrip_app', 'scrip_sequencer', 'scrip_key_admin']) role
    WHERE relation.relkind IN ('r', 'v') AND relation.relnamespace::regnamespace::text IN {SCHEMAS}
"""
UPDATES = re.compile(r"\bUPDATE (\w+\.\w+)(?: \w+)? SET(.*)", re.DOTALL | re.IGNORECASE)
UPSERTS = re.compile(
    r"\bINSERT INTO (\w+\.\w+)(?:(?!INSERT INTO).)*?DO UPDATE SET(.*?)(?=INSERT INTO|$)", re.DOTALL | re.IGNORECASE
)
DEFINERS = {"audit.await_sequencer()", "audit.require_named_parts()", "registry.raise_standing_version()"}


@pytest.fixture
async def owner(database_url: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A connection in the role of the database's owner, a superuser."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def values() -> Iterator[object]:
    """What the modules of the ledger and of the audit log hold."""
    for package in (ledger, audit):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield from vars(import_module(module.name)).values()


def updated() -> set[tuple[str, str]]:
    """Tables and columns that a statement of the product updates, and perhaps some more that it names beside them."""
    found = {
        (f"{value.table.schema}.{value.table.name}", column)
        for value in values()
        if isinstance(value, Shelf)
        for column in value.updates
    }
    for value in values():
        text = value.compiled("book")[0] if isinstance(value, Query) else value
        if isinstance(text, str):
            plain = text.replace('"', "")
            for statement in (*UPDATES.finditer(plain), *UPSERTS.finditer(plain)):
                found |= {(statement[1], column) for column in re.findall(r"(\w+) ?=", statement[2])}
    return found


async def test_every_right_to_update_is_used(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A column that no statement of the product sets is nobody's to set."""
    rights = await owner.fetch(RIGHTS)

    assert {(row["name"], row["column"]) for row in rights if row["updates"]} - updated() == set()


async def test_the_sequencer_and_the_key_administrator_see_nothing_of_the_book(
    owner: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Their work is in the audit log and among the keys."""
    rights = await owner.fetch(RIGHTS)
    seen = {(row["role"], row["name"].split(".")[0]) for row in rights if row["reads"] and row["role"] != "scrip_app"}

    assert seen == {("scrip_sequencer", "audit"), ("scrip_key_admin", "audit"), ("scrip_key_admin", "keys")}


async def test_no_function_is_anybodys_to_call(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Triggers need no right to be called; names in their bodies mean what they mean to us, whoever is connected."""
    functions = await owner.fetch(FUNCTIONS)

    assert [row["name"] for row in functions if row["is_open"]] == []
    assert {row["name"] for row in functions if row["is_definer"]} == DEFINERS
    assert [
        row["name"]
        for row in functions
        if "search_path=pg_catalog, pg_temp" not in (row["settings"] or ()) and "forget_transactions" not in row["name"]
    ] == []


async def test_an_enemys_own_table_puts_nothing_among_what_waits(
    database_url: str, owner: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    """Nobody but events wait for their place: a ghost among them would stop the sequencer for ever."""
    decoy = (
        "CREATE TEMP TABLE decoy (id uuid);"
        "CREATE TRIGGER t AFTER INSERT ON decoy REFERENCING NEW TABLE AS new_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit.await_sequencer();"
        "INSERT INTO decoy VALUES (gen_random_uuid())"
    )
    enemy = await asyncpg.connect(database_url, server_settings={"role": "scrip_app"})
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await enemy.execute(decoy)
    finally:
        await enemy.close()

    with pytest.raises(asyncpg.RestrictViolationError, match="only events wait"):
        await owner.execute(decoy)
    assert await owner.fetchval("SELECT count(*) FROM audit.pending") == 0
