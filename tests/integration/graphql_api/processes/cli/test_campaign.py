"""`scrip campaign` on a real database."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner, Result

from graphql_api.processes.cli.commands import app
from ledger.campaigns.campaign_body import Cap, Period
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.fixtures_application import ROOT_KEY

__all__ = ["bank"]


async def _campaign(bank: Bank, var: Path, *words: str) -> Result:
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(CliRunner().invoke, app, ["campaign", *words], env=environ)


async def test_figures_are_shown_as_tables_and_as_json(bank: Bank, tmp_path: Path) -> None:
    """Lines by channel with what was given and what is left of the budget; one line has no name. Nobody reached and an
    unknown campaign are told.
    """
    desk = CampaignDesk(bank=bank)
    await desk.run("base", budget=1000)
    for number, channel in enumerate(["app", "app", "till"]):
        sale = replace(desk.reporting(await bank.enrol(f"m-{number}"), amount=100), channel=channel)
        (await desk.report(sale)).unwrap()

    shown = await _campaign(bank, tmp_path, "figures", "base", "--by", "channel")
    plain = await _campaign(bank, tmp_path, "figures", "base", "--by", "channel", "--from", "2020-01-01", "--json")
    total = await _campaign(bank, tmp_path, "figures", "base")
    nobody = await _campaign(bank, tmp_path, "figures", "base", "--until", "2020-01-01")
    unknown = await _campaign(bank, tmp_path, "figures", "no-such")

    assert (shown.exit_code, shown.stderr) == (0, "")
    assert [word in shown.stdout for word in ("app", "till", "POINTS", "970")] == [True] * 4
    told = json.loads(plain.stdout)
    assert [(line["key"], line["participants"], line["assets"][0]["cost"]) for line in told["lines"]] == [
        ("app", 2, 20),
        ("till", 1, 10),
    ]
    assert told["budgets"] == [{"asset": "POINTS", "left": 970, "state": "open"}]
    assert [line.split()[0] for line in total.stdout.splitlines()][:4] == ["Campaign", "reached", "3", "What"]
    assert nobody.stdout.startswith("base has reached nobody on these days.\n")
    assert str(unknown.exception) == "there is no campaign 'no-such'."


async def test_a_draft_is_simulated_from_the_command_line(bank: Bank, tmp_path: Path) -> None:
    """What it would have given, to whom and why not, as tables and as JSON; what is no budget is told, and days on which
    nothing was recorded.
    """
    desk = CampaignDesk(bank=bank)
    member = await bank.enrol("m-1")
    for amount in (300, 300, 5):
        await desk.buy(member, amount)
    await desk.create("draft", budgets=("POINTS",), caps=(Cap(counter="POINTS", period=Period.TOTAL, limit=40),))

    shown = await _campaign(bank, tmp_path, "simulate", "draft")
    plain = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "POINTS=7", "--json")
    wrong = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "POINTS")
    other = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "STARS=5")
    twice = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "POINTS=1", "--budget", "POINTS=2")
    empty = await _campaign(bank, tmp_path, "simulate", "draft", "--starting", "2150-01-01")

    assert (shown.exit_code, "3 activities and 0 refunds" in shown.stdout, "ROUNDED_TO_NOTHING" in shown.stdout) == (
        0,
        True,
        True,
    )
    assert [line.split() for line in shown.stdout.splitlines()[-6:]] == [
        *(["Most", "awarded"], ["member", "times"], ["m-1", "2"]),
        *(["Most", "capped"], ["member", "times"], ["m-1", "1"]),
    ]
    told = json.loads(plain.stdout)
    assert [(line["member"], line["times"]) for line in told["mostCapped"]] == []
    assert (told["winners"], told["budgets"][0]["left"], told["reasons"][0]["reason"]) == (0, 7, "BUDGET_EXHAUSTED")
    assert str(wrong.exception) == "'POINTS' is no budget; give it as POINTS=100000."
    assert str(other.exception) == "draft has no budget for STARS, or may not have so much."
    assert str(twice.exception) == "POINTS has two budgets."
    assert "--starting moves them" in empty.stdout
