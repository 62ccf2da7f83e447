"""Programmes and their assets: what is accepted, what is refused, and that each change has its event."""

from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import insert

from graphql_api.bootstrap import Application
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.reader import Query
from ledger.partners.tables import PARTNERS
from ledger.points.spend import SpendPoints
from ledger.programme import queries
from ledger.programme.setup import create_asset, create_programme
from tests.bank import NOBODY, Bank

GOOD = {"code": "OTHER", "name": "Other", "time_zone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "with blank"}, "code"),
        ({"code": "x" * 65}, "code"),
        ({"name": " "}, "name"),
        ({"name": "bad\x00name"}, "name"),
        ({"time_zone": "Mars/Olympus"}, "timeZone"),
        ({"time_zone": "../../etc/passwd"}, "timeZone"),
        ({"time_zone": "Europe"}, "timeZone"),
        ({"time_zone": ""}, "timeZone"),
    ],
)
async def test_a_malformed_programme_is_refused_by_field(
    application: Application, wrong: dict[str, str], field: str
) -> None:
    """INVALID_INPUT names the field, nothing is written but the refusal's event."""
    actor = Bank(application=application, url="", programme_id=NOBODY).actor()

    with pytest.raises(Refusal) as refused:
        await create_programme(application.units, actor, **{**GOOD, **wrong})

    assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})
    assert await queries.programmes(application.reader) == []


async def test_a_programme_code_is_taken_once(bank: Bank) -> None:
    """A second programme of the same code is CODE_TAKEN, and its refusal is on record."""
    with pytest.raises(Refusal) as refused:
        await create_programme(bank.application.units, bank.actor(), code="BANK", name="Again", time_zone="UTC")

    assert refused.value.code == RefusalCode.CODE_TAKEN
    assert len(await queries.programmes(bank.application.reader)) == 1
    told = await bank.fetch("SELECT record FROM audit.events ORDER BY id DESC LIMIT 1")
    assert b'"code":"CODE_TAKEN"' in told[0]["record"]
    assert b'"type":"programme_created"' in told[0]["record"]


async def test_an_asset_code_is_taken_once_per_programme(bank: Bank) -> None:
    """The same code is free in another programme."""
    units = bank.application.units
    other = await create_programme(units, bank.actor(), **GOOD)

    with pytest.raises(Refusal) as refused:
        await create_asset(units, bank.actor(), code="POINTS", kind="points")
    elsewhere = await create_asset(units, replace(bank.actor(), programme_id=other.id), code="POINTS", kind="points")

    assert refused.value.code == RefusalCode.CODE_TAKEN
    assert elsewhere.id != bank.asset("POINTS")


async def test_a_programme_is_found_with_its_assets(bank: Bank) -> None:
    """By id, by code, and in the list; nothing under an unknown one."""
    reader = bank.application.reader

    by_id = await queries.programme_by_id(reader, bank.programme_id)
    by_code = await queries.programme_by_code(reader, "BANK")

    assert by_id is not None
    assert by_id == by_code
    assert await queries.programmes(reader) == [by_id]
    assert [asset.code for asset in await queries.assets(reader, by_id.id)] == ["CNY", "POINTS", "STARS"]
    assert await queries.programme_by_id(reader, NOBODY) is None
    assert await queries.programme_by_code(reader, "NONE") is None
    assert await queries.asset_by_code(reader, NOBODY, "POINTS") is None


async def test_an_asset_needs_its_programme(bank: Bank) -> None:
    """PROGRAMME_NOT_FOUND where the actor's programme does not exist."""
    with pytest.raises(Refusal) as refused:
        await create_asset(bank.application.units, replace(bank.actor(), programme_id=NOBODY), code="X", kind="points")

    assert refused.value.code == RefusalCode.PROGRAMME_NOT_FOUND


async def test_a_registry_row_without_an_event_cannot_be_committed(bank: Bank) -> None:
    """The database refuses what a unit of work forgot to tell."""
    before = await bank.count("registry.partners")

    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="has no audit event"):
        await _insert_untold(bank)

    assert await bank.count("registry.partners") == before


async def _insert_untold(bank: Bank) -> None:
    async with bank.application.units.begin() as work:
        row = {"id": work.ids.new(), "programme_id": bank.programme_id, "code": "P", "name": "P", "version": 1}
        await work.run(Query(insert(PARTNERS)), row)


async def test_a_spend_names_what_a_member_without_points_lacks(bank: Bank) -> None:
    """A set-up programme serves commands at once, without a restart."""
    member = await bank.enrol("m-1")

    outcome = await bank.application.engine.execute(
        SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=1)
    )

    assert outcome.refusal is not None
    assert outcome.refusal.code == RefusalCode.INSUFFICIENT_POINTS
