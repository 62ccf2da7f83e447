"""Closing a period: from then on nothing takes effect before its end (semantics 2.4)."""

from datetime import datetime

from sqlalchemy import bindparam, func, or_, select, update

from ledger.book.account import LOCKED_ROLES
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import ACCOUNTS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.programme.registry_change import Change, registry_change
from ledger.programme.rows import Programme
from ledger.programme.tables import PROGRAMMES

_MINE = PROGRAMMES.c.id == bindparam("programme_id")
_OPEN = Query(select(PROGRAMMES.c.open_from).where(_MINE))
_OPEN_FROM = Query(
    update(PROGRAMMES)
    .where(_MINE)
    .values({"open_from": bindparam("until"), "version": PROGRAMMES.c.version + 1})
    .returning(*(PROGRAMMES.c[name] for name in Programme._fields))
)
_UNSETTLED = Query(
    select(func.count().label("wallets")).where(
        or_(*(ACCOUNTS.c.role == role for role in sorted(LOCKED_ROLES))),
        ACCOUNTS.c.next_due_at < bindparam("until"),
        ACCOUNTS.c.programme_id == bindparam("programme_id"),
    )
)


async def close_period(units: UnitsOfWork, actor: Actor, *, until: datetime) -> Programme:
    """Closes the actor's programme before `until`, which is not in the future and only moves forward.

    PROGRAMME_NOT_FOUND, EFFECTIVE_IN_FUTURE, PERIOD_CLOSED, PERIOD_NOT_SETTLED: a wallet has something due before
    `until`, or has not been looked at since it might; the sweep posts it. CONTENDED.

    Whatever may still post into the period is over before it is closed, so what is read of a closed one is final.
    """
    asked = {"programme_id": actor.programme_id, "until": until}
    async with registry_change(units, actor, "period_closed") as begun:
        await _require_closable(begun, until)
        change = await begun.at_present()
        await _require_closable(change, until)
        programme = Programme(*(await change.row(_OPEN_FROM, asked) or ()))
        change.record(programme.id, version=programme.version, facts={"until": until.isoformat()})
    return programme


async def _require_closable(change: Change, until: datetime) -> None:
    asked = {"programme_id": change.actor.programme_id, "until": until}
    found = await change.row(_OPEN, {"programme_id": change.actor.programme_id})
    if found is None:
        raise Refusal(RefusalCode.PROGRAMME_NOT_FOUND)
    if until > change.now:
        raise Refusal(RefusalCode.EFFECTIVE_IN_FUTURE)
    open_from: datetime = found["open_from"]
    if until <= open_from:
        raise Refusal(RefusalCode.PERIOD_CLOSED, open_from=open_from.isoformat())
    unsettled = await change.row(_UNSETTLED, asked)
    if unsettled is not None and unsettled["wallets"]:
        raise Refusal(RefusalCode.PERIOD_NOT_SETTLED, wallets=unsettled["wallets"])
