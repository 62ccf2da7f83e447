"""`scrip campaign` and `scrip activities`: what operators and support do from a shell."""

import asyncio
import json
from pathlib import Path

from typer.testing import CliRunner, Result

from graphql_api.processes.cli.commands import app
from graphql_api.schema.kinds import APPROVAL, id_of
from ledger.campaigns.campaign_body import (
    CampaignBody,
    Cap,
    Period,
    PointsAward,
    ProgressCounter,
    ProgressStep,
    Rule,
)
from ledger.control.decide_request import ApproveRequest
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk, always
from tests.fixtures_application import ROOT_KEY, application, settings

__all__ = ["application", "bank", "settings"]


async def _scrip(bank: Bank, var: Path, *words: str) -> Result:
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(CliRunner().invoke, app, [*words], env=environ)


async def _approve(bank: Bank) -> None:
    """Anna agrees to everything that waits."""
    for row in await bank.fetch("SELECT id FROM registry.approvals WHERE state = 'pending'"):
        command = ApproveRequest(
            actor=bank.actor("approver", "anna"),
            key=bank.key(),
            approval_id=row["id"],
            approvables=bank.application.approvables,
        )
        (await bank.application.engine.execute(command)).unwrap()


async def test_a_campaign_is_run_from_a_shell(bank: Bank, tmp_path: Path) -> None:
    """Put forward, topped up, started, paused, ended; what needs a second person waits; what is not possible is told."""
    desk = CampaignDesk(bank=bank)
    await desk.create("spring", budgets=("POINTS",))

    asked = await _scrip(bank, tmp_path, "campaign", "submit", "spring", "--reason", "Agreed.", "--json")
    more = await _scrip(bank, tmp_path, "campaign", "top-up", "spring", "1000")
    early = await _scrip(bank, tmp_path, "campaign", "start", "spring")
    await _approve(bank)
    moved = [await _scrip(bank, tmp_path, "campaign", word, "spring") for word in ("start", "pause")]
    listed = await _scrip(bank, tmp_path, "campaign", "list")
    shown = await _scrip(bank, tmp_path, "campaign", "show", "spring")
    plain = await _scrip(bank, tmp_path, "campaign", "show", "spring", "--json")
    ended = await _scrip(bank, tmp_path, "campaign", "end", "spring", "--json")
    unknown = await _scrip(bank, tmp_path, "campaign", "pause", "winter")

    put = json.loads(asked.stdout)
    assert (put["state"], put["version"]) == ("reviewed", 1)
    more_id = more.stdout.removeprefix("1,000 POINTS more for campaign spring wait for approval ").partition(";")[0]
    assert {put["approval"], more_id} == {
        id_of(APPROVAL, row["id"]) for row in await bank.fetch("SELECT id FROM registry.approvals")
    }
    assert str(early.exception) == "The campaign is in another state than the step needs. It is reviewed."
    assert [each.stdout for each in moved] == ["Campaign spring is running.\n", "Campaign spring is paused.\n"]
    assert [word in listed.stdout for word in ("spring", "paused", "2000-01-01", "2100-01-01")] == [True] * 4
    assert [word in shown.stdout for word in ("version 1 holds", "tenth", "frozen", "1,000")] == [True] * 4
    assert json.loads(plain.stdout)["budgets"] == [{"asset": "POINTS", "left": 1000, "state": "frozen"}]
    assert json.loads(plain.stdout)["holds"]["terms"] == "As they say."
    assert json.loads(ended.stdout) == {"state": "ended"}
    assert str(unknown.exception) == "There is no such campaign, or it has no such budget."


async def test_support_sees_what_a_member_did_and_is_recorded(bank: Bank, tmp_path: Path) -> None:
    """Newest first, with every award and every reason for none; each look leaves an event that names the member."""
    desk = CampaignDesk(bank=bank)
    await desk.run("base", caps=(Cap(counter="POINTS", period=Period.TOTAL, limit=15),))
    step = Rule(code="step", activity="purchase", action=ProgressStep(counter="buys", amount=1))
    star = Rule(code="star", activity="purchase", action=PointsAward(asset="STARS", amount=2, multiplier=150))
    buys = ProgressCounter(code="buys", period=Period.DAY)
    await desk.run("more", CampaignBody(phases=always(step, star), counters=(buys,)))
    member = await bank.enrol("m-1")
    other = await bank.enrol("m-3")
    await desk.buy(member, 199)
    await desk.buy(member, 5)

    idle = await _scrip(bank, tmp_path, "activities", "m-3")
    shown = await _scrip(bank, tmp_path, "activities", "m-1")
    plain = await _scrip(bank, tmp_path, "activities", "m-1", "--newest", "1", "--json")
    nobody = await _scrip(bank, tmp_path, "activities", "m-2")

    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    more = ["+1 on buys more version 1, rule step", "+3 STARS more version 1, rule star"]
    assert lines[1:4] == [*more, "ROUNDED_TO_NOTHING base version 1, rule tenth"]
    assert lines[4].split()[3:5] == ["purchase", "199"]
    assert lines[5:] == ["+15 of 19 POINTS base version 1, rule tenth", *more]
    assert idle.stdout == "Nothing that member m-3 did was reported.\n"
    told = json.loads(plain.stdout)
    assert told["skipped"][0]["reason"] == "ROUNDED_TO_NOTHING"
    said = [(award["asset"], award["target"], award["base"], award["multiplier"]) for award in told["awards"]]
    assert said == [(None, "buys", 1, 100), ("STARS", None, 2, 150)]
    assert str(nobody.exception) == "the programme has no member 'm-2'."
    events = await bank.fetch("SELECT convert_from(record, 'UTF8')::jsonb -> 'subjects' ->> 0 AS subject FROM audit.events"
                              " WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = 'support_read'")  # fmt: skip
    assert sorted(row["subject"] for row in events) == sorted([str(other), str(member), str(member)])


async def test_a_file_of_members_becomes_a_list(bank: Bank, tmp_path: Path) -> None:
    """Each known member is put on it once, strangers are refused by line; the same file again changes nothing."""
    for name in ("m-1", "m-2"):
        await bank.enrol(name)
    file = tmp_path / "targets.txt"
    file.write_text("m-1\nnobody\nm-2\nm-1\n", encoding="utf-8")

    kept = tmp_path / "strangers.jsonl"
    words = ("campaign", "members", "vip", str(file), "--refused", str(kept), "--json")
    first, again = [await _scrip(bank, tmp_path, *words) for _ in range(2)]

    counts = {"lines": 4, "listed": 3, "refused": {"MEMBER_NOT_FOUND": 1}, "refusedFile": str(kept)}
    assert (first.exit_code, json.loads(first.stdout)) == (1, {**counts, "known": 1})
    assert (again.exit_code, json.loads(again.stdout)) == (1, {**counts, "known": 3})
    assert json.loads(kept.read_text(encoding="utf-8"))["line"] == 2
    assert (await bank.fetch("SELECT members FROM registry.member_lists"))[0][0] == 2
