"""`scrip tier` on a real database."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from typer.testing import CliRunner, Result

from graphql_api.processes.cli.commands import app
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.fixtures_application import ROOT_KEY
from tests.tier_desk import SPEND, TierDesk
from tests.voucher_desk import VoucherDesk

__all__ = ["bank"]


async def _tier(bank: Bank, var: Path, *words: str) -> Result:
    environ = {"SCRIP_DATABASE_URL": bank.url, "SCRIP_VAR": str(var), "SCRIP_ROOT_KEY": ROOT_KEY.hex()}
    return await asyncio.to_thread(CliRunner().invoke, app, ["tier", *words], env=environ)


async def test_ladders_and_members_are_shown(bank: Bank, tmp_path: Path) -> None:
    """As tables and as JSON; an unknown member is told, and the look at a known one is recorded."""
    desk, member = TierDesk(bank=bank), await bank.enrol("m-1")
    await VoucherDesk(bank=bank).live("CAKE", pieces=1)
    first, silver, gold = SPEND.levels
    await desk.ladder(levels=(first, replace(silver, pack=("CAKE",)), gold))
    await CampaignDesk(bank=bank).buy(member, 1200)

    ladders = await _tier(bank, tmp_path, "ladders")
    plain = await _tier(bank, tmp_path, "ladders", "--json")
    shown = await _tier(bank, tmp_path, "show", "m-1")
    told = await _tier(bank, tmp_path, "show", "m-1", "--json")
    unknown = await _tier(bank, tmp_path, "show", "nobody")

    assert [word in ladders.stdout for word in ("spend", "silver", "5,000", "rolling 30 days")] == [True] * 4
    assert [level["code"] for level in json.loads(plain.stdout)["ladders"][0]["terms"]["levels"]] == [
        "base",
        "silver",
        "gold",
    ]
    assert [word in shown.stdout for word in ("silver", "gold", "1,200", "3,800", "reached", "CAKE")] == [True] * 6
    tier = json.loads(told.stdout)["tiers"][0]
    assert (tier["level"], tier["progress"]["missing"], tier["steps"][0]["cause"]) == ("silver", 3800, "REACHED")
    assert [(pack["level"], pack["template"], pack["state"]) for pack in tier["packs"]] == [("silver", "CAKE", "DUE")]
    assert str(unknown.exception) == "the programme has no member 'nobody'."
    looks = await bank.fetch(
        "SELECT count(*) FROM audit.events WHERE convert_from(record, 'UTF8') LIKE '%support_read%'"
    )
    assert looks[0][0] == 2
