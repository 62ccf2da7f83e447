"""`scrip demo --programme` beside the same rules told by hand over the raw files, without a line of the product."""

import json
import os
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.databases import ROOT, run
from tests.e2e.demo.test_demo import EIGHT_WEEKS_END, _expected, _expected_vouchers, _reported, _scrip
from tests.vectors import journey_replay
from tests.vectors.journey_programme import Year, live
from tests.vectors.journey_vouchers import campaign_figures

EXAMPLE = str(ROOT / "examples" / "journey.toml")


async def _wallets(url: str) -> Counter[int]:
    """What each household's wallet holds."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT m.external_id::int, a.posted FROM book.accounts a JOIN book.members m ON m.id = a.holder_id"
            " JOIN registry.assets s ON s.id = a.asset_id WHERE a.role = 'wallet' AND s.code = 'POINTS'"
        )
        return Counter({row[0]: row[1] for row in rows if row[1]})
    finally:
        await connection.close()


def _by_campaign(report: Mapping[str, Any], year: Year) -> dict[str, tuple[int, int, int]]:
    """How often each campaign awarded, how many points, to how many households; as reported."""
    lines = {code: report["campaigns"][code]["lines"][0] for code in year.awards}
    return {code: (line["awarded"], line["assets"][0]["issued"], line["participants"]) for code, line in lines.items()}


def _compare(url: str, var: Path, clock: date, *words: str) -> dict[str, Any]:
    """Loads the demo under the example and compares every figure; the report."""
    printed = _scrip(url, var, "demo", "--programme", EXAMPLE, "--json", *words)

    sales = [sale for sale in journey_replay.read_sales() if sale.at.date() < clock]
    uses = [use for use in journey_replay.read_uses(journey_replay.read_sales()) if use.at.date() < clock]
    year = live(sales, clock)
    figures = journey_replay.replay(sales, uses, year.points)
    expected, report = _expected(figures), json.loads(printed)
    assert _reported(printed, expected) == expected
    assert report["pointsIssued"] == sum(year.given.values())
    assert _by_campaign(report, year) == {code: tuple(year.of(code)) for code in year.awards}
    assert report["campaigns"]["winter"]["budgets"] == [{"asset": "POINTS", "left": 0, "state": "open"}]
    assert {each["level"]: each["members"] for each in report["tiers"]} == year.levels
    assert run(_wallets(url)) == +figures.left_by_household
    rows = frozenset(use.row for use in uses)
    assert report["vouchers"] == _expected_vouchers(campaign_figures(clock, rows))
    _scrip(url, var, "check")
    return dict(report)


@pytest.mark.slow
@pytest.mark.bench
def test_eight_weeks_equal_the_rules_told_by_hand(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points by campaign and by household, budgets, statuses, vouchers, spends and expiries; the book checks clean."""
    monkeypatch.setattr(journey_replay, "LAST_CLOCK", EIGHT_WEEKS_END)

    report = _compare(database_url, tmp_path, EIGHT_WEEKS_END)

    assert report["clock"].startswith("2017-02-26T00:0")


@pytest.mark.bench
@pytest.mark.skipif("SCRIP_TIMING" not in os.environ, reason="the whole year, for a quiet machine: make bench")
def test_the_year_equals_the_rules_told_by_hand(database_url: str, tmp_path: Path) -> None:
    """The same for all of 2017."""
    report = _compare(database_url, tmp_path, journey_replay.LAST_CLOCK, "--full")

    assert report["clock"].startswith("2018-01-02T00:0")
