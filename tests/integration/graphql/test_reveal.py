"""Revealing what is private: each part says what became of it, and a damaged one keeps nobody from the others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from graphql_api.permissions import Role
from tests.integration.graphql.compliance import APPROVAL, adjust, approve, told
from tests.integration.graphql.desk import Desk

REVEALED = "query R($id: ID!) { revealedParts(approvalId: $id) { state text } }"


async def reveal(desk: Desk, reason: str) -> str:
    """Carla may read a reason for a correction; the request's id."""
    given = {"eventIds": [await adjust(desk, reason)], "purpose": "complaint 7", "idempotencyKey": desk.key()}
    asked = await desk.change(desk.caller(Role.COMPLIANCE, "carla"), "revealParts", given, APPROVAL)
    await approve(desk, asked["approvalId"])
    return str(asked["approvalId"])


async def seen(desk: Desk, approval_id: str) -> list[dict[str, str | None]]:
    """What Carla is shown."""
    shown = await desk.ask(desk.caller(Role.COMPLIANCE, "carla"), REVEALED, id=approval_id)
    return list(shown["revealedParts"])


@asynccontextmanager
async def damaged(desk: Desk, *statements: str) -> AsyncIterator[None]:
    """Somebody past whom no trigger stands did this to parts and keys; afterwards they are as they were."""
    enemy = await asyncpg.connect(desk.bank.url, server_settings={"session_replication_role": "replica"})
    tables = ("audit.parts", "keys.subjects")
    kept = {table: await enemy.fetch(f"SELECT * FROM {table}") for table in tables}
    for statement in statements:
        await enemy.execute(statement)
    yield
    for table, rows in kept.items():
        await enemy.execute(f"DELETE FROM {table}")
        schema, _, name = table.partition(".")
        await enemy.copy_records_to_table(name, schema_name=schema, records=[tuple(row) for row in rows])
    await enemy.close()


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM audit.parts",
        "UPDATE audit.parts SET sealed = set_byte(sealed, 9, get_byte(sealed, 9) # 1)",
        "UPDATE audit.parts SET sealed = ''",
        "UPDATE audit.parts SET suite = 2",
        "UPDATE audit.parts SET name = 'other'",
        "UPDATE audit.parts SET epoch = 'value/1999-01'",
        "UPDATE audit.parts SET subject_id = 'e2469266-a215-4e2c-a741-444078e8a0c2'",
        "UPDATE keys.subjects SET wrapped = set_byte(wrapped, 9, get_byte(wrapped, 9) # 1)",
    ],
)
async def test_a_damaged_part_is_called_damaged(desk: Desk, damage: str) -> None:
    """Neither left out, nor shown as erased, nor an error of ours."""
    approval_id = await reveal(desk, "she called in tears")
    whole = await seen(desk, approval_id)

    async with damaged(desk, damage):
        shown = await seen(desk, approval_id)

    assert whole == [{"state": "OPENED", "text": "she called in tears"}]
    assert shown == [{"state": "DAMAGED", "text": None}]


async def test_what_was_destroyed_is_said_to_be(desk: Desk) -> None:
    """The person's key and part are gone, and the record still names the part; that somebody looked is recorded."""
    approval_id = await reveal(desk, "she called in tears")

    destroyed = "UPDATE keys.subjects SET state = 'destroyed', wrapped = NULL, bucket_id = NULL"
    async with damaged(desk, "DELETE FROM audit.parts", destroyed):
        shown = await seen(desk, approval_id)

    assert shown == [{"state": "DESTROYED", "text": None}]
    assert len(await told(desk, "parts_revealed")) == 1
