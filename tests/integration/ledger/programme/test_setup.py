"""Programmes, assets, rates and limits: what is accepted, what is refused, and that each change has its event."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import insert

from graphql_api.bootstrap import Application
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.reader import Query
from ledger.engine.request import request_id
from ledger.partners.tables import PARTNERS
from ledger.points.as_of_query import balance_as_of
from ledger.points.spend import SpendPoints
from ledger.programme import queries
from ledger.programme.input_rules import AssetTerms
from ledger.programme.period import close_period
from ledger.programme.rates import set_adjustment_limit, set_rate
from ledger.programme.rows import Shortfall
from ledger.programme.setup import change_asset, create_asset, create_programme
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


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (AssetTerms(expiry="soon"), "expiry"),
        (AssetTerms(expiry="0 days"), "expiry"),
        (AssetTerms(expiry="9999 years"), "expiry"),
        (AssetTerms(expiry="on 2027-02-30"), "expiry"),
        (AssetTerms(expiry="on 9999-12-31"), "expiry"),
        (AssetTerms(expiry="inactive 12 months to year"), "expiry"),
        (AssetTerms(expiry="inactive 12 months"), "expiry"),
        (AssetTerms(priority=1001), "priority"),
        (AssetTerms(shortfall="MAYBE"), "shortfall"),
        (AssetTerms(reversal_days=0), "reversalDays"),
        (AssetTerms(reversal_grace_days=-1), "reversalGraceDays"),
        (AssetTerms(transfer_day_max=0), "transferDayMax"),
        (AssetTerms(transfer_month_max=10**15 + 1), "transferMonthMax"),
    ],
)
async def test_bad_terms_are_refused_by_field(bank: Bank, terms: AssetTerms, field: str) -> None:
    """The asset keeps its version and its terms."""
    with pytest.raises(Refusal) as refused:
        await change_asset(bank.application.units, bank.actor(), code="POINTS", terms=terms)

    asset = await queries.asset_by_code(bank.application.reader, bank.programme_id, "POINTS")
    assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})
    assert asset is not None
    assert (asset.version, asset.expiry) == (1, "6 months to month")


async def test_changed_terms_are_a_new_version_that_the_next_command_obeys(bank: Bank) -> None:
    """A lot keeps the expiry it was granted under; the next one has the new one."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 5)

    changed = await change_asset(
        bank.application.units, bank.actor(), code="POINTS",
        terms=AssetTerms(expiry="never", shortfall=Shortfall.NEGATIVE, transfers_allowed=True, transfer_day_max=9),
    )  # fmt: skip
    await bank.earn(member, 7)

    lots = await bank.fetch("SELECT granted, extract(year from expires_at)::int AS year FROM {book}.lots ORDER BY id")
    assert (changed.version, changed.shortfall, changed.transfer_day_max) == (2, Shortfall.NEGATIVE, 9)
    assert [(lot["granted"], lot["year"] == 9999) for lot in lots] == [(5, False), (7, True)]


async def test_points_that_die_of_inactivity_stay_so(bank: Bank) -> None:
    """The date is the account's: under dated lots it would stand still and end new ones early. Its length may change."""
    units, actor = bank.application.units, bank.actor("operator", "olga")
    await create_asset(units, actor, code="IDLE", kind="points", terms=AssetTerms(expiry="inactive 3 months"))

    changed = await change_asset(units, actor, code="IDLE", terms=AssetTerms(expiry="inactive 12 months"))
    for expiry in ("6 months", "on 2027-12-31, inactive 12 months"):
        with pytest.raises(Refusal) as refused:
            await change_asset(units, actor, code="IDLE", terms=AssetTerms(expiry=expiry))
        assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": "expiry"})

    assert changed.expiry == "inactive 12 months"


async def test_an_unknown_asset_is_not_changed(bank: Bank) -> None:
    """ASSET_NOT_FOUND."""
    with pytest.raises(Refusal) as refused:
        await change_asset(bank.application.units, bank.actor(), code="NONE", terms=AssetTerms())

    assert refused.value.code == RefusalCode.ASSET_NOT_FOUND


async def test_every_rate_is_a_version(bank: Bank) -> None:
    """Two rates of different beginnings stand side by side; one of the same beginning is refused, whatever its money: one
    rate is in force.
    """
    units, actor = bank.application.units, bank.actor("operator", "olga")
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    await create_asset(units, actor, code="USD", kind="money")
    await set_rate(units, actor, asset="POINTS", money_asset="CNY", points=100, minor=1, valid_from=begins)
    await set_rate(units, actor, asset="POINTS", money_asset="CNY", points=200, minor=3)

    with pytest.raises(Refusal) as refused:
        await set_rate(units, actor, asset="POINTS", money_asset="USD", points=1, minor=1, valid_from=begins)

    rates = await queries.rates(bank.application.reader, bank.programme_id, "POINTS")
    assert (refused.value.code, refused.value.facts) == (RefusalCode.INVALID_INPUT, {"field": "validFrom"})
    assert [(rate.points, rate.minor) for rate in rates] == [(200, 3), (100, 1)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"points": 0}, RefusalCode.INVALID_INPUT),
        ({"minor": -1}, RefusalCode.INVALID_INPUT),
        ({"asset": "CNY"}, RefusalCode.ASSET_NOT_FOUND),
        ({"money_asset": "STARS"}, RefusalCode.ASSET_NOT_FOUND),
        ({"money_asset": "EUR"}, RefusalCode.ASSET_NOT_FOUND),
    ],
)
async def test_a_rate_leads_from_points_to_money(bank: Bank, wrong: dict[str, object], code: str) -> None:
    """Anything else is refused and no rate is kept."""
    wanted = {"asset": "POINTS", "money_asset": "CNY", "points": 100, "minor": 1, **wrong}

    with pytest.raises(Refusal) as refused:
        await set_rate(bank.application.units, bank.actor(), **wanted)  # type: ignore[arg-type]

    assert refused.value.code == code
    assert await queries.rates(bank.application.reader, bank.programme_id, "POINTS") == []


async def test_a_limit_is_set_again_as_its_next_version(bank: Bank) -> None:
    """One row per asset and kind of actor."""
    units, actor = bank.application.units, bank.actor("operator", "olga")

    first = await set_adjustment_limit(units, actor, asset="POINTS", actor_kind="operator", amount=100)
    second = await set_adjustment_limit(units, actor, asset="POINTS", actor_kind="operator", amount=0)

    limits = await queries.adjustment_limits(bank.application.reader, bank.programme_id, "POINTS")
    assert (first.id, first.version, second.version) == (second.id, 1, 2)
    assert [(limit.actor_kind, limit.amount) for limit in limits] == [("operator", 0)]


async def test_a_period_closes_only_forward_and_only_what_is_past(bank: Bank) -> None:
    """EFFECTIVE_IN_FUTURE for an end to come, PERIOD_CLOSED for going back; an earn before it is refused then."""
    units, actor = bank.application.units, bank.actor("operator", "olga")
    member = await bank.enrol("m-1")
    until = datetime.now(UTC) - timedelta(days=2)

    closed = await close_period(units, actor, until=until)
    codes = []
    for wrong in (until + timedelta(days=9), until, until - timedelta(days=1)):
        with pytest.raises(Refusal) as refused:
            await close_period(units, actor, until=wrong)
        codes.append(refused.value.code)
    with pytest.raises(Refusal) as early:
        await bank.earn(member, 1, effective_at=until - timedelta(seconds=1))
    await bank.earn(member, 1, effective_at=until)

    assert (closed.open_from, closed.version) == (until, 2)
    assert codes == ["EFFECTIVE_IN_FUTURE", "PERIOD_CLOSED", "PERIOD_CLOSED"]
    assert early.value.code == RefusalCode.PERIOD_CLOSED


async def test_a_period_closes_after_everything_due_in_it_is_posted(bank: Bank) -> None:
    """PERIOD_NOT_SETTLED counts the wallets; once a write has posted what was due, the period closes."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 5)
    await bank.advance(timedelta(days=300))
    until = datetime.now(UTC) + timedelta(days=290)

    with pytest.raises(Refusal) as refused:
        await close_period(bank.application.units, bank.actor(), until=until)
    # An accepted write posts what is due; a refused one leaves nothing.
    await bank.earn(member, 1)
    closed = await close_period(bank.application.units, bank.actor(), until=until)

    assert (refused.value.code, refused.value.facts) == (RefusalCode.PERIOD_NOT_SETTLED, {"wallets": 1})
    assert closed.open_from == until


async def test_a_closed_period_waits_for_what_still_posts_into_it(bank: Bank) -> None:
    """Until whatever began before is over, no answer about the period is final; afterwards each is."""
    member, until = await bank.enrol("m-1"), datetime.now(UTC) - timedelta(days=1)
    await bank.earn(member, 1)
    keeper = await asyncpg.connect(bank.url, server_settings={"session_replication_role": "replica"})
    request = "INSERT INTO book.requests VALUES ($1, 'service:core', 'earn', 'late', '', '', NULL, now())"

    async def told() -> tuple[int, bool]:
        at = until - timedelta(minutes=1)
        found = await balance_as_of(bank.application.reader, bank.programme_id, member, bank.asset(), effective_at=at)
        assert found is not None
        return found.posted, found.is_final

    written = keeper.transaction()
    await written.start()
    await keeper.execute(request, request_id("service:core", "late"))
    earning = asyncio.create_task(bank.earn(member, 5, key="late", effective_at=until - timedelta(hours=1)))
    await bank.until_waiting(1)
    closing = asyncio.create_task(close_period(bank.application.units, bank.actor(), until=until))
    await bank.until_waiting(2)
    before, waits = await told(), not closing.done()
    await written.rollback()
    await earning
    await closing
    await keeper.close()

    assert waits
    assert (before, await told()) == ((0, False), (5, True))


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


async def test_records_have_no_truth_values(bank: Bank) -> None:
    """The audit record's format has none: whether transfers are allowed is a text, of a new asset and of a changed one."""
    terms = AssetTerms(transfers_allowed=True)
    await create_asset(bank.application.units, bank.actor(), code="MILES", kind="points", terms=terms)
    await change_asset(
        bank.application.units, bank.actor(), code="MILES", terms=replace(terms, transfers_allowed=False)
    )

    told = await bank.fetch(
        "SELECT record #> '{facts,transfers_allowed}' AS told"
        " FROM (SELECT id, convert_from(record, 'UTF8')::jsonb AS record FROM audit.events) event"
        " WHERE record #>> '{facts,code}' = 'MILES' ORDER BY id"
    )
    assert [row["told"] for row in told] == ['"true"', '"false"']
