"""The house rules hold for every file, and each rule finds a planted violation."""

import subprocess
from functools import cache

import pytest

from tests.contracts import tidy
from tests.contracts.tidy import RULES, Rule, Source, modules_without_importer
from tests.databases import ROOT

ENTRY_POINTS = frozenset(
    {
        "graphql_api/processes/cli/__main__.py",
        # Alembic reads it by its name.
        "migrations/env.py",
        "benchmarks/__main__.py",
    }
)

FOLDERS = ("ledger", "audit", "graphql_api", "migrations", "benchmarks", "tests")


@cache
def sources() -> list[Source]:
    """Return every Python file of the project that Git knows or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *FOLDERS]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = sorted({path for path in listed.split("\0") if path.endswith(".py") and (ROOT / path).is_file()})
    return [Source(path=path, text=(ROOT / path).read_text(encoding="utf-8")) for path in paths]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_rule_holds(rule: Rule) -> None:
    """No file breaks it."""
    assert [finding for source in sources() for finding in rule(source)] == []


def test_every_module_is_imported() -> None:
    """A module that nothing imports and nobody starts is removed."""
    assert modules_without_importer(sources(), ENTRY_POINTS) == []


def test_a_duration_may_be_a_float() -> None:
    """Waits are no amounts; their name says so."""
    text = "def wait(pause_seconds: float) -> None: ...\n\nclass A:\n    decide_ms: float\n"

    assert list(tidy.no_floats(Source(path="ledger/engine/queue.py", text=text))) == []


LONG_BODY = "\n".join("    pass" for _ in range(60))

PLANTED: tuple[tuple[Rule, str, str], ...] = (
    (tidy.file_is_short, "ledger/book/lot.py", "\n" * 301),
    (tidy.functions_are_short, "ledger/book/lot.py", f"def f():\n{LONG_BODY}\n"),
    (tidy.name_is_allowed, "ledger/points/utils.py", ""),
    (tidy.name_is_allowed, "graphql_api/helpers/text.py", ""),
    (tidy.only_engine_commits, "ledger/points/earn.py", "async def f(tx):\n    await tx.commit()\n"),
    (tidy.no_floats, "ledger/points/rate.py", "share = float('0.1')\n"),
    (tidy.no_floats, "audit/record.py", "def f(amount: float) -> None: ...\n"),
    (tidy.no_wall_clock, "ledger/points/earn.py", "import datetime\nnow = datetime.datetime.now()\n"),
    (tidy.no_wall_clock, "audit/record.py", "import time\nnow = time.time()\n"),
    (tidy.no_randomness, "ledger/points/code.py", "from secrets import token_bytes\n"),
    (tidy.no_randomness, "ledger/points/code.py", "import os\nnonce = os.urandom(12)\n"),
    (tidy.no_swallowed_exceptions, "graphql_api/x.py", "try:\n    f()\nexcept:\n    raise\n"),
    (tidy.no_swallowed_exceptions, "graphql_api/x.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
    (tidy.no_swallowed_exceptions, "graphql_api/x.py", "with suppress(Exception):\n    f()\n"),
    (tidy.todos_name_an_issue, "graphql_api/x.py", "x = 1  \x23 TODO later\n"),
    (tidy.pragmas_name_a_code, "graphql_api/x.py", "x = 1  \x23 noqa\n"),
    (tidy.pragmas_name_a_code, "graphql_api/x.py", "x = 1  \x23 type: ignore\n"),
)


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_each_rule_finds_what_it_forbids(rule: Rule, path: str, text: str) -> None:
    """One planted violation is one finding."""
    assert len(list(rule(Source(path=path, text=text)))) == 1


def test_a_module_without_importer_is_found() -> None:
    """A file that only its own test imports counts as imported; one that nobody imports does not."""
    planted = [
        Source(path="ledger/a.py", text="from ledger import b\n"),
        Source(path="ledger/b.py", text=""),
        Source(path="ledger/main.py", text="import ledger.a\n"),
        Source(path="ledger/dead.py", text=""),
    ]

    assert modules_without_importer(planted, frozenset({"ledger/main.py"})) == ["ledger/dead.py"]
