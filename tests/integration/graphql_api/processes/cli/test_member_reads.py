"""`scrip check`, `scrip wallet` and `scrip statement` on a real database."""

import asyncio
import json
import subprocess
from pathlib import Path

from ledger.points.earn import EarnPoints
from tests.bank import Bank, bank
from tests.command_line import run_scrip
from tests.fixtures_application import ROOT_KEY

__all__ = ["bank"]


async def _scrip(bank: Bank, var: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(run_scrip, *words, **environ)


async def test_support_sees_a_member_and_is_recorded(bank: Bank, tmp_path: Path) -> None:
    """The wallet is shown by external id, and each look leaves an audit event that names the member."""
    member = await bank.enrol("customer-7")
    await bank.earn(member, 40)
    await bank.earn(member, 2)

    wallet = await _scrip(bank, tmp_path, "wallet", "customer-7", "--json")
    shown = await _scrip(bank, tmp_path, "wallet", "customer-7", "--programme", "BANK")
    statement = await _scrip(bank, tmp_path, "statement", "customer-7", "--json")
    nobody = await _scrip(bank, tmp_path, "wallet", "customer-8")
    nowhere = await _scrip(bank, tmp_path, "wallet", "customer-7", "--programme", "nosuch")
    nothing = await _scrip(bank, tmp_path, "statement", "customer-7", "--asset", "GOLD")

    assert (wallet.returncode, wallet.stderr) == (0, "")
    assert [one["available"] for one in json.loads(wallet.stdout)["wallets"]] == [42]
    assert [line.split() for line in shown.stdout.splitlines()[1:4]] == [
        ["wallet", "POINTS"],
        ["available", "42"],
        ["posted", "42"],
    ]
    lines = [json.loads(line) for line in statement.stdout.splitlines()]
    assert [(line["amount"], line["postedAfter"]) for line in lines] == [(2, 42), (40, 40)]
    assert all(line["effectiveAt"][10] == "T" and line["effectiveAt"].endswith("+00:00") for line in lines)
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert nowhere.stderr == "scrip: there is no programme 'nosuch'; this database has: BANK.\n"
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert nothing.stderr == "scrip: the programme has no asset 'GOLD'; there are: CNY, POINTS, STARS.\n"
    events = await bank.fetch("SELECT convert_from(record, 'UTF8')::jsonb -> 'subjects' ->> 0 AS subject FROM audit.events"
                              " WHERE convert_from(record, 'UTF8')::jsonb ->> 'type' = 'support_read'")  # fmt: skip
    assert [row["subject"] for row in events] == [str(member)] * 3


async def test_the_checker_ends_with_one_on_any_difference(bank: Bank, tmp_path: Path) -> None:
    """A clean book ends with 0, a spoilt one with 1 and the rule's name, as text and as JSON."""
    member = await bank.enrol("customer-7")
    earn = EarnPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=9)
    (await bank.application.engine.execute(earn)).unwrap()

    clean = await _scrip(bank, tmp_path, "check")
    await bank.fetch("UPDATE book.accounts SET posted = 10 WHERE role = 'wallet'")
    spoilt = await _scrip(bank, tmp_path, "check")
    told = await _scrip(bank, tmp_path, "check", "--json")
    await bank.fetch("UPDATE book.accounts SET posted = 9 WHERE role = 'wallet'")

    assert (clean.returncode, clean.stdout.startswith("Clean"), clean.stderr) == (0, True, "")
    assert (spoilt.returncode, told.returncode) == (1, 1)
    assert "account_matches_postings" in spoilt.stdout
    rules = {name for name, count in json.loads(told.stdout)["rules"].items() if count}
    assert rules == {
        "account_matches_postings", "asset_sums_to_zero", "account_matches_last_line", "lots_sum_to_account",
    }  # fmt: skip


async def test_a_programme_is_made_once(bank: Bank, tmp_path: Path) -> None:
    """The command prints the id that tokens name; a code that is taken and a zone that is none are refused."""
    words = ("programme", "create", "journey", "--name", "The Journey", "--time-zone")

    made = await _scrip(bank, tmp_path, *words, "Europe/Berlin", "--json")
    again = await _scrip(bank, tmp_path, *words, "Europe/Berlin")
    nowhere = await _scrip(
        bank, tmp_path, "programme", "create", "other", "--name", "Other", "--time-zone", "Mars/Olympus"
    )

    assert (made.returncode, json.loads(made.stdout)["timeZone"]) == (0, "Europe/Berlin")
    assert (again.returncode, nowhere.returncode) == (2, 2)
    assert "timeZone" in nowhere.stderr
