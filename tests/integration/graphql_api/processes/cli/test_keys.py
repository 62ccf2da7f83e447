"""`scrip key turn-over`, `scrip key certificate`, `scrip legal-hold` and `scrip audit rotate-key`, each of which the log names."""

import asyncio
import json
import subprocess
from pathlib import Path
from uuid import uuid4

import pytest

from audit.policy import parse_policy
from audit.sequencer import Sequencer, open_connection
from audit.signing import SigningKey
from graphql_api.audit_log.log_key import load_log_key
from graphql_api.audit_log.root_key import new_root_key
from graphql_api.settings import Settings
from tests.bank import Bank, bank
from tests.command_line import run_scrip
from tests.fixtures_application import application

__all__ = ["application", "bank"]


@pytest.fixture
def settings(book_schema: str, tmp_path: Path) -> Settings:
    """Root keys in a file, as the command line finds them too."""
    key_file = tmp_path / "root.key"
    key_file.touch(mode=0o600)
    key_file.write_text(new_root_key().hex() + "\n")
    return Settings(var=tmp_path, root_key_file=key_file, book_schema=book_schema)


async def scrip(bank: Bank, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command, ended."""
    settings = bank.application.settings
    environ = {
        "SCRIP_DATABASE_URL": bank.url,
        "SCRIP_VAR": str(settings.var),
        "SCRIP_ROOT_KEY_FILE": str(settings.root_key_file),
    }
    return await asyncio.to_thread(run_scrip, *words, **environ)


async def test_the_root_is_turned_over_from_the_command_line(bank: Bank) -> None:
    """The file holds another key afterwards, the fingerprint says so, and who did it is recorded."""
    before = (await scrip(bank, "key", "fingerprint")).stdout.strip()

    done = await scrip(bank, "key", "turn-over")

    after = (await scrip(bank, "key", "fingerprint")).stdout.strip()
    assert (done.returncode, done.stderr) == (0, "")
    assert before != after
    assert before in done.stdout
    assert after in done.stdout
    actors = await bank.fetch(
        "SELECT convert_from(record, 'UTF8')::jsonb ->> 'actor' AS actor FROM audit.events"
        " WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = 'root_key_destroyed'"
    )
    assert [row["actor"].partition(":")[0] for row in actors] == ["operator"]


async def test_a_certificate_of_nobody_is_one_sentence(bank: Bank) -> None:
    """It says what may be the matter."""
    ended = await scrip(bank, "key", "certificate", str(uuid4()))

    assert ended.returncode == 2
    assert "was not erased" in ended.stderr


async def test_a_hold_is_placed_listed_and_released(bank: Bank) -> None:
    """And released once only."""
    placed = await scrip(bank, "legal-hold", "place", "value", "--case", "77")
    hold = placed.stdout.strip()
    listed = json.loads((await scrip(bank, "legal-hold", "list", "--json")).stdout)
    released = await scrip(bank, "legal-hold", "release", hold)
    again = await scrip(bank, "legal-hold", "release", hold)

    assert (listed["id"], listed["case"], listed["class"]) == (hold, "77", "value")
    assert (placed.returncode, released.returncode, again.returncode) == (0, 0, 2)
    assert (await scrip(bank, "legal-hold", "list")).stdout == "No legal hold stands.\n"


async def test_a_hold_names_a_case(bank: Bank) -> None:
    """Nothing, blanks and what no record has room for are refused, and no hold is placed."""
    for case in ("", " ", "7\n7", "7" * 5000):
        ended = await scrip(bank, "legal-hold", "place", "value", "--case", case)
        sentence = "scrip: --case is the number of a case, of 1 to 200 characters that can be printed.\n"
        assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", sentence)

    assert (await scrip(bank, "legal-hold", "list", "--json")).stdout == ""


async def test_the_logs_key_is_replaced_from_the_command_line(bank: Bank) -> None:
    """Both sign after the first step; the old one is retired once a worker has signed with the new one."""
    settings = Settings(var=bank.application.settings.var, log_origin="localhost/scrip")
    rotated = await scrip(bank, "audit", "rotate-key")
    await sign(bank.url, load_log_key(settings))
    retired = await scrip(bank, "audit", "retire-key")

    key = load_log_key(settings)
    assert (rotated.returncode, rotated.stdout) == (0, f"log {key.verifier}\n")
    assert (retired.returncode, key.former) == (0, None)
    assert parse_policy(retired.stdout).former[0].size_max == 0


async def sign(url: str, key: SigningKey) -> None:
    """Let a worker sign once."""
    connection = await open_connection(url)
    try:
        await Sequencer(connection, key).sequence()
    finally:
        await connection.close()
