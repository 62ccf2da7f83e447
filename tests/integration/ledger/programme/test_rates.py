"""Rates of points in money and limits of adjustments: each setting is a version of its own."""

from datetime import UTC, datetime

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.programme import queries
from ledger.programme.rates import set_adjustment_limit, set_rate
from ledger.programme.setup import create_asset
from tests.bank import Bank


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
