"""Commands and their database: migrated from nothing, or what is wrong with it said in one line."""

import json
from pathlib import Path

import asyncpg

from migrations.shape import newest_revision
from tests.command_line import run_scrip
from tests.databases import run
from tests.integration.graphql_api.processes.whole_process import scrip


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_migrating_an_empty_database_says_what_happened(server_database: str) -> None:
    """The second time there is nothing to do."""
    first = scrip("migrate", "--json", SCRIP_DATABASE_URL=server_database)
    second = run_scrip("migrate", SCRIP_DATABASE_URL=server_database)

    outcome = json.loads(first.stdout)
    assert (first.returncode, outcome["before"]) == (0, None)
    assert (second.returncode, second.stdout) == (
        0,
        f"Nothing to do: the database is at {outcome['after']}.\n",
    )


def test_a_database_that_does_not_answer_is_one_line() -> None:
    """No traceback, and exit code 2."""
    ended = run_scrip("migrate", SCRIP_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert ended.returncode == 2
    assert ended.stderr.startswith("scrip: the database of SCRIP_DATABASE_URL does not answer")
    assert ended.stderr.count("\n") == 1


def test_a_database_that_takes_no_writes_is_one_line(database_url: str, tmp_path: Path) -> None:
    """As a standby takes none: where to turn is said."""
    read_only = f"{database_url}&default_transaction_read_only=on"

    ended = run_scrip("wallet", "1", SCRIP_DATABASE_URL=read_only, SCRIP_VAR=str(tmp_path))

    assert ended.returncode == 2
    assert ended.stderr.startswith("scrip: the database refused: cannot execute ")
    assert ended.stderr.endswith(
        " in a read-only transaction; it is a standby or set to read only, and SCRIP_DATABASE_URL has to name the one"
        " that writes.\n"
    )


def test_a_check_that_the_database_ends_is_one_line(database_url: str) -> None:
    """What PostgreSQL says of a rule is told as of any other question, and is no bug."""
    run(_execute(database_url, "DROP TABLE book.draws"))

    ended = scrip("check", SCRIP_DATABASE_URL=database_url)

    assert ended.returncode == 2
    assert ended.stderr == 'scrip: the database refused: relation "book.draws" does not exist; run `scrip migrate`.\n'


def test_a_book_of_another_release_or_name_is_not_checked(database_url: str) -> None:
    """Its rules would be those of other tables: it is said, and nothing called clean."""
    stands = "the database stands at {}, and this release needs " + newest_revision() + "; run `scrip migrate`"
    said = {
        "UPDATE registry.alembic_version SET version_num = '0001'": stands.format("0001"),
        "REVOKE SELECT ON registry.alembic_version FROM scrip_auditor": stands.format("0014 or before"),
    }
    other = scrip("check", SCRIP_DATABASE_URL=database_url, SCRIP_BOOK_SCHEMA="other")
    ended = []
    for statement in said:
        run(_execute(database_url, statement))
        ended.append(scrip("check", SCRIP_DATABASE_URL=database_url))

    assert [(each.returncode, each.stderr) for each in ended] == [(2, f"scrip: {why}.\n") for why in said.values()]
    assert other.returncode == 2
    assert other.stderr == "scrip: the database has no book in the schema other, which SCRIP_BOOK_SCHEMA names.\n"


def test_a_database_without_a_programme_says_how_to_make_one(database_url: str) -> None:
    """There is none to name yet."""
    ended = run_scrip("wallet", "1", SCRIP_DATABASE_URL=database_url)

    sentence = "scrip: this database has no programme yet; `scrip programme create` makes one.\n"
    assert (ended.returncode, ended.stderr) == (2, sentence)
