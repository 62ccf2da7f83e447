"""What `tables.py` of each room says, against the migrated database: batches write whole rows, so order counts."""

import pkgutil
from importlib import import_module

import asyncpg
from sqlalchemy.dialects import postgresql

import ledger
from ledger.engine.tables import METADATA

COLUMNS = """
    SELECT relation.relnamespace::regnamespace || '.' || relation.relname AS name,
           array_agg(attribute.attname || ' ' || format_type(attribute.atttypid, attribute.atttypmod)
                     ORDER BY attribute.attnum) AS columns
    FROM pg_class relation
    JOIN pg_attribute attribute ON attribute.attrelid = relation.oid AND attribute.attnum > 0
    WHERE relation.relkind IN ('r', 'p', 'v') AND NOT attribute.attisdropped
      AND relation.relnamespace::regnamespace::text IN ('book', 'registry')
    GROUP BY 1
"""


async def test_every_table_has_the_columns_of_the_database_in_their_order(database_url: str) -> None:
    """Names, types and order are the migrations'; what the database alone fills comes last and may be left out."""
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        if module.name.endswith(".tables"):
            import_module(module.name)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    declared = {
        f"{table.schema}.{table.name}": [f"{c.name} {c.type.compile(dialect).lower()}" for c in table.c]
        for table in METADATA.tables.values()
    }

    connection = await asyncpg.connect(database_url)
    try:
        migrated = {row["name"]: row["columns"] for row in await connection.fetch(COLUMNS)}
    finally:
        await connection.close()

    assert len(declared) > 20
    assert declared == {name: migrated.get(name, [])[: len(columns)] for name, columns in declared.items()}
