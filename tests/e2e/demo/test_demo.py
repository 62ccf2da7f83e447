"""`scrip demo` beside the plain replay that shares no code with it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.processes.demo.cast import find_cast
from graphql_api.settings import Settings
from ledger.partners.queries import merchant_by_id
from tests.databases import ROOT, run
from tests.vectors import journey_replay
from tests.vectors.journey_vouchers import CampaignFigures, campaign_figures, first_seconds, type_figures

EIGHT_WEEKS_END = date(2017, 2, 26)


def _environment(url: str, var: Path) -> Mapping[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCRIP_")}
    return {**clean, "SCRIP_DATABASE_URL": url, "SCRIP_VAR": str(var)}


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "graphql_api.processes.cli", *words]


def _scrip(url: str, var: Path, *words: str) -> str:
    done = subprocess.run(
        _command(*words), env=_environment(url, var), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def _cast(url: str, var: Path) -> tuple[str, str]:
    """The external id of the demo's member, and the code of its merchant."""
    async with open_application(Settings(var=var), url=url) as application:
        cast = await find_cast(application.reader)
        assert cast is not None
        merchant = await merchant_by_id(application.reader, cast.programme_id, cast.merchant_id)
        assert merchant is not None
        return cast.member_external_id, merchant.code


def _stars(sales: list[journey_replay.Sale], uses: list[journey_replay.Use]) -> tuple[str, str]:
    """The household with the most points where nothing has expired, and the store with the most earns and spends."""
    points: Counter[int] = Counter()
    entries: Counter[int] = Counter()
    events: list[journey_replay.Sale | journey_replay.Use] = [*sales, *uses]
    for event in sorted(events, key=attrgetter("at")):
        change = event.cents // 100 if isinstance(event, journey_replay.Sale) else -100
        if change > 0 or (change < 0 and points[event.household_id] >= 100):
            points[event.household_id] += change
            entries[event.store_id] += 1
    return str(points.most_common(1)[0][0]), str(entries.most_common(1)[0][0])


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


@pytest.mark.slow
def test_eight_weeks_equal_the_plain_replay_after_a_kill_too(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 in the middle and run again: every figure is that of the separate replay, and the clock stands at its end."""
    first = subprocess.Popen(
        _command("demo"), env=_environment(database_url, tmp_path), cwd=ROOT, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 120
    while (
        time.monotonic() < deadline and run(_count(database_url, "SELECT count(*) FROM book.journal_entries")) < 4_000
    ):
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    killed_at = run(_count(database_url, "SELECT count(*) FROM book.journal_entries"))

    printed = _scrip(database_url, tmp_path, "demo", "--json")

    monkeypatch.setattr(journey_replay, "LAST_CLOCK", EIGHT_WEEKS_END)
    end = datetime(2017, 2, 26)  # noqa: DTZ001 - the plain replay keeps the files' local times
    year = journey_replay.read_sales()
    sales = [sale for sale in year if sale.at.replace(tzinfo=None) < end]
    uses = [use for use in journey_replay.read_uses(year) if use.at.replace(tzinfo=None) < end]
    expected = _expected(journey_replay.replay(sales, uses))
    assert 4_000 <= killed_at < 25_000
    assert _reported(printed, expected) == expected
    campaigns = campaign_figures(EIGHT_WEEKS_END, frozenset(use.row for use in uses))
    assert json.loads(printed)["vouchers"] == _expected_vouchers(campaigns)
    assert run(_redemptions(database_url)) == _placed(sales, uses)
    assert json.loads(_scrip(database_url, tmp_path, "voucher", "report", "--json")) == _expected_vouchers(campaigns)
    assert json.loads(printed)["clock"].startswith("2017-02-26T00:00:0")
    _scrip(database_url, tmp_path, "check")
    assert run(_cast(database_url, tmp_path)) == _stars(sales, uses)


@pytest.mark.bench
def test_the_year_equals_the_plain_replay(database_url: str, tmp_path: Path) -> None:
    """All of 2017 with its expiries and its campaigns' vouchers, then `scrip check`."""
    sales = journey_replay.read_sales()
    uses = journey_replay.read_uses(sales)
    figures = journey_replay.replay(sales, uses)
    expected = _expected(figures)

    printed = _scrip(database_url, tmp_path, "demo", "--full", "--json")

    assert _reported(printed, expected) == expected
    assert (figures.earns, figures.points_issued) == (152_451, 4_519_934)
    assert json.loads(printed)["clock"].startswith("2018-01-02T00:00:")
    tops = [(int(merchant["code"]), merchant["earned"]) for merchant in json.loads(printed)["topMerchants"]]
    assert tops == figures.top_earning()
    assert json.loads(printed)["vouchers"] == _expected_vouchers(campaign_figures())
    assert run(_redemptions(database_url)) == _placed(sales, uses)
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
