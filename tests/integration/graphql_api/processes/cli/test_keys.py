"""`scrip key turn-over`, `scrip key certificate` and `scrip hold`, each of which the audit log names."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from graphql_api.root_key import new_root_key
from graphql_api.settings import Settings
from tests.bank import Bank, bank
from tests.databases import ROOT
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
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCRIP_")}
    settings = bank.application.settings
    environ = {
        **clean,
        "SCRIP_DATABASE_URL": bank.url,
        "SCRIP_VAR": str(settings.var),
        "SCRIP_ROOT_KEY_FILE": str(settings.root_key_file),
    }
    command = [sys.executable, "-m", "graphql_api.processes.cli", *words]
    return await asyncio.to_thread(
        subprocess.run, command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


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
    assert [row["actor"].partition(":")[0] for row in actors] == ["cli"]


async def test_a_certificate_of_nobody_is_one_sentence(bank: Bank) -> None:
    """It says what may be the matter."""
    ended = await scrip(bank, "key", "certificate", str(uuid4()))

    assert ended.returncode == 2
    assert "was not erased" in ended.stderr


async def test_a_hold_is_placed_listed_and_released(bank: Bank) -> None:
    """And released once only."""
    placed = await scrip(bank, "hold", "place", "value", "--case", "77")
    hold = placed.stdout.strip()
    listed = json.loads((await scrip(bank, "hold", "list", "--json")).stdout)
    released = await scrip(bank, "hold", "release", hold)
    again = await scrip(bank, "hold", "release", hold)

    assert (listed["id"], listed["case_number"], listed["retention_class"]) == (hold, "77", "value")
    assert (placed.returncode, released.returncode, again.returncode) == (0, 0, 2)
    assert (await scrip(bank, "hold", "list")).stdout == ""
