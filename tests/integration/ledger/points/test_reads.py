"""Statements, entries, balances as of an instant, look-ups and the support view."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from ledger.book.units import NEVER
from ledger.engine.outcome import Outcome, thaw
from ledger.points.as_of_query import BalanceAsOf, balance_as_of
from ledger.points.earn import EarnPoints
from ledger.points.entry_query import entry_by_reference, load_entries, request_by_key
from ledger.points.hold import HoldPoints
from ledger.points.hold_query import hold_by_id, holds_of_wallet
from ledger.points.pending import ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from ledger.points.statement_query import newest_lines, oldest_lines
from ledger.points.wallet_query import WalletView, load_wallets
from tests.points_history import History
from tests.points_world import World


async def _earn(world: World, amount: int, **terms: object) -> Receipt:
    command = EarnPoints(
        actor=world.actor, key=world.key(), member_id=world.members[0], amount=amount, reference=world.key(), **terms,  # type: ignore[arg-type]
    )  # fmt: skip
    return (await world.application.engine.execute(command)).unwrap()


async def _spend(world: World, amount: int) -> Outcome[Receipt]:
    command = SpendPoints(
        actor=world.actor, key=world.key(), member_id=world.members[0], amount=amount, merchant_id=world.merchant_id
    )
    return await world.application.engine.execute(command)


async def test_statement_pages_run_both_ways_and_meet(world: World) -> None:
    """Newest first and oldest first give the same lines; each amount is the difference to the line before."""
    for amount in range(1, 8):
        await _earn(world, amount)
    asked = (world.application.reader, world.programme_id, world.members[0], world.asset())

    up = await oldest_lines(*asked, first=4)
    rest = await oldest_lines(*asked, first=100, after=up.lines[-1].version)
    down = await newest_lines(*asked, first=3)
    older = await newest_lines(*asked, first=100, before=down.lines[-1].version)

    lines = [*up.lines, *rest.lines]
    assert [line.amount for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert [line.version for line in lines] == [1, 2, 3, 4, 5, 6, 7]
    assert (up.has_more, rest.has_more, down.has_more, older.has_more) == (True, False, True, False)
    assert [*down.lines, *older.lines] == lines[::-1]
    assert (await oldest_lines(asked[0], world.merchant_id, *asked[2:], first=5)).lines == ()


async def test_an_entry_is_found_by_reference_and_by_key(world: World) -> None:
    """What a client created can be found by its own numbers, and by nobody in another programme."""
    receipt = await _earn(world, 10)
    reader, programme = world.application.reader, world.programme_id
    client = world.actor.client

    assert receipt.entry_id is not None
    entry = (await load_entries(reader, programme, [receipt.entry_id]))[0]
    request = await request_by_key(reader, programme, client=client, key="key-1")

    assert entry is not None
    assert [(p.source_role, p.destination_role, p.amount) for p in entry.postings] == [("issuance", "wallet", 10)]
    assert await entry_by_reference(reader, programme, client=client, kind="earn", reference="key-2") == entry
    assert request is not None
    assert thaw(request.outcome, Receipt) == Outcome(reply=receipt, replayed=True)
    assert await load_entries(reader, world.merchant_id, [receipt.entry_id]) == [None]
    assert await request_by_key(reader, world.merchant_id, client=client, key="key-1") is None
    assert await request_by_key(reader, programme, client="service:other", key="key-1") is None


async def test_a_balance_as_of_an_instant_needs_no_sweep(world: World) -> None:
    """What had expired by T counts as expired, whether its entry came or not; and K hides what was posted later."""
    reader, member, asset = world.application.reader, world.members[0], world.asset()
    earned = await _earn(world, 100)
    between = earned.posted_at + timedelta(microseconds=1)
    await world.advance(timedelta(days=400))

    async def as_of(t: datetime | None = None, k: datetime | None = None) -> tuple[int, int, int]:
        found = await balance_as_of(reader, world.programme_id, member, asset, effective_at=t, known_at=k)
        assert found is not None
        return found.posted, found.overdue, found.balance

    assert await as_of() == (100, 100, 0)
    assert await as_of(between) == (100, 0, 100)
    assert await as_of(k=earned.posted_at - timedelta(seconds=1)) == (0, 0, 0)
    refused = await _spend(world, 1)
    assert refused.refusal is not None
    backdated = await _earn(world, 7, effective_at=between)
    assert backdated.expired == 7
    assert await as_of() == (0, 0, 0)
    # What arrives dead is earned and expired in one entry, so it never was a balance.
    assert await as_of(between) == (100, 0, 100)
    assert await as_of(between, between) == (100, 0, 100)
    assert await as_of(earned.posted_at + timedelta(days=300), between) == (100, 100, 0)


async def test_a_wallet_dies_for_inactivity_also_where_the_member_did_nothing(world: World) -> None:
    """What was confirmed or activated into an empty wallet gave it its date, and no later K is needed to see it die."""
    reader, asset, far = world.application.reader, world.asset("STARS"), timedelta(days=300)
    ann, bob = world.members[:2]
    waiting = await _earn(world, 70, asset="STARS", pending=True)
    assert waiting.entry_id is not None
    confirm = ConfirmPending(actor=world.actor, key=world.key(), entry_id=waiting.entry_id)
    confirmed = (await world.application.engine.execute(confirm)).unwrap()
    tomorrow = (waiting.posted_at + timedelta(days=2)).date()
    earn = EarnPoints(
        actor=world.actor, key=world.key(), member_id=bob, asset="STARS", amount=50, pending_until=tomorrow
    )
    dated = (await world.application.engine.execute(earn)).unwrap()
    await world.advance(timedelta(days=400))
    for member in (ann, bob):
        later = EarnPoints(actor=world.actor, key=world.key(), member_id=member, asset="STARS", amount=1)
        (await world.application.engine.execute(later)).unwrap()

    async def balance(member: UUID, k: datetime, after: timedelta) -> int:
        found = await balance_as_of(reader, world.programme_id, member, asset, effective_at=k + after, known_at=k)
        assert found is not None
        return found.balance

    assert [await balance(ann, confirmed.posted_at, after) for after in (timedelta(days=60), far)] == [70, 0]
    assert [await balance(bob, dated.posted_at, after) for after in (timedelta(days=60), far)] == [50, 0]


async def test_an_answer_is_final_only_where_nothing_can_change_it(world: World) -> None:
    """Known times of the past and closed periods are final; open effective times are not."""
    receipt = await _earn(world, 5)
    reader, member, asset = world.application.reader, world.members[0], world.asset()

    async def is_final(t: datetime | None, k: datetime | None) -> bool:
        found = await balance_as_of(reader, world.programme_id, member, asset, effective_at=t, known_at=k)
        assert found is not None
        return found.is_final

    assert await is_final(None, None) is False
    assert await is_final(receipt.posted_at, None) is False
    assert await is_final(None, receipt.posted_at - timedelta(minutes=10)) is True
    assert await is_final(None, receipt.posted_at + timedelta(days=1)) is False
    assert await is_final(datetime(1969, 1, 1, tzinfo=UTC), None) is True


async def test_by_terms_that_may_change_nothing_is_final(world: World) -> None:
    """When a wallet dies for inactivity, its asset's terms of today say; what was known of a later time may not stay."""
    receipt = await _earn(world, 5, asset="STARS")
    reader, member, asset = world.application.reader, world.members[0], world.asset("STARS")
    known = receipt.posted_at - timedelta(minutes=10)

    for later, final in ((timedelta(0), True), (timedelta(minutes=1), False)):
        found = await balance_as_of(
            reader, world.programme_id, member, asset, effective_at=known + later, known_at=known
        )
        assert found is not None
        assert found.is_final is final


async def test_what_never_dies_is_there_at_the_last_instant(world: World) -> None:
    """Also where the caller names an instant that does not come."""
    await _earn(world, 5, asset="EVER")
    reader, member, asset = world.application.reader, world.members[0], world.asset("EVER")

    found = await balance_as_of(
        reader, world.programme_id, member, asset, effective_at=NEVER + timedelta(hours=23), known_at=None
    )

    assert found is not None
    assert (found.balance, found.overdue, found.effective_at) == (5, 0, NEVER - timedelta(microseconds=1))


def _numbers(seen: WalletView | BalanceAsOf | None) -> tuple[int, ...]:
    """What both a wallet and a balance as of tell."""
    assert seen is not None
    return seen.posted, seen.matured, seen.overdue, seen.held, seen.pending, seen.owed


@pytest.mark.parametrize("asset_code", ["POINTS", "STARS"])
async def test_a_balance_as_of_is_what_the_wallet_showed(world: World, asset_code: str) -> None:
    """After any history the balance as of now is the wallet's, and what a wallet showed is the balance as of then."""
    history = History(world=world, random=Random(21), asset=asset_code)
    reader, asset = world.application.reader, world.asset(asset_code)
    shown: list[WalletView] = []
    for _ in range(12):
        await history.run(20)
        views = await load_wallets(reader, world.programme_id, [(member, asset) for member in world.members])
        for view in filter(None, views):
            now = await balance_as_of(reader, world.programme_id, view.member_id, asset)
            assert _numbers(now) == _numbers(view)
            shown.append(view)

    assert history.accepted > 100
    assert any(view.overdue for view in shown)
    for view in shown:
        at = {"effective_at": view.read_at, "known_at": view.read_at}
        assert _numbers(await balance_as_of(reader, world.programme_id, view.member_id, asset, **at)) == _numbers(view)


@pytest.mark.parametrize("asset_code", ["POINTS", "STARS"])
async def test_what_was_said_of_later_is_said_again(world: World, asset_code: str) -> None:
    """What is known at K of a later T is the same when it is asked at K and when more has happened since."""
    random = Random(5)
    history = History(world=world, random=random, asset=asset_code)
    reader, asset = world.application.reader, world.asset(asset_code)
    said: list[tuple[UUID, datetime, BalanceAsOf]] = []
    for _ in range(12):
        await history.run(20)
        views = await load_wallets(reader, world.programme_id, [(member, asset) for member in world.members])
        for view in filter(None, views):
            later = view.read_at + timedelta(days=random.choice([0, 1, 20, 100, 200]), hours=random.randrange(24))
            at = {"effective_at": later, "known_at": view.read_at}
            found = await balance_as_of(reader, world.programme_id, view.member_id, asset, **at)
            assert found is not None
            said.append((view.member_id, view.read_at, found))

    assert any(found.overdue for _, _, found in said)
    for member, known_at, found in said:
        at = {"effective_at": found.effective_at, "known_at": known_at}
        assert _numbers(await balance_as_of(reader, world.programme_id, member, asset, **at)) == _numbers(found)


async def test_a_hold_past_its_deadline_reads_as_lapsed(world: World) -> None:
    """The history of holds is true at its instant, before and after the lapse is posted; its entry is the merchant's too."""
    await _earn(world, 50)
    member, merchant = world.members[0], world.merchant_id
    hold = HoldPoints(
        actor=world.actor, key=world.key(), member_id=member, amount=20, ttl_seconds=60, merchant_id=merchant
    )
    receipt = (await world.application.engine.execute(hold)).unwrap()
    assert receipt.hold_id is not None
    reader, programme = world.application.reader, world.programme_id

    before = await hold_by_id(reader, programme, receipt.hold_id)
    await world.advance(timedelta(seconds=61))
    after = await hold_by_id(reader, programme, receipt.hold_id)
    await _spend(world, 1)
    listed = await holds_of_wallet(reader, programme, member, world.asset(), first=10)

    assert before is not None
    assert after is not None
    assert (before.state, before.ended_at) == ("open", None)
    assert (after.state, after.ended_at, after.ended_by) == ("lapsed", receipt.deadline, None)
    assert [(h.state, h.ended_at) for h in listed] == [("lapsed", receipt.deadline)]
    (lapse,) = await load_entries(reader, programme, [h.ended_by for h in listed if h.ended_by is not None])
    assert lapse is not None
    assert (lapse.kind, lapse.merchant_id, lapse.original_entry_id) == ("lapse", merchant, receipt.hold_id)
    assert await hold_by_id(reader, world.merchant_id, receipt.hold_id) is None
