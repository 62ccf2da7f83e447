"""Activities from a file: each reported once under its source's own name, whatever happens to the import."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graphql_api.processes.importing.run import Wanted, run_import
from ledger.campaigns.refund import ReportRefund
from ledger.partners.register import create_merchant
from ledger.programme.setup import create_programme
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.command_line import run_scrip
from tests.fixtures_application import ROOT_KEY, application, settings

__all__ = ["application", "bank", "settings"]


async def _import(bank: Bank, path: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report."""
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(path.parent), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    done = await asyncio.to_thread(run_scrip, "import", path, "--json", *more, **environ)
    return done.returncode, json.loads(done.stdout) if done.stdout else {"error": done.stderr}


def _refused(path: Path) -> list[tuple[int, str]]:
    lines = Path(f"{path}.refused.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((entry["line"], entry["code"]) for entry in map(json.loads, lines))


def _line(event: str, at: str, **more: object) -> dict[str, object]:
    plain = {"type": "activity", "member": "C-1", "activity": "purchase", "payload": {"amount": 199}}
    return {**plain, "event": event, "at": at, **more}


async def test_activities_are_imported_once_with_their_awards(bank: Bank, tmp_path: Path) -> None:
    """A refund follows its purchase in the file's order; what cannot be read or meant is listed; a part of the file
    that was imported before is known; and the bank's API finds by its own name what the file brought in.
    """
    desk = CampaignDesk(bank=bank)
    await desk.run("base")
    at, tomorrow = datetime.now(UTC).isoformat(), (datetime.now(UTC) + timedelta(days=1)).isoformat()
    lines = [
        {"type": "enrol", "member": "C-1"},
        _line("e-1", at, channel="app", branch="North", merchant="001"),
        _line("e-2", at),
        _line("e-3", at, activity="refund", refund_of="e-1", payload={"amount": 100}),
        _line("e-4", at, payload={"amount": "much"}),
        _line("e-5", at, member="C-9"),
        _line("e-6", at, activity="teleport"),
        _line("e-7", tomorrow),
        _line("e-8", at, merchant="999"),
        _line("e-9", at, key="mine"),
        _line("e-10", at, activity="refund"),
        _line("e-11", at, refund_of="e-1"),
        _line("e-12", at, payload="[1]"),
        {**_line("e-13", at), "at": None},
        _line("e-1", at, source="other"),
    ]
    path = tmp_path / "activities.jsonl"

    path.write_text("\n".join(map(json.dumps, lines[:3])), encoding="utf-8")
    first = await _import(bank, path, "--source", "core")
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    second = await _import(bank, path, "--source", "core")
    member = (await bank.fetch("SELECT id FROM {book}.members WHERE external_id = 'C-1'"))[0]["id"]
    core = bank.actor("service", "core@BANK")
    refund = ReportRefund(
        actor=core,
        member_id=member,
        source="core",
        event_id="e-20",
        refund_of="e-2",
        occurred_at=datetime.now(UTC),
        payload='{"amount": 199}',
    )
    (await desk.report(refund)).unwrap()
    again = replace(desk.reporting(member, amount=199, at=datetime.fromisoformat(at)), actor=core, event_id="e-2")

    assert (await desk.report(again)).replayed
    assert (first[0], first[1]["accepted"], first[1]["awards"]) == (0, {"enrol": 1, "activity": 2}, 2)
    assert (second[0], second[1]["accepted"], second[1]["known"]) == (1, {"enrol": 1, "activity": 4}, 3)
    assert _refused(path) == [
        (5, "INVALID_INPUT"),
        (6, "MEMBER_NOT_FOUND"),
        (7, "ACTIVITY_TYPE_NOT_FOUND"),
        (8, "ACTIVITY_IN_FUTURE"),
        (9, "MERCHANT_NOT_FOUND"),
        (10, "UNKNOWN_FIELD"),
        (11, "MISSING_FIELD"),
        (12, "UNKNOWN_FIELD"),
        (13, "BAD_VALUE"),
        (14, "MISSING_FIELD"),
    ]
    assert await desk.balance(member) == 19 - 10 + 19


async def test_who_is_not_known_yet_is_found_by_the_next_run(bank: Bank, tmp_path: Path) -> None:
    """The line has no key but its event, so nothing is kept of a member or a merchant that there is not."""
    at = datetime.now(UTC).isoformat()
    await bank.enrol("C-1")
    lines = [_line("e-1", at), _line("e-2", at, member="C-2"), _line("e-3", at, merchant="002")]
    path = tmp_path / "activities.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    wanted = Wanted(path=path, programme=None, source="core", is_replay=False, refused=tmp_path / "refused.jsonl")

    first = await run_import(bank.application.settings, bank.url, wanted, lambda told, size: None)
    await bank.enrol("C-2")
    operator = bank.actor("operator", "olga")
    await create_merchant(bank.application.units, operator, partner_id=bank.partner_id, code="002", name="Late")
    second = await run_import(bank.application.settings, bank.url, wanted, lambda told, size: None)

    assert first.refused == {"MEMBER_NOT_FOUND": 1, "MERCHANT_NOT_FOUND": 1}
    assert (second.refused, second.done, second.known) == ({}, {"activity": 3}, 1)


async def test_two_programmes_know_nothing_of_each_others_files(bank: Bank, tmp_path: Path) -> None:
    """One file for both, under one source: each has its own member and its own activity of it."""
    other = bank.actor("operator", "olga")
    await create_programme(bank.application.units, other, code="OTHER", name="Other", time_zone="UTC")
    path = tmp_path / "activities.jsonl"
    lines = [{"type": "enrol", "member": "C-1"}, _line("e-1", datetime.now(UTC).isoformat())]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    wanted = Wanted(path=path, programme="BANK", source="core", is_replay=False, refused=tmp_path / "refused.jsonl")

    tallies = [
        await run_import(bank.application.settings, bank.url, each, lambda told, size: None)
        for each in (wanted, replace(wanted, programme="OTHER"))
    ]

    assert [(tally.done, tally.refused, tally.known) for tally in tallies] == [({"enrol": 1, "activity": 1}, {}, 0)] * 2


async def test_the_last_of_a_budget_goes_to_whom_the_file_names_first(bank: Bank, tmp_path: Path) -> None:
    """Whoever the members are, their lines are decided in their order."""
    desk = CampaignDesk(bank=bank)
    await desk.run("base", budget=5 * 19)
    at, members = datetime.now(UTC).isoformat(), [f"C-{number}" for number in range(10)]
    lines: list[dict[str, object]] = [{"type": "enrol", "member": member} for member in members]
    lines += [_line(f"e-{member}", at, member=member) for member in members]
    path = tmp_path / "activities.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    wanted = Wanted(path=path, programme=None, source="core", is_replay=False, refused=tmp_path / "refused.jsonl")

    await run_import(bank.application.settings, bank.url, wanted, lambda told, size: None)

    awarded = await bank.fetch("SELECT m.external_id FROM {book}.awards w JOIN {book}.members m ON m.id = w.member_id")
    assert {row["external_id"] for row in awarded} == set(members[:5])


async def test_a_csv_file_says_the_same(bank: Bank, tmp_path: Path) -> None:
    """The payload is JSON in its cell; a bad cell spoils its own line only."""
    desk = CampaignDesk(bank=bank)
    await desk.run("base")
    await bank.enrol("C-1")
    at = datetime.now(UTC).isoformat()
    path = tmp_path / "activities.csv"
    path.write_text(
        "type,member,activity,event,at,payload,refund_of\n"
        f'activity,C-1,purchase,e-1,{at},"{{""amount"": 500}}",\n'
        f'activity,C-1,purchase,e-2,{at},"{{amount}}",\n'
        f'activity,C-1,refund,e-3,{at},"{{""amount"": 100}}",e-1\n'
        f"activity,C-1,login,e-4,{at},,\n",
        encoding="utf-8",
    )

    code, report = await _import(bank, path)
    dry = await _import(bank, path, "--dry-run")

    assert (code, report["accepted"], report["refused"]) == (1, {"activity": 3}, {"BAD_VALUE": 1})
    assert (dry[0], dry[1]["accepted"]) == (1, {"activity": 3})
    assert await bank.count("book.awards") == 2
