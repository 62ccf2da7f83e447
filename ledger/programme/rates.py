"""Rates from points to money, versioned in time, and what each kind of actor may adjust alone."""

import re
from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as postgres_insert

from ledger.book.refusal import refuse_input
from ledger.book.units import AMOUNT_MAX, is_amount
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme.asset_kinds import require_asset
from ledger.programme.registry_change import registry_change
from ledger.programme.rows import AdjustmentLimit, AssetKind, Rate
from ledger.programme.tables import ADJUSTMENT_LIMITS, RATES

_ACTOR_KIND: Final = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)
_INSERT_RATE = Query(insert(RATES))
_LIMIT = postgres_insert(ADJUSTMENT_LIMITS)
_SET_LIMIT = Query(
    _LIMIT.on_conflict_do_update(
        constraint="adjustment_limits_unique",
        set_={"amount": _LIMIT.excluded.amount, "version": ADJUSTMENT_LIMITS.c.version + 1},
    ).returning(*(ADJUSTMENT_LIMITS.c[name] for name in AdjustmentLimit._fields))
)


async def set_rate(
    units: UnitsOfWork,
    actor: Actor,
    *,
    asset: str,
    money_asset: str,
    points: int,
    minor: int,
    valid_from: datetime | None = None,
) -> Rate:
    """A new version: from `valid_from` (default: now) on, `points` are worth `minor` units of money.

    Entries name the version they were made at, so a later one changes none of them. INVALID_INPUT, also where another
    version begins at the same instant; ASSET_NOT_FOUND.
    """
    async with registry_change(units, actor, "rate_set") as change:
        for field, amount in (("points", points), ("minor", minor)):
            if not is_amount(amount):
                refuse_input(field)
        rate = Rate(
            id=change.new_id(),
            asset_id=await require_asset(change, asset, AssetKind.POINTS),
            money_asset_id=await require_asset(change, money_asset, AssetKind.MONEY),
            points=points,
            minor=minor,
            valid_from=valid_from or change.now,
        )
        await change.insert(_INSERT_RATE, rate)
        facts: dict[str, str | int] = {"asset": asset, "money_asset": money_asset, "points": points, "minor": minor}
        change.record(rate.id, facts={**facts, "valid_from": rate.valid_from.isoformat()})
    return rate


async def set_adjustment_limit(
    units: UnitsOfWork, actor: Actor, *, asset: str, actor_kind: str, amount: int
) -> AdjustmentLimit:
    """Above `amount`, an adjustment by such an actor waits for a second person; 0 = always.

    INVALID_INPUT, ASSET_NOT_FOUND.
    """
    async with registry_change(units, actor, "adjustment_limit_set") as change:
        if not 0 <= amount <= AMOUNT_MAX:
            refuse_input("amount")
        if not _ACTOR_KIND.fullmatch(actor_kind):
            refuse_input("actorKind")
        owner = await require_asset(change, asset, AssetKind.POINTS)
        wanted = AdjustmentLimit(id=change.new_id(), asset_id=owner, actor_kind=actor_kind, amount=amount, version=1)
        row = await change.row(_SET_LIMIT, wanted._asdict())
        limit = AdjustmentLimit(*(row or wanted))
        facts: dict[str, str | int] = {"asset": asset, "actor_kind": actor_kind, "amount": amount}
        change.record(limit.id, version=limit.version, facts=facts)
    return limit
