"""Faults that a test plants in a book with a history, one beside the other, for the checker to find."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """SQL that plants one fault of its own; `pick` returns the row to spoil as $1, `spoil` changes it."""

    rule: str
    pick: str
    spoil: str


async def plant(
    connection: "asyncpg.Connection[asyncpg.Record]", corruptions: Sequence[Corruption]
) -> list[tuple[str, str]]:
    """Plants all of them at once, as a superuser's slip or a faulty disk would; the rules and the ids of their rows."""
    picked = [(each, await connection.fetchrow(each.pick)) for each in corruptions]
    assert [each.rule for each, row in picked if row is None] == []
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        await drop_constraints(connection)
        done = [(each.rule, row["id"], await connection.execute(each.spoil, row["id"])) for each, row in picked if row]
    assert [rule for rule, _, told in done if told.endswith(" 0")] == []
    return [(rule, str(id_)) for rule, id_, _ in done]


async def drop_constraints(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A faulty disk asks no constraint either."""
    rows = await connection.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'u') AND connamespace IN ('book'::regnamespace, 'registry'::regnamespace)"
    )
    for row in rows:
        await connection.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']} CASCADE")
