"""Keys, references and lists on the real engine (semantics 3)."""

import asyncio
from dataclasses import replace

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from ledger.book.refusal import RefusalCode
from ledger.engine.engine import Engine
from ledger.engine.outcome import Outcome
from ledger.engine.queue import Limits
from ledger.points.earn import EarnPoints
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from tests.checking import assert_clean
from tests.points_world import World


def codes(outcomes: list[Outcome[Receipt]]) -> list[str]:
    """What each item came to."""
    return ["ok" if outcome.refusal is None else outcome.refusal.code.value for outcome in outcomes]


def earn(world: World, amount: int, key: str, member: int = 0, reference: str | None = None) -> EarnPoints:
    """An earn of a member."""
    return EarnPoints(
        actor=world.actor, key=key, member_id=world.members[member], asset="EVER", amount=amount, reference=reference
    )


def spend(world: World, amount: int, key: str, member: int = 0) -> SpendPoints:
    """A spend of a member."""
    return SpendPoints(actor=world.actor, key=key, member_id=world.members[member], asset="EVER", amount=amount)


async def entries(world: World) -> int:
    """How many entries there are."""
    return int(await world.connection.fetchval("SELECT count(*) FROM book.journal_entries"))


async def test_one_key_from_fifty_tasks_and_two_processes_posts_once(world: World, database_url: str) -> None:
    """Fifty callers of two engines get the same receipt, and one entry stands in the book."""
    async with open_application(world.application.settings, url=database_url) as other:
        engines = [world.application.engine, other.engine]

        outcomes = await asyncio.gather(*(engines[n % 2].execute(earn(world, 10, "k")) for n in range(50)))

    assert len({outcome.unwrap() for outcome in outcomes}) == 1
    assert [outcome.replayed for outcome in outcomes].count(False) == 1
    assert await entries(world) == 1
    await assert_clean(database_url)


async def test_a_key_comes_back_after_a_restart(world: World, database_url: str) -> None:
    """Another process, later, is told what the first one was, though the wallet has changed since."""
    first = await world.application.engine.execute(earn(world, 10, "k"))
    await world.application.engine.execute(spend(world, 10, "s"))

    async with open_application(world.application.settings, url=database_url) as other:
        again = await other.engine.execute(earn(world, 10, "k"))

    assert again == replace(first, replayed=True)
    assert again.unwrap().posted == 10


async def test_a_refusal_from_the_book_is_frozen(world: World) -> None:
    """A key that was refused stays refused, with the same facts; a new key tries again."""
    engine = world.application.engine
    first = await engine.execute(spend(world, 5, "s"))
    await engine.execute(earn(world, 10, "k"))

    again = await engine.execute(spend(world, 5, "s"))
    fresh = await engine.execute(spend(world, 5, "new"))

    assert first.refusal is not None
    assert again.refusal is not None
    assert (again.refusal.code, again.refusal.facts) == (RefusalCode.INSUFFICIENT_POINTS, {"available": 0})
    assert (first.replayed, again.replayed) == (False, True)
    assert fresh.unwrap().posted == 5


@pytest.mark.parametrize(
    ("limits", "code"),
    [(Limits(queue_max=0), RefusalCode.OVERLOADED), (Limits(deadline_s=0.0), RefusalCode.DEADLINE_EXCEEDED)],
)
async def test_what_the_book_did_not_decide_burns_no_key(world: World, limits: Limits, code: RefusalCode) -> None:
    """A queue that is full and a deadline that has passed are forgotten: the same key is accepted later."""
    application = world.application
    tight = Engine(
        application.database, application.engine._runner, application.reader, application.engine._observer, limits
    )
    await tight.start()

    refused = await tight.execute(earn(world, 10, "k"))
    await tight.stop()

    assert refused.refusal is not None
    assert refused.refusal.code == code
    assert await entries(world) == 0
    assert not (await application.engine.execute(earn(world, 10, "k"))).replayed


async def test_a_taken_reference_names_the_first_entry(world: World) -> None:
    """However many keys race for one reference, one entry claims it and the others are told which."""
    engine = world.application.engine

    outcomes = await asyncio.gather(*(engine.execute(earn(world, 10, f"k{n}", reference="r")) for n in range(20)))

    accepted = [outcome.unwrap() for outcome in outcomes if outcome.refusal is None]
    refused = [outcome.refusal for outcome in outcomes if outcome.refusal is not None]
    assert len(accepted) == 1
    assert {(refusal.code, refusal.facts["entry_id"]) for refusal in refused} == {
        (RefusalCode.REFERENCE_TAKEN, str(accepted[0].entry_id))
    }


async def test_items_of_a_list_see_earlier_ones(world: World) -> None:
    """An outcome per item in input order; the same key twice is decided once; a refused item leaves the others."""
    commands = [
        earn(world, 10, "a"),
        spend(world, 4, "b"),
        spend(world, 7, "c"),
        earn(world, 10, "a"),
        spend(world, 6, "d"),
    ]

    outcomes = await world.application.engine.execute_list(commands)

    assert codes(outcomes) == ["ok", "ok", "INSUFFICIENT_POINTS", "ok", "ok"]
    assert [outcome.replayed for outcome in outcomes] == [False, False, False, True, False]
    assert outcomes[4].unwrap().posted == 0


async def test_an_atomic_list_is_all_or_nothing(world: World, database_url: str) -> None:
    """The failing item carries its code, the others GROUP_FAILED; nothing is posted; the replay says the same."""
    engine = world.application.engine
    commands = [earn(world, 10, ""), spend(world, 4, ""), spend(world, 7, "")]

    first = await engine.execute_group(commands, "g")
    await engine.execute(earn(world, 100, "more"))
    again = await engine.execute_group(commands, "g")

    assert codes(first) == ["GROUP_FAILED", "GROUP_FAILED", "INSUFFICIENT_POINTS"]
    assert codes(again) == codes(first)
    assert all(outcome.replayed for outcome in again)
    assert first[0].refusal is not None
    assert first[0].refusal.facts == {"failed_index": 2}
    assert await entries(world) == 1
    await assert_clean(database_url)


async def test_a_failed_list_names_nothing_that_it_undid(world: World) -> None:
    """A reference of the list's own names no entry, since there is none; an earlier one's names its entry."""
    engine = world.application.engine
    earlier = (await engine.execute(earn(world, 1, "e", reference="R1"))).unwrap()

    own = await engine.execute_group([earn(world, 1, "", reference="R2"), earn(world, 2, "", reference="R2")], "g")
    other = await engine.execute_group([earn(world, 1, "", reference="R3"), earn(world, 2, "", reference="R1")], "h")

    assert codes(own) == codes(other) == ["GROUP_FAILED", "REFERENCE_TAKEN"]
    facts = [outcomes[1].refusal.facts for outcomes in (own, other) if outcomes[1].refusal is not None]
    assert facts == [{}, {"entry_id": str(earlier.entry_id)}]


async def test_an_accepted_atomic_list_is_replayed_whole(world: World) -> None:
    """Same key, same items: the same receipts; another item under the key is named by its index and field."""
    engine = world.application.engine
    commands = [earn(world, 10, ""), spend(world, 4, "")]

    first = await engine.execute_group(commands, "g")
    again = await engine.execute_group(commands, "g")
    other = await engine.execute_group([commands[0], spend(world, 5, "")], "g")
    longer = await engine.execute_group([*commands, commands[1]], "g")

    assert again == [replace(outcome, replayed=True) for outcome in first]
    assert codes(other) == ["IDEMPOTENCY_CONFLICT"] * 2
    assert other[0].refusal is not None
    assert other[0].refusal.facts == {"fields": ("items.1.amount",)}
    assert codes(longer) == ["IDEMPOTENCY_CONFLICT"] * 3
    assert await entries(world) == 2


async def test_only_members_have_wallets(world: World) -> None:
    """An earn for the id of a merchant or of the programme is refused as for an unknown member, and makes no account."""
    command = earn(world, 10, "k")
    wrong = [replace(command, key=str(id_), member_id=id_) for id_ in (world.merchant_id, world.programme_id)]

    outcomes = await world.application.engine.execute_list(wrong)

    assert codes(outcomes) == ["MEMBER_NOT_FOUND"] * 2
    assert await world.connection.fetchval("SELECT count(*) FROM book.accounts") == 0


async def test_lists_are_bounded(world: World) -> None:
    """An empty list succeeds; one of 1,001 is refused before any work; 1,000 are decided."""
    engine = world.application.engine
    commands = [earn(world, 1, f"k{n}", member=n % 8) for n in range(1001)]

    assert await engine.execute_list([]) == []
    assert await engine.execute_group([], "g") == []
    assert set(codes(await engine.execute_list(commands))) == {"LIST_TOO_LONG"}
    assert set(codes(await engine.execute_group(commands, "g"))) == {"LIST_TOO_LONG"}
    assert await entries(world) == 0
    assert set(codes(await engine.execute_list(commands[:1000]))) == {"ok"}


async def test_two_writers_keep_the_order_of_a_list(world: World) -> None:
    """Of a list that two batches share, whoever used a reference or a key first has it, and no spend overtakes its
    earn; each item is decided once.
    """
    pairs = [(earn(world, 3, f"e{n}", member=n % 8), spend(world, 3, f"s{n}", member=n % 8)) for n in range(240)]
    claims = [earn(world, 1, f"r{n}", member=n % 8, reference=f"r{n // 4}") for n in range(240)]
    items = [item for pair, claim in zip(pairs, claims, strict=True) for item in (*pair, claim)]

    outcomes = await world.application.engine.execute_list(items)

    taken = ["ok", *["REFERENCE_TAKEN"] * 3] * 60
    assert codes(outcomes) == [code for last in taken for code in ("ok", "ok", last)]
    assert not any(outcome.replayed for outcome in outcomes)
    assert await world.connection.fetchval("SELECT count(DISTINCT tx_id) FROM book.journal_entries") > 1


async def test_what_follows_an_item_that_was_given_up_waits_for_it(world: World, database_url: str) -> None:
    """Where the connection is lost under the first batch of a list, its later items are not decided without the first;
    asked again, all are.
    """
    application = world.application
    limits = Limits(writers=1, batch_commands_min=1, batch_commands_max=2, tries_max=1)
    weak = Engine(
        application.database, application.engine._runner, application.reader, application.engine._observer, limits
    )
    await application.engine.execute(earn(world, 1, "before"))
    items = [earn(world, 5, "a"), earn(world, 5, "b"), spend(world, 11, "c"), earn(world, 5, "d", member=1)]
    await weak.start()

    async with world.connection.transaction():
        await world.connection.execute("SELECT 1 FROM book.accounts FOR UPDATE")
        asked = asyncio.create_task(weak.execute_list(items))
        await _kill_who_waits(database_url)
        lost = await asked

    again = await weak.execute_list(items)
    await weak.stop()
    assert codes(lost) == ["UNAVAILABLE"] * 4
    assert codes(again) == ["ok"] * 4
    assert not any(outcome.replayed for outcome in again)


async def _kill_who_waits(database_url: str) -> None:
    """Ends whichever connection waits for a lock, as soon as one does."""
    connection = await asyncpg.connect(database_url)
    try:
        while not await connection.fetch(_KILL):  # noqa: ASYNC110  the database tells in no other way
            await asyncio.sleep(0.01)
    finally:
        await connection.close()


_KILL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


async def test_a_key_used_for_something_else_is_recorded(world: World) -> None:
    """A conflict changes nothing and burns nothing, but the audit trail tells of the attempt (semantics 3.6)."""
    engine = world.application.engine
    await engine.execute(earn(world, 10, "k"))
    await engine.execute_group([earn(world, 10, "i")], "g")

    single = await engine.execute(earn(world, 11, "k"))
    listed = await engine.execute_group([earn(world, 11, "i")], "g")

    assert codes([single, *listed]) == ["IDEMPOTENCY_CONFLICT"] * 2
    recorded = await world.connection.fetchval(
        "SELECT count(*) FROM audit.events WHERE convert_from(record, 'UTF8')::jsonb ->> 'code' = 'IDEMPOTENCY_CONFLICT'"
    )
    assert recorded == len([single, *listed])
