"""Closing a period: from then on nothing takes effect before its end (semantics 2.4)."""

import asyncio
from datetime import datetime

from sqlalchemy import BigInteger, Text, bindparam, cast, func, or_, select, update

from ledger.book.account import LOCKED_ROLES
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import ACCOUNTS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme.registry_change import registry_change
from ledger.programme.rows import Programme
from ledger.programme.tables import PROGRAMMES

_COLUMNS = [PROGRAMMES.c[name] for name in Programme._fields]
_MINE = PROGRAMMES.c.id == bindparam("programme_id")
_LOCK = Query(select(*_COLUMNS).where(_MINE).with_for_update(key_share=True))
_OPEN_FROM = Query(
    update(PROGRAMMES)
    .where(_MINE)
    .values({"open_from": bindparam("until"), "version": PROGRAMMES.c.version + 1})
    .returning(*_COLUMNS)
)
_UNSETTLED = Query(
    select(func.count().label("wallets")).where(
        or_(*(ACCOUNTS.c.role == role for role in sorted(LOCKED_ROLES))),
        ACCOUNTS.c.next_due_at < bindparam("until"),
        ACCOUNTS.c.programme_id == bindparam("programme_id"),
    )
)
_TX = Query(select(cast(cast(func.pg_current_xact_id(), Text), BigInteger).label("tx")))
_OLDEST = Query(select(cast(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Text), BigInteger).label("oldest")))
_LOOKS_MAX = 600
_PAUSE_S = 0.1


async def close_period(units: UnitsOfWork, actor: Actor, *, until: datetime) -> Programme:
    """Closes the actor's programme before `until`, which is not in the future and only moves forward.

    PROGRAMME_NOT_FOUND, EFFECTIVE_IN_FUTURE, PERIOD_CLOSED, PERIOD_NOT_SETTLED: a wallet has something due before
    `until`, or has not been looked at since it might; the sweep posts it.

    Returns once every transaction is over that began before the period was closed and may still post into it.
    UNAVAILABLE where one lasts longer than a minute; the period is closed then all the same.
    """
    parameters = {"programme_id": actor.programme_id, "until": until}
    async with registry_change(units, actor, "period_closed") as change:
        found = await change.row(_LOCK, {"programme_id": actor.programme_id})
        if found is None:
            raise Refusal(RefusalCode.PROGRAMME_NOT_FOUND)
        if until > change.now:
            raise Refusal(RefusalCode.EFFECTIVE_IN_FUTURE)
        open_from: datetime = found["open_from"]
        if until <= open_from:
            raise Refusal(RefusalCode.PERIOD_CLOSED, open_from=open_from.isoformat())
        unsettled = await change.row(_UNSETTLED, parameters)
        if unsettled is not None and unsettled["wallets"]:
            raise Refusal(RefusalCode.PERIOD_NOT_SETTLED, wallets=unsettled["wallets"])
        programme = Programme(*(await change.row(_OPEN_FROM, parameters) or found))
        change.record(programme.id, version=programme.version, facts={"until": until.isoformat()})
        tx = (await change.work.run(_TX))[0]["tx"]
    await _await_older(units, tx)
    return programme


async def _await_older(units: UnitsOfWork, tx: int) -> None:
    """Waits until no transaction older than `tx` is running; each look is a transaction of its own."""
    for _ in range(_LOOKS_MAX):
        async with units.begin() as work:
            if (await work.run(_OLDEST))[0]["oldest"] > tx:
                return
        await asyncio.sleep(_PAUSE_S)
    raise Refusal(RefusalCode.UNAVAILABLE, retry_after_seconds=1)
