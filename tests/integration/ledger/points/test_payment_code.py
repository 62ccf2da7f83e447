"""Payment codes from the app to the till (semantics 4.5)."""

import os
from datetime import timedelta

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.members.freeze import FreezeMember
from ledger.points.earn import EarnPoints
from ledger.points.payment_code import PaymentCodeShown, code_id, create_payment_code, normalise
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from tests.checking import assert_clean
from tests.points_world import World


async def show(world: World, member: int = 0, **more: object) -> PaymentCodeShown:
    """A code in the member's app."""
    application, member_id = world.application, world.members[member]
    actor = Actor(kind="member", id=str(member_id), programme_id=world.programme_id)
    return await create_payment_code(
        application.units,
        application.sealer,
        os.urandom,
        actor=actor,
        member_id=member_id,
        **{"asset": "EVER", **more},  # type: ignore[arg-type]
    )


async def charge(world: World, code: str, amount: int) -> Outcome[Receipt]:
    """What the till does with it."""
    normal = normalise(code)
    assert normal is not None
    shop = Actor(kind="merchant", id=str(world.merchant_id), programme_id=world.programme_id)
    command = SpendPoints(
        actor=shop,
        key=world.key(),
        amount=amount,
        code_id=code_id(normal, world.application.sealer),
        merchant_id=world.merchant_id,
    )
    return await world.application.engine.execute(command)


async def earn(world: World) -> None:
    """Points to pay with."""
    command = EarnPoints(actor=world.actor, key=world.key(), member_id=world.members[0], asset="EVER", amount=100)
    (await world.application.engine.execute(command)).unwrap()


async def test_a_code_pays_once_within_its_minute(world: World, database_url: str) -> None:
    """It tells whose wallet and asset it is; used or a minute old it is no code."""
    await earn(world)
    first, second = await show(world), await show(world)

    paid = await charge(world, first.code, 30)
    again = await charge(world, first.code, 30)
    await world.advance(timedelta(seconds=60))
    late = await charge(world, second.code, 30)

    assert (paid.unwrap().member_id, paid.unwrap().posted) == (world.members[0], 70)
    assert [o.refusal.code for o in (again, late) if o.refusal] == [RefusalCode.PAYMENT_CODE_INVALID] * 2
    await assert_clean(database_url)


async def test_the_log_tells_for_whom_a_code_was_made(world: World) -> None:
    """Its event belongs to the member and to the member's programme."""
    await show(world)

    told = await world.connection.fetchrow(
        "SELECT event ->> 'programme' AS programme, event -> 'subjects' ->> 0 AS subject"
        " FROM (SELECT convert_from(record, 'UTF8')::jsonb AS event FROM audit.events) events"
        " WHERE event ->> 'type' = 'payment_code'"
    )
    assert told is not None
    assert tuple(told) == (str(world.programme_id), str(world.members[0]))


async def test_a_code_is_stored_nowhere(world: World) -> None:
    """Only its keyed digest is on file, and its maximum."""
    shown = await show(world, amount_max=20)

    row = await world.connection.fetchrow("SELECT * FROM book.payment_codes")

    assert row is not None
    assert shown.code not in repr(row)
    assert (row["amount_max"], row["expires_at"], row["entry_id"]) == (20, shown.expires_at, None)


async def test_who_may_start_nothing_gets_no_code(world: World) -> None:
    """A frozen member, an unknown asset, another programme's member: refused and recorded, and no row is written."""
    freeze = FreezeMember(actor=world.actor, key=world.key(), member_id=world.members[1])
    (await world.application.engine.execute(freeze)).unwrap()

    with pytest.raises(Refusal, match="MEMBER_FROZEN"):
        await show(world, member=1)
    with pytest.raises(Refusal, match="ASSET_NOT_FOUND"):
        await show(world, asset="MOONS")
    world.members[2] = world.merchant_id
    with pytest.raises(Refusal, match="MEMBER_NOT_FOUND"):
        await show(world, member=2)

    told = await world.connection.fetch(
        "SELECT event ->> 'code' FROM (SELECT convert_from(record, 'UTF8')::jsonb AS event FROM audit.events) events"
        " WHERE event ->> 'type' = 'payment_code' AND event ->> 'code' IS NOT NULL ORDER BY 1"
    )
    assert [row[0] for row in told] == ["ASSET_NOT_FOUND", "MEMBER_FROZEN", "MEMBER_NOT_FOUND"]
    assert await world.connection.fetchval("SELECT count(*) FROM book.payment_codes") == 0
