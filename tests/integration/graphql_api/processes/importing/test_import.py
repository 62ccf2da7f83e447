"""`scrip import` against a real book: every line accepted once or refused by name, whatever happens meanwhile."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.processes.demo.programme import demo_actor
from graphql_api.processes.programme_file.step import NOBODY
from graphql_api.settings import Settings
from ledger.partners.register import create_merchant, create_partner
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import create_asset, create_programme
from tests.command_line import run_scrip
from tests.databases import ROOT, run
from tests.shell import SCRIP, environment

BALANCES = """
    SELECT m.external_id, a.posted FROM book.accounts a JOIN book.members m ON m.id = a.holder_id
    WHERE a.role = 'wallet' AND a.version > 0 ORDER BY 1
"""


async def _set_up(url: str, var: Path) -> None:
    async with open_application(Settings(var=var), url=url) as application:
        units = application.units
        programme = await create_programme(
            units, demo_actor(NOBODY), code="bank", name="Bank", time_zone="Europe/Berlin"
        )
        actor = demo_actor(programme.id)
        await create_asset(units, actor, code="POINTS", kind="points", terms=AssetTerms(expiry="never"))
        partner = await create_partner(units, actor, code="shops", name="Shops")
        await create_merchant(units, actor, partner_id=partner.id, code="367", name="Shop 367")


async def _rows(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def _environment(url: str, var: Path) -> Mapping[str, str]:
    return environment(SCRIP_DATABASE_URL=url, SCRIP_VAR=str(var))


def _command(*words: object) -> list[str]:
    return [*SCRIP, *map(str, words)]


def _import(path: Path, url: str, var: Path, *more: str) -> tuple[int, dict[str, object]]:
    """The exit code and the report."""
    done = run_scrip("import", path, "--json", *more, SCRIP_DATABASE_URL=url, SCRIP_VAR=str(var))
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def _check(url: str, var: Path) -> int:
    return run_scrip("check", SCRIP_DATABASE_URL=url, SCRIP_VAR=str(var)).returncode


def _write(path: Path, *lines: Mapping[str, object] | str) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def _refused(path: Path) -> list[tuple[int, str]]:
    lines = Path(f"{path}.refused.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((entry["line"], entry["code"]) for entry in map(json.loads, lines))


def test_every_line_is_accepted_or_listed_with_its_number_and_code(database_url: str, tmp_path: Path) -> None:
    """Also the malformed; those behind them go on, and a second run finds everything as it was."""
    run(_set_up(database_url, tmp_path))
    path = _write(
        tmp_path / "a.jsonl",
        {"type": "earn", "member": "C-1", "amount": 10},
        {"type": "enrol", "member": "C-1"},
        {"type": "enrol", "member": "C-1"},
        {"type": "earn", "member": "C-1", "amount": 500, "merchant": "367", "reference": "r-1"},
        {"type": "earn", "member": "C-1", "amount": 500, "merchant": "367", "reference": "r-1"},
        "{broken",
        {"type": "spend", "member": "C-1", "amount": 100, "merchant": "999"},
        {"type": "spend", "member": "C-1", "amount": 900, "merchant": "367"},
        {"type": "spend", "member": "C-1", "amount": 200, "merchant": "367"},
        {"type": "earn", "member": "C-1", "amount": 5, "asset": "MILES"},
        {"type": "enrol", "member": "C-2"},
        {"type": "opening", "member": "C-2", "total": 7, "lots": [{"amount": 6, "granted_on": "2020-01-01"}]},
        {"type": "opening", "member": "C-2", "total": 0, "lots": []},
        {"type": "opening", "member": "C-2", "total": 8, "lots": []},
        {"type": "opening", "member": "C-2", "total": 0, "lots": [{"amount": 6, "granted_on": "2020-01-01"}]},
    )

    first_code, first = _import(path, database_url, tmp_path)
    first_refused = _refused(path)
    again_code, again = _import(path, database_url, tmp_path)

    assert (first_code, again_code) == (1, 1)
    assert (
        first_refused
        == _refused(path)
        == [
            (1, "MEMBER_NOT_FOUND"),
            (3, "EXTERNAL_ID_TAKEN"),
            (5, "REFERENCE_TAKEN"),
            (6, "BAD_JSON"),
            (7, "MERCHANT_NOT_FOUND"),
            (8, "INSUFFICIENT_POINTS"),
            (10, "ASSET_NOT_FOUND"),
            (12, "OPENING_DIFFERS"),
            (14, "OPENING_DIFFERS"),
            (15, "OPENING_DIFFERS"),
        ]
    )
    assert first["accepted"] == again["accepted"] == {"enrol": 2, "earn": 1, "spend": 1, "nothing": 1}
    assert (first["known"], again["known"]) == (0, 4)
    assert first["openingsThatDiffer"] == [
        {"line": line, "member": "C-2", "stated": stated, "lots": lots}
        for line, stated, lots in ((12, 7, 6), (14, 8, 0), (15, 0, 6))
    ]
    assert run(_rows(database_url, BALANCES)) == [("C-1", 300)]
    assert _check(database_url, tmp_path) == 0


def test_the_examples_are_good(database_url: str, tmp_path: Path) -> None:
    """What the documentation shows is accepted but for the lines that show a refusal."""
    run(_set_up(database_url, tmp_path))
    codes = {
        name: _import(ROOT / "examples" / "import" / name, database_url, tmp_path, "--refused", str(tmp_path / name))[1]
        for name in ("members.jsonl", "balances.csv", "activities.csv")
    }
    history = ROOT / "examples" / "import" / "history.jsonl"
    replayed = _import(history, database_url, tmp_path, "--replay", "--refused", str(tmp_path / "history"))

    assert codes["members.jsonl"]["refused"] == {"OPENING_DIFFERS": 1}
    assert codes["balances.csv"]["refused"] == codes["activities.csv"]["refused"] == {}
    assert codes["activities.csv"]["accepted"] == {"activity": 4}
    assert replayed[0] == 2
    assert "history comes before everything else" in str(replayed[1]["error"])


def test_history_is_decided_at_its_own_time(database_url: str, tmp_path: Path) -> None:
    """A spend that came before its earn is refused, one after it is taken, both dated to their instants."""
    run(_set_up(database_url, tmp_path))
    history = ROOT / "examples" / "import" / "history.jsonl"

    code, report = _import(history, database_url, tmp_path, "--replay", "--refused", str(tmp_path / "r"))

    assert (code, report["refused"]) == (1, {"INSUFFICIENT_POINTS": 1})
    entries = run(
        _rows(database_url, "SELECT kind, posted_at::date::text FROM book.journal_entries ORDER BY posted_at")
    )
    assert entries == [("enrol", "2016-03-01"), ("earn", "2016-03-04"), ("spend", "2016-03-20")]


def test_a_replay_goes_on_whatever_its_first_lines_came_to(database_url: str, tmp_path: Path) -> None:
    """A second run knows the first one by what it decided, also behind lines that burn no key and activities."""
    run(_set_up(database_url, tmp_path))
    activity = {"type": "activity", "activity": "purchase", "at": "2017-01-01T00:00:00Z"}
    path = _write(
        tmp_path / "a.jsonl",
        {**activity, "member": "C-1", "event": "e-1", "source": "no/source"},
        {**activity, "member": "C-1", "event": "e-2"},
        {"type": "enrol", "member": "C-1", "at": "2017-01-02T00:00:00Z"},
        {"type": "earn", "member": "C-1", "amount": 5, "at": "2017-01-03T00:00:00Z"},
    )

    first = _import(path, database_url, tmp_path, "--replay")
    again = _import(path, database_url, tmp_path, "--replay")

    assert first[1]["accepted"] == again[1].get("accepted") == {"enrol": 1, "earn": 1}
    assert again[1]["known"] == 2
    assert (first[1]["refused"], again[1]["refused"]) == ({"MEMBER_NOT_FOUND": 2}, {"INVALID_INPUT": 2})


def test_a_live_import_begins_no_replay(database_url: str, tmp_path: Path) -> None:
    """Whoever forgot --replay at first is told that history comes before everything else, and nothing is posted behind it."""
    run(_set_up(database_url, tmp_path))
    path = _write(
        tmp_path / "a.jsonl",
        {"type": "earn", "member": "C-1", "amount": 5, "at": "2017-01-02T00:00:00Z"},
        {"type": "spend", "member": "C-1", "amount": 5, "at": "2017-01-03T00:00:00Z"},
    )
    _import(_write(tmp_path / "m.jsonl", {"type": "enrol", "member": "C-1"}), database_url, tmp_path)

    live = _import(path, database_url, tmp_path)
    replay = _import(path, database_url, tmp_path, "--replay")

    assert (live[1]["accepted"], live[1]["refused"]) == ({"earn": 1}, {"AT_NEEDS_REPLAY": 1})
    assert replay[0] == 2
    assert str(replay[1]["error"]).endswith("; history comes before everything else.\n")
    assert _count(database_url, "book.journal_entries WHERE kind = 'spend'") == 0


def test_a_replay_out_of_order_writes_nothing(database_url: str, tmp_path: Path) -> None:
    """The file is read through first; the message names the line."""
    run(_set_up(database_url, tmp_path))
    days = (2, 3, 1)
    lines = ({"type": "enrol", "member": f"C-{day}", "at": f"2017-01-0{day}T00:00:00Z"} for day in days)
    path = _write(tmp_path / "a.jsonl", *lines)

    code, report = _import(path, database_url, tmp_path, "--replay")

    assert code == 2
    assert "line 3 is of 2017-01-01" in str(report["error"])
    assert run(_rows(database_url, "SELECT 1 FROM book.members")) == []


@pytest.mark.parametrize("interrupts", ["default", "ignore"])
def test_a_stopped_and_a_killed_import_are_run_again_to_the_same_end(
    database_url: str, tmp_path: Path, interrupts: str
) -> None:
    """SIGTERM, as Ctrl-C, ends it with one sentence on what stands, no report, and 130, also in the background of a script,
    which ignores SIGINT; kill -9 with nothing. Neither loses or doubles anything.
    """
    run(_set_up(database_url, tmp_path))
    members = 1_500
    path = _write(
        tmp_path / "a.jsonl",
        *({"type": "enrol", "member": f"C-{n:04}"} for n in range(members)),
        *({"type": "earn", "member": f"C-{n % members:04}", "amount": n + 1} for n in range(3 * members)),
        *({"type": "spend", "member": f"C-{n:04}", "amount": 5_000} for n in range(members)),
    )

    stopped = _end_import(path, database_url, tmp_path, signal.SIGTERM, entries=0, interrupts=interrupts)
    stood = _count(database_url, "book.requests")
    killed = _end_import(
        path, database_url, tmp_path, signal.SIGKILL, entries=max(stood, 2 * members), interrupts=interrupts
    )
    done_before = _count(database_url, "book.requests")
    code, report = _import(path, database_url, tmp_path)

    said = re.fullmatch(
        r"scrip: stopped at ([0-9,]+) lines, \1 accepted and 0 refused\. "
        r"Run the same command again to go on; nothing is done twice\.\n",
        stopped.stderr,
    )
    assert said is not None, stopped.stderr
    assert int(said[1].replace(",", "")) == stood < 5 * members
    assert (stopped.returncode, stopped.stdout, killed.returncode) == (130, "", -signal.SIGKILL)
    assert 2 * members < done_before < 5 * members
    sums = [3 * n + 3 + 3 * members for n in range(members)]
    balances = [(f"C-{n:04}", held - 5_000 if held >= 5_000 else held) for n, held in enumerate(sums)]
    assert run(_rows(database_url, BALANCES)) == balances
    assert (code, report["refused"]) == (1, {"INSUFFICIENT_POINTS": sum(held < 5_000 for held in sums)})
    assert report["known"] != 0
    assert _check(database_url, tmp_path) == 0


def _end_import(
    path: Path, url: str, var: Path, number: signal.Signals, *, entries: int, interrupts: str
) -> "subprocess.CompletedProcess[str]":
    """Imports the file with `--json` until the book has more than so many entries, and then sends the signal."""
    process = subprocess.Popen(
        ["env", f"--{interrupts}-signal=INT", *_command("import", path, "--json")],
        env=_environment(url, var),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while _count(url, "book.journal_entries") <= entries and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    printed, complained = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, printed, complained)


def _count(url: str, table: str) -> int:
    counted = run(_rows(url, f"SELECT count(*) FROM {table}"))[0][0]
    assert isinstance(counted, int)
    return counted


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Reading 40 times as many lines takes hardly more memory, however many are refused."""
    peaks = []
    for lines in (1_000, 40_000):
        path = tmp_path / f"{lines}.jsonl"
        with path.open("w") as file:
            for n in range(lines):
                file.write(f'{{"type": "earn", "member": "C-{n}", "amount": {n % 100}}}\n')
        process = subprocess.Popen(_command("import", path, "--dry-run", "--json"), cwd=ROOT, stdout=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        peaks.append(usage.ru_maxrss)

    assert peaks[1] < peaks[0] + 8_192
