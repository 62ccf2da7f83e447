"""The command line as a user meets it: answers on standard output, one line of complaint, an exit code."""

import json
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import asyncpg
import jwt

from graphql_api.processes.demo.cast_file import DemoCast, remember_cast
from migrations.shape import newest_revision
from tests.command_line import run_scrip
from tests.databases import ROOT, run
from tests.shell import SCRIP, environment, in_shell


def scrip(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `scrip` in a process of its own, where how that starts is part of the rule."""
    return subprocess.run(
        [*SCRIP, *words],
        env=environment(**environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_the_version_is_that_of_the_installed_package() -> None:
    """One line, from the package's own description; it needs no database and no setting."""
    told = scrip("--version", SCRIP_DATABASE_URL="nonsense")

    assert (told.returncode, told.stdout, told.stderr) == (0, f"scrip {version('scrip')}\n", "")


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


def test_refused_lines_never_take_the_place_of_the_file(tmp_path: Path) -> None:
    """A run begins by removing what an earlier one refused, so the two may not be one; nothing is touched."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"type": "enrol", "member": "C-1"}\n', encoding="utf-8")
    other = tmp_path / "b.jsonl"
    other.symlink_to(path)

    ended = [run_scrip("import", path, "--dry-run", "--refused", named) for named in (path, other)]

    assert [each.returncode for each in ended] == [2, 2]
    assert (
        ended[0].stderr == f"scrip: --refused names {path} itself, which a run would write over; name another file.\n"
    )
    assert (path.exists(), other.exists()) == (True, True)


def test_where_refused_lines_cannot_be_written_nothing_is_begun(tmp_path: Path) -> None:
    """Said at once, not at the first refused line; and what only has a name among files, as a device, is written to and
    stays.
    """
    path, link = tmp_path / "a.jsonl", tmp_path / "stderr"
    path.write_text('{"type": "enrol"}\n', encoding="utf-8")
    link.symlink_to("/dev/stderr")

    folder = run_scrip("import", path, "--dry-run", "--refused", tmp_path)
    told = run_scrip("import", path, "--dry-run", "--refused", link)
    full = run_scrip("import", path, "--dry-run", "--refused", "/dev/full")

    assert (folder.returncode, folder.stdout, folder.stderr) == (2, "", f"scrip: Is a directory: {tmp_path}.\n")
    assert (told.returncode, json.loads(told.stderr)["code"]) == (1, "MISSING_FIELD")
    assert link.is_symlink()
    assert (full.returncode, full.stderr) == (2, "scrip: No space left on device: /dev/full.\n")


def test_a_source_is_named_as_a_token_could_name_it(tmp_path: Path) -> None:
    """What the API would refuse as the name of a caller stands in no audit record through a file either."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"type": "enrol", "member": "C-1"}\n', encoding="utf-8")

    ended = [run_scrip("import", path, "--dry-run", "--source", name) for name in ("", "x" * 256, "a\tb", "core")]

    assert [each.returncode for each in ended] == [2, 2, 2, 0]
    assert ended[2].stderr == "scrip: 'a\\tb' names no source: 1 to 255 bytes that can be printed do.\n"


def test_production_refusals_are_one_line_each() -> None:
    """Each starts with the variable that is wrong."""
    ended = scrip("serve", SCRIP_ENV="production")

    assert ended.returncode == 2
    assert [line.split()[1] for line in ended.stderr.splitlines()] == [
        "SCRIP_DATABASE_URL",
        "SCRIP_ROOT_KEY_FILE",
        "SCRIP_JWT_JWKS_URL",
        "SCRIP_LOG_ORIGIN",
    ]


def test_development_tokens_are_refused_in_production(tmp_path: Path) -> None:
    """Whoever can run a command on a server must not be able to make itself an approver."""
    ended = run_scrip(
        "token",
        "--role",
        "approver",
        SCRIP_ENV="production",
        SCRIP_DATABASE_URL="postgresql://scrip@db/scrip",
        SCRIP_ROOT_KEY="ab" * 32,
        SCRIP_JWT_JWKS_URL="https://id.bank.example/keys",
        SCRIP_JWT_ISSUER="https://id.bank.example",
        SCRIP_LOG_ORIGIN="bank.example/scrip",
        SCRIP_VAR=str(tmp_path),
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert list(tmp_path.iterdir()) == []


def test_a_token_names_its_role(tmp_path: Path) -> None:
    """And the machine-readable form says how long it lasts."""
    ended = scrip("token", "--role", "member", "--ttl", "60", "--json", SCRIP_VAR=str(tmp_path))

    printed = json.loads(ended.stdout)
    assert (printed["role"], printed["expiresInSeconds"]) == ("member", 60)
    assert printed["token"].count(".") == 2


def test_a_token_stands_for_the_demos_cast(tmp_path: Path) -> None:
    """What is pasted works: an unnamed member is the demo's, of the demo's programme."""
    cast = DemoCast(programme_id=UUID(int=5), member_external_id="1609", merchant_id=UUID(int=6))
    remember_cast(tmp_path, "postgresql://db", cast)

    ended = run_scrip("token", "--role", "member", SCRIP_VAR=str(tmp_path))

    claims = jwt.decode(ended.stdout.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["scrip_member"]) == ("1609", "1609")
    assert claims["scrip_programme"] == str(cast.programme_id)


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


def test_a_database_without_a_programme_says_how_to_make_one(database_url: str) -> None:
    """There is none to name yet."""
    ended = run_scrip("wallet", "1", SCRIP_DATABASE_URL=database_url)

    sentence = "scrip: this database has no programme yet; `scrip programme create` makes one.\n"
    assert (ended.returncode, ended.stderr) == (2, sentence)


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


def test_wrong_usage_ends_with_code_2() -> None:
    """As every Unix tool does."""
    assert run_scrip("token", "--role", "king").returncode == 2
    assert run_scrip("conquer").returncode == 2
