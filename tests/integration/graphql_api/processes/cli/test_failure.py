"""How a command fails on what is outside: one sentence that names the setting, and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import run_scrip
from tests.databases import ROOT
from tests.shell import environment, in_shell


def test_what_the_driver_cannot_use_names_the_setting(tmp_path: Path) -> None:
    """Whichever part of the URL it is: a socket that is not there, a certificate that is none."""
    junk = tmp_path / "ca.pem"
    junk.write_text("no certificate")
    url = "postgresql://nobody@127.0.0.1:1/none?sslmode=verify-full&sslrootcert"
    told = {
        f"postgresql://nobody@/none?host={tmp_path}": "the database of SCRIP_DATABASE_URL does not answer (No such file",
        f"{url}={junk}": "there is no encrypted connection to the database of SCRIP_DATABASE_URL (",
        f"{url}={tmp_path}/lost": "SCRIP_DATABASE_URL names sslrootcert=",
    }

    for given, words in told.items():
        ended = run_scrip("migrate", SCRIP_DATABASE_URL=given)
        assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
        assert ended.stderr.startswith(f"scrip: {words}")


@pytest.mark.parametrize(
    ("command", "setting"), [("run", "SCRIP_VAR"), ("migrate", "SCRIP_VAR"), ("worker", "SCRIP_LOG_FOLDER")]
)
def test_a_folder_that_cannot_be_made_names_its_setting(command: str, setting: str) -> None:
    """In one sentence, before anything is begun; nobody can make a folder there, root neither."""
    ended = run_scrip(command, **{setting: "/proc/none"})

    sentence = f"scrip: {setting}: /proc/none cannot be made (No such file or directory); name another folder.\n"
    assert (ended.returncode, ended.stderr) == (2, sentence)


def test_a_database_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """As on a disk without room: the reason of initdb, without its account of all that it did before."""
    ended = in_shell("ulimit -f 64; scrip migrate", SCRIP_VAR=str(tmp_path))

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"scrip: no database could be made in {tmp_path} (")
    assert ended.stderr.endswith("); SCRIP_VAR names another folder.\n")
    assert ended.stderr.count("\n") == 1


def test_an_embedded_database_that_is_lost_names_no_setting(tmp_path: Path) -> None:
    """Nobody set one; the command that lost it is the same as ever otherwise."""
    program = (
        "from graphql_api.processes.cli.failure import report_failures\n"
        "import asyncio, asyncpg\n"
        f"with report_failures(): asyncio.run(asyncpg.connect('postgresql://postgres@/scrip?host={tmp_path}'))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.stderr == "scrip: the embedded PostgreSQL does not answer (No such file or directory).\n"


def test_a_connection_that_is_ended_says_why(database_url: str) -> None:
    """Not that transactions, which end with it, cannot be ended any more."""
    program = (
        "from graphql_api.processes.cli.failure import report_failures\n"
        "import asyncio, time\n"
        "from ledger.engine.check_rule import rule\n"
        "from ledger.reports.check import check_book\n"
        "limit = \"SELECT set_config('idle_in_transaction_session_timeout', '50', true) AS subject\"\n"
        "rules = [rule('impatient', '', limit, differs=lambda row: time.sleep(0.3))]\n"
        f"checked = check_book({database_url!r}, book_schema='book', book_number=1, rules=rules)\n"
        "with report_failures(): asyncio.run(checked)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment(), cwd=ROOT, capture_output=True, text=True, check=False
    )

    sentence = "scrip: the database refused: connection was closed in the middle of operation.\n"
    assert (ended.returncode, ended.stderr) == (2, sentence)


def test_the_embedded_database_knows_no_other_server(tmp_path: Path) -> None:
    """What the shell has for psql is not taken for it, by its programs or by the driver."""
    elsewhere = {
        "PGPORT": "5499",
        "PGSSLMODE": "verify-full",
        "PGSERVICE": "bank",
        "PGOPTIONS": "-c role=nobody",
        "PGTARGETSESSIONATTRS": "standby",
        "PGTZ": "Nowhere",
    }

    ended = run_scrip("migrate", SCRIP_VAR=str(tmp_path), **elsewhere)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("error", ["EOFError('marshal data too short')", "BrokenPipeError(32, 'Broken pipe')"])
def test_what_is_no_end_of_the_terminal_is_explained(error: str) -> None:
    """An end of file or a pipe of something else's, which the command line's library would take for its own."""
    program = (
        "import sys; sys.argv = ['scrip', 'schema']\n"
        "from graphql_api.processes.cli import commands, main\n"
        "app = commands.app\n"
        "@app.command('schema')\n"
        f"def fail(): raise {error}\n"
        "main()"
    )

    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.stderr.startswith("scrip: ")
    assert ended.stderr.count("\n") == 1
    assert error.split("'")[1] in ended.stderr
    assert ended.returncode in (2, 3)
