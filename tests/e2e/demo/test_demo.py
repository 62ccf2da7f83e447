"""`scrip demo` beside the plain replay that shares no code with it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.processes.demo.cast import find_cast
from graphql_api.processes.demo.cast_file import remembered_cast
from graphql_api.settings import Settings
from ledger.partners.queries import merchant_by_id
from tests.command_line import run_scrip
from tests.databases import ROOT, run
from tests.shell import SCRIP, environment
from tests.vectors import journey_replay
from tests.vectors.journey_vouchers import CampaignFigures, campaign_figures, first_seconds, type_figures

EIGHT_WEEKS_END = date(2017, 2, 26)
ENTRIES = "SELECT count(*) FROM book.journal_entries"


def _environment(url: str, var: Path) -> Mapping[str, str]:
    return environment(SCRIP_DATABASE_URL=url, SCRIP_VAR=str(var))


def _command(*words: str) -> list[str]:
    return [*SCRIP, *words]


def _scrip(url: str, var: Path, *words: str) -> str:
    done = subprocess.run(
        _command(*words), env=_environment(url, var), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def _cast(url: str, var: Path) -> tuple[str, str]:
    """The external id of the demo's member, and the code of its merchant, as the load has kept them."""
    async with open_application(Settings(var=var), url=url) as application:
        cast = remembered_cast(var, url)
        assert cast is not None
        assert cast == await find_cast(application.reader)
        merchant = await merchant_by_id(application.reader, cast.programme_id, cast.merchant_id)
        assert merchant is not None
        return cast.member_external_id, merchant.code


def _stars(figures: journey_replay.Figures) -> tuple[str, str]:
    """The household with the most points, and the store with the most earns and spends."""
    household_id, store_id = (
        counted.most_common(1)[0][0] for counted in (figures.left_by_household, figures.entries_by_store)
    )
    return str(household_id), str(store_id)


async def _count(url: str, sql: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


def _expected(figures: journey_replay.Figures) -> dict[str, object]:
    return {
        "members": 2_469,
        "earns": figures.earns,
        "pointsIssued": figures.points_issued,
        "spends": figures.spends,
        "pointsSpent": figures.points_spent,
        "refused": figures.refused,
        "pointsExpired": figures.points_expired,
        "pointsOutstanding": figures.points_outstanding,
        "outstandingByMonth": dict(sorted(figures.outstanding_by_month.items())),
    }


def _expected_vouchers(campaigns: Mapping[str, tuple[str, CampaignFigures]]) -> dict[str, object]:
    return {
        "templates": [
            {"template": code, "category": kind, **_plain(figures)} for code, (kind, figures) in campaigns.items()
        ],
        "categories": {kind: _plain(figures) for kind, figures in type_figures(campaigns).items()},
    }


def _plain(figures: CampaignFigures) -> dict[str, int]:
    return {**figures._asdict(), "voided": 0, "redemptionRateBasisPoints": figures.rate}


async def _redemptions(url: str) -> list[tuple[int, str, int, datetime]]:
    """Each as (line of the file, store, the basket's cents, when), by line."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT substr(e.reference, 9)::int AS line, m.code, r.basket_minor, r.redeemed_at AT TIME ZONE 'UTC' AS at"
            " FROM book.redemptions r JOIN book.journal_entries e ON e.id = r.entry_id"
            " JOIN registry.merchants m ON m.id = r.merchant_id ORDER BY 1"
        )
        return [tuple(row) for row in rows]
    finally:
        await connection.close()


def _placed(sales: list[journey_replay.Sale], uses: list[journey_replay.Use]) -> list[tuple[int, str, int, datetime]]:
    """The same by the plain replay: where its points are spent, but never before the campaign's first second."""
    cents = {sale.basket_id: sale.cents for sale in sales}
    goes_out_at = first_seconds()
    return sorted(
        (use.row, str(use.store_id), cents[use.basket_id], max(use.at.replace(tzinfo=None), goes_out_at[use.row]))
        for use in uses
    )


def _reported(printed: str, expected: Mapping[str, object]) -> dict[str, object]:
    report = json.loads(printed)
    return {name: report[name] for name in expected}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How much of the year is loaded, by which words of the command line.

    end: the day on which the clock stands afterwards; nothing of it is loaded
    """

    words: tuple[str, ...]
    end: date


EIGHT_WEEKS = Span(words=(), end=EIGHT_WEEKS_END)
YEAR = Span(words=("--full",), end=journey_replay.LAST_CLOCK)


@pytest.fixture
def span(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Span:
    """All of 2017 with its expiries in `make check`, eight weeks in `make test`; the plain replay knows it too."""
    chosen = YEAR if request.config.getoption("--everything") else EIGHT_WEEKS
    monkeypatch.setattr(journey_replay, "LAST_CLOCK", chosen.end)
    return chosen


def _load_some(url: str, var: Path, *words: str) -> tuple[subprocess.Popen[str], int]:
    """Starts loading in two processes and waits until the book has 3,000 entries more; the second one's number too."""
    enough = run(_count(url, ENTRIES)) + 3_000
    begun = subprocess.Popen(
        _command("demo", "--processes", "2", *words),
        env=_environment(url, var),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while begun.poll() is None and time.monotonic() < deadline and run(_count(url, ENTRIES)) < enough:
        time.sleep(0.25)
    children = [pid for pid in _children_of(begun.pid) if "spawn_main" in _command_line(pid)]
    assert len(children) == 1, begun.communicate()
    return begun, children[0]


def _children_of(pid: int) -> list[int]:
    return [
        int(each) for task in Path(f"/proc/{pid}/task").iterdir() for each in (task / "children").read_text().split()
    ]


def _command_line(pid: int) -> str:
    """Empty once the process has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _kill_the_other(url: str, var: Path) -> str:
    """Kills the second process; the error of the first, which ends too."""
    begun, other = _load_some(url, var)
    os.kill(other, signal.SIGKILL)
    _, said = begun.communicate(timeout=60)
    assert begun.returncode == 2
    return said


def _kill_in_the_middle(url: str, var: Path, *words: str) -> int:
    """Kills the first process; how many entries the book has when the second has ended too."""
    begun, other = _load_some(url, var, *words)
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    deadline = time.monotonic() + 20
    while _command_line(other) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _command_line(other) == ""
    return run(_count(url, ENTRIES))


@pytest.mark.slow
def test_it_equals_the_plain_replay_after_a_kill_too(span: Span, database_url: str, tmp_path: Path) -> None:
    """Kill -9 in the middle and run again: every figure is that of the separate replay, and the clock stands at its end."""
    killed_at = _kill_in_the_middle(database_url, tmp_path, *span.words)

    printed = _scrip(database_url, tmp_path, "demo", *span.words, "--json")

    year, end = journey_replay.read_sales(), datetime.combine(span.end, datetime.min.time())
    sales = [sale for sale in year if sale.at.replace(tzinfo=None) < end]
    uses = [use for use in journey_replay.read_uses(year) if use.at.replace(tzinfo=None) < end]
    figures = journey_replay.replay(sales, uses)
    expected, report = _expected(figures), json.loads(printed)
    assert 3_000 <= killed_at < 25_000
    assert _reported(printed, expected) == expected
    assert report["clock"].startswith(f"{span.end}T00:0")
    tops = [(int(merchant["code"]), merchant["earned"]) for merchant in report["topMerchants"]]
    assert tops == figures.top_earning()
    campaigns = campaign_figures(span.end, frozenset(use.row for use in uses))
    assert report["vouchers"] == _expected_vouchers(campaigns)
    assert run(_redemptions(database_url)) == _placed(sales, uses)
    told = run_scrip("voucher", "report", "--json", SCRIP_DATABASE_URL=database_url, SCRIP_VAR=str(tmp_path))
    assert json.loads(told.stdout) == _expected_vouchers(campaigns)
    assert run_scrip("check", SCRIP_DATABASE_URL=database_url).returncode == 0
    assert run(_cast(database_url, tmp_path)) == _stars(figures)


@pytest.mark.bench
def test_a_share_that_is_lost_ends_the_load(database_url: str, tmp_path: Path) -> None:
    """Kill -9 of the second process: the first says so and ends, and what was loaded stands and checks clean."""
    said = _kill_the_other(database_url, tmp_path)

    assert said == "scrip: a process that replayed a share has ended before its time; run the same again.\n"
    _scrip(database_url, tmp_path, "check")


def test_a_book_of_its_own_is_asked_for(database_url: str, tmp_path: Path) -> None:
    """Outside a sandbox the demo, which sets the clock, is refused in one sentence."""
    done = subprocess.run(
        _command("demo"),
        env={**_environment(database_url, tmp_path), "SCRIP_SANDBOX": "off"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "sandbox" in done.stderr
