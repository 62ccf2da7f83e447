"""Commands and their terminal: closed streams, full disks, other encodings, Ctrl-C and hanging up."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.databases import ROOT
from tests.integration.graphql_api.processes.whole_process import scrip
from tests.shell import in_shell


def test_what_a_shell_has_closed_is_written_to_nobody() -> None:
    """A command whose streams were closed ends as it would otherwise, and says the rest where it still can."""
    closed = {"schema >&-": 0, "schema >&- 2>&- <&-": 0, "import none.csv 2>&-": 2, "schema <&-": 0}

    ended = [in_shell(f"scrip {words}") for words in closed]

    assert [(each.returncode, each.stderr) for each in ended] == [(code, "") for code in closed.values()]
    assert [len(each.stdout) > 100_000 for each in ended] == [False, False, False, True]


def test_a_reader_that_leaves_changes_nothing() -> None:
    """`| head` is no error: the command ends with its own code, and nobody complains."""
    ended = in_shell("(scrip schema; echo $? >&2) | head -c 1; (scrip --help; echo $? >&2) | true")

    assert (ended.stdout, ended.stderr.split()) == ('"', ["0", "0"])


def test_every_encoding_of_a_terminal_can_be_written(tmp_path: Path) -> None:
    """What it lacks is written by its number, in JSON by JSON's own: no command fails by its own words."""
    (tmp_path / "a.jsonl").write_text("{}")
    where = ("--refused", f"{tmp_path}/refusé", "--dry-run")

    schema = scrip("schema", PYTHONIOENCODING="ascii")
    plain = scrip("import", f"{tmp_path}/a.jsonl", *where, PYTHONIOENCODING="ascii")
    listed = scrip("import", f"{tmp_path}/a.jsonl", *where, "--json", PYTHONIOENCODING="ascii")

    assert (schema.returncode, schema.stderr, "\\u2026" in schema.stdout) == (0, "", True)
    assert f"The refused lines are in {tmp_path}/refus\\xe9.\n" in plain.stdout
    assert json.loads(listed.stdout)["refusedFile"] == f"{tmp_path}/refusé"


def test_an_argument_that_is_no_text_is_one_line(database_url: str) -> None:
    """As from a terminal of another encoding; a computed id and the database would both choke on it."""
    for words in ("wallet 'm\udcfcller'", "campaign show 'm\udcfcller'"):
        ended = in_shell(
            f"scrip programme create p --name P --time-zone UTC; scrip {words}", SCRIP_DATABASE_URL=database_url
        )

        assert ended.returncode == 2
        assert ended.stderr.splitlines()[-1] == (
            "scrip: an argument holds bytes that are no text in this locale; names are UTF-8."
        )


def test_what_cannot_be_written_is_one_line(database_url: str) -> None:
    """On a full disk a short answer fails as a long one does; what else went wrong is told instead."""
    full = "scrip: No space left on device: standard output.\n"

    ended = {
        words: in_shell(f"scrip {words} > /dev/full", SCRIP_DATABASE_URL=database_url)
        for words in ("check", "migrate", "schema", "--version", "wallet nobody")
    }

    assert {each.returncode for each in ended.values()} == {2}
    assert {each.stderr for words, each in ended.items() if words != "wallet nobody"} == {full}
    assert "programme" in ended["wallet nobody"].stderr


def test_ctrl_c_while_a_command_is_still_imported_says_nothing() -> None:
    """Whoever typed the wrong command and noticed at once is shown no traceback."""
    script = (
        "import os, signal, sys\n"
        "class Typed:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'graphql_api.processes.cli.failure':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Typed())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from graphql_api.processes.cli import main\n"
        "main()\n"
    )

    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_a_terminal_that_is_closed_ends_a_command_as_ctrl_c_does() -> None:
    """What the command holds is given back; under nohup it goes on."""
    program = (
        "import os, signal, time\n"
        "from graphql_api.processes.cli.failure import report_failures\n"
        "with report_failures():\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGHUP); time.sleep(0.1)\n"
        "    finally:\n"
        "        print('given back')\n"
    )

    plain, kept = (
        subprocess.run([*words, sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        for words in (("env", "--default-signal=HUP"), ("nohup",))
    )

    assert (plain.returncode, kept.returncode) == (130, 0)
    assert plain.stdout == kept.stdout == "given back\n"
