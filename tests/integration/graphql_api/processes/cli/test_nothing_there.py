"""What commands that list something print where there is nothing: a sentence, and as JSON an empty list."""

import asyncio
import subprocess
from pathlib import Path

from tests.bank import Bank, bank
from tests.command_line import run_scrip
from tests.fixtures_application import ROOT_KEY

__all__ = ["bank"]

LISTS = (
    (("campaign", "list"), "There are no campaigns.\n", '{"campaigns": []}\n'),
    (("tier", "ladders"), "There are no ladders.\n", '{"ladders": []}\n'),
    (("tier", "show", "customer-7"), "There are no ladders.\n", '{"tiers": []}\n'),
    (("voucher", "report"), "There are no voucher templates.\n", '{"templates": [], "categories": {}}\n'),
    (("legal-hold", "list"), "No legal hold stands.\n", ""),
)


async def _scrip(bank: Bank, var: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(run_scrip, *words, **environ)


async def test_an_empty_list_is_said(bank: Bank, tmp_path: Path) -> None:
    """Silence would look like a command that did nothing; what reads JSON gets an empty list, or no line."""
    await bank.enrol("customer-7")

    for words, said, listed in LISTS:
        shown = await _scrip(bank, tmp_path, *words)
        plain = await _scrip(bank, tmp_path, *words, "--json")

        assert (shown.returncode, shown.stdout, shown.stderr) == (0, said, "")
        assert (plain.returncode, plain.stdout, plain.stderr) == (0, listed, "")


async def test_a_member_without_a_wallet_is_said_to_have_none(bank: Bank, tmp_path: Path) -> None:
    """A programme of its own that has no asset yet shows no table without columns."""
    members = tmp_path / "members.jsonl"
    members.write_text('{"type": "enrol", "member": "first"}\n')
    await _scrip(bank, tmp_path, "programme", "create", "young", "--name", "Young", "--time-zone", "UTC")
    await _scrip(bank, tmp_path, "import", str(members), "--programme", "young")

    shown = await _scrip(bank, tmp_path, "wallet", "first", "--programme", "young")

    assert [line.partition(",")[0] for line in shown.stdout.splitlines()] == [
        "Member first",
        "There are no wallets yet.",
    ]
