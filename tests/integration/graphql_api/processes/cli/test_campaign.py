"""`scrip campaign` on a real database."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner, Result

from graphql_api.processes.cli.commands import app
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.fixtures_application import ROOT_KEY

__all__ = ["bank"]


async def _campaign(bank: Bank, var: Path, *words: str) -> Result:
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(CliRunner().invoke, app, ["campaign", *words], env=environ)


async def test_figures_are_shown_as_tables_and_as_json(bank: Bank, tmp_path: Path) -> None:
    """Lines by channel with what was given and what is left of the budget; an unknown campaign is told."""
    desk = CampaignDesk(bank=bank)
    await desk.run("base", budget=1000)
    for number, channel in enumerate(["app", "app", "till"]):
        sale = replace(desk.reporting(await bank.enrol(f"m-{number}"), amount=100), channel=channel)
        (await desk.report(sale)).unwrap()

    shown = await _campaign(bank, tmp_path, "figures", "base", "--by", "channel")
    plain = await _campaign(bank, tmp_path, "figures", "base", "--by", "channel", "--from", "2020-01-01", "--json")
    unknown = await _campaign(bank, tmp_path, "figures", "no-such")

    assert (shown.exit_code, shown.stderr) == (0, "")
    assert [word in shown.stdout for word in ("app", "till", "POINTS", "970")] == [True] * 4
    told = json.loads(plain.stdout)
    assert [(line["key"], line["participants"], line["assets"][0]["cost"]) for line in told["lines"]] == [
        ("app", 2, 20),
        ("till", 1, 10),
    ]
    assert told["budgets"] == [{"asset": "POINTS", "left": 970, "state": "open"}]
    assert str(unknown.exception) == "there is no campaign 'no-such'."


async def test_a_draft_is_simulated_from_the_command_line(bank: Bank, tmp_path: Path) -> None:
    """What it would have given and why not, as tables and as JSON; what is no budget is told."""
    desk = CampaignDesk(bank=bank)
    member = await bank.enrol("m-1")
    for amount in (300, 5):
        await desk.buy(member, amount)
    await desk.create("draft", budgets=("POINTS",))

    shown = await _campaign(bank, tmp_path, "simulate", "draft")
    plain = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "POINTS=7", "--json")
    wrong = await _campaign(bank, tmp_path, "simulate", "draft", "--budget", "POINTS")

    assert (shown.exit_code, "2 activities and 0 refunds" in shown.stdout, "ROUNDED_TO_NOTHING" in shown.stdout) == (
        0,
        True,
        True,
    )
    told = json.loads(plain.stdout)
    assert (told["winners"], told["budgets"][0]["left"], told["reasons"][0]["reason"]) == (0, 7, "BUDGET_EXHAUSTED")
    assert str(wrong.exception) == "'POINTS' is no budget; give it as POINTS=100000."
