"""What the tables take: every line of `constraints.txt`, on a table that has this CHECK and nothing else."""

import asyncpg

from tests.databases import ROOT

LINES = [
    line
    for line in (ROOT / "tests" / "vectors" / "constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
CHECKS = """
    SELECT conname, conrelid::regclass::text AS name, pg_get_constraintdef(oid) AS definition
    FROM pg_constraint WHERE contype = 'c' AND connamespace::regnamespace::text IN ('audit', 'book', 'keys', 'registry')
"""


def spelt(value: str) -> str:
    """The value with what is repeated in it."""
    piece, _, times = value.strip("{}").partition("*")
    if not times:
        return value
    return "{" + ",".join([piece] * int(times)) + "}" if value.startswith("{") else piece * int(times)


async def takes(connection: "asyncpg.Connection[asyncpg.Record]", row: str) -> bool:
    """Whether the table `probe` takes a row with these columns."""
    named = [word.partition("=") for word in row.split()]
    columns, values = ", ".join(name for name, _, _ in named), ", ".join(f"'{spelt(value)}'" for _, _, value in named)
    try:
        async with connection.transaction():
            await connection.execute(f"INSERT INTO probe ({columns}) VALUES ({values})")
    except asyncpg.CheckViolationError:
        return False
    return True


async def test_every_check_takes_what_is_good_and_refuses_what_is_not(database_url: str) -> None:
    """The last line of defence holds at its edges; a new CHECK gets a line."""
    connection = await asyncpg.connect(database_url)
    wanted: dict[str, list[bool]] = {}
    found: dict[str, list[bool]] = {}
    try:
        defined = await connection.fetch(CHECKS)
        checks = {row["conname"]: row for row in defined}
        assert len(checks) == len(defined)
        for line in LINES:
            constraint, _, rows = line.partition(": ")
            check, good, *bad = checks[constraint], *rows.split(" | ")
            await connection.execute(
                f"CREATE TEMP TABLE probe AS SELECT * FROM {check['name']} WHERE false;"
                f"ALTER TABLE probe ADD {check['definition']}"
            )
            wanted[constraint] = [True, *(False for _ in bad)]
            found[constraint] = [await takes(connection, row) for row in (good, *bad)]
            await connection.execute("DROP TABLE probe")
    finally:
        await connection.close()

    assert found == wanted
    assert sorted(found) == sorted(checks)
