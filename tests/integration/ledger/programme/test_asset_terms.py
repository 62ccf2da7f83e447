"""The terms of an asset: refused by their field, a new version once changed, and told in its events."""

from dataclasses import replace

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.programme import queries
from ledger.programme.input_rules import AssetTerms
from ledger.programme.rows import Shortfall
from ledger.programme.setup import change_asset, create_asset
from tests.bank import Bank


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
