"""References of requests that wait: taken meanwhile, for ever once approved, else free again (semantics 3.1)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from graphql_api.bootstrap import open_application
from graphql_api.unresolved import NOBODY, require_names
from ledger.book.refusal import Refusal, RefusalCode
from ledger.control.approval import VALID
from ledger.control.decide_request import ApproveRequest, RejectRequest, WithdrawRequest
from ledger.engine.claim import CLAIM_AFTER_SQL, claim_after
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.points.adjust import AdjustPoints
from ledger.points.entry_query import entry_by_reference
from ledger.programme.rates import set_adjustment_limit
from tests.bank import Bank, code_of
from tests.tier_desk import TierDesk

MAKER, CHECKER = ("operator", "olga"), ("approver", "anna")
LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Olga adjusts up to 50 alone, always under one reference; Anna decides what is above."""

    bank: Bank
    members: tuple[UUID, UUID]

    async def run(self, command: Command[Any]) -> Outcome[Any]:
        """What it came to."""
        return await self.bank.application.engine.execute(command)

    def adjust(self, amount: int, member: int = 0) -> AdjustPoints:
        """An adjustment of Olga's."""
        return AdjustPoints(
            actor=self.bank.actor(*MAKER), key=self.bank.key(), member_id=self.members[member], amount=amount,
            reason_code="GOODWILL", reference="case-1",
        )  # fmt: skip

    async def ask(self) -> UUID:
        """A request that waits; its id."""
        asked = (await self.run(self.adjust(LIMIT + 1))).unwrap()
        assert asked.approval_id is not None
        return UUID(str(asked.approval_id))

    def approve(self, approval_id: UUID) -> ApproveRequest:
        """Anna agrees."""
        rebuilt = self.bank.application.approvables
        return ApproveRequest(
            actor=self.bank.actor(*CHECKER), key=self.bank.key(), approval_id=approval_id, approvables=rebuilt
        )

    async def reject(self, approval_id: UUID) -> None:
        """Anna refuses."""
        command = RejectRequest(actor=self.bank.actor(*CHECKER), key=self.bank.key(), approval_id=approval_id)
        (await self.run(command)).unwrap()

    async def withdraw(self, approval_id: UUID) -> None:
        """Olga takes it back."""
        command = WithdrawRequest(actor=self.bank.actor(*MAKER), key=self.bank.key(), approval_id=approval_id)
        (await self.run(command)).unwrap()

    async def expire(self, approval_id: UUID) -> None:
        """Nobody decides."""
        del approval_id
        await self.bank.advance(VALID)

    async def named(self) -> UUID | None:
        """The entry that the reference names."""
        client = self.bank.actor(*MAKER).client
        entry = await entry_by_reference(
            self.bank.application.reader, self.bank.programme_id, client=client, kind="adjust", reference="case-1"
        )
        return None if entry is None else entry.id

    async def entries(self) -> int:
        """How many entries have the reference."""
        return int(
            (await self.bank.fetch("SELECT count(*) FROM {book}.journal_entries WHERE reference = 'case-1'"))[0][0]
        )


@pytest.fixture
async def desk(bank: Bank) -> Desk:
    """Two members; the checker has the last word."""
    await set_adjustment_limit(
        bank.application.units, bank.actor(*MAKER), asset="POINTS", actor_kind=MAKER[0], amount=LIMIT
    )
    members = (await bank.enrol("m-1"), await bank.enrol("m-2"))
    for member in members:
        await bank.earn(member, 100)
    return Desk(bank=bank, members=members)


Ending = Callable[[Desk, UUID], Awaitable[None]]
ENDINGS = pytest.mark.parametrize("ending", [Desk.reject, Desk.withdraw, Desk.expire], ids=lambda end: end.__name__)


@ENDINGS
@pytest.mark.parametrize("amount", [LIMIT, LIMIT + 2])
async def test_what_ended_without_an_entry_has_no_reference(desk: Desk, ending: Ending, amount: int) -> None:
    """Another adjustment has it, whether it waits itself or not; the first key still gives the first answer."""
    first = desk.adjust(LIMIT + 1)
    asked = (await desk.run(first)).unwrap()
    waiting = await desk.run(desk.adjust(1))
    await ending(desk, asked.approval_id)

    free = await desk.named()
    again = (await desk.run(desk.adjust(amount))).unwrap()
    taken = await desk.run(desk.adjust(1))
    replayed = await desk.run(first)

    assert code_of(waiting) == code_of(taken) == RefusalCode.REFERENCE_TAKEN
    assert waiting.refusal is not None
    assert waiting.refusal.facts == {"approval_id": str(asked.approval_id)}
    assert free is None
    assert await desk.named() == again.entry_id
    assert (again.entry_id is None) == (amount > LIMIT)
    assert replayed == Outcome(reply=asked, replayed=True)


@ENDINGS
async def test_what_is_approved_in_the_end_has_the_reference_for_ever(desk: Desk, ending: Ending) -> None:
    """After two that ended otherwise; whoever comes later is told the entry."""
    for _ in range(2):
        await ending(desk, await desk.ask())

    decision = (await desk.run(desk.approve(await desk.ask()))).unwrap()
    await desk.bank.advance(2 * VALID)
    refused = await desk.run(desk.adjust(1))

    assert refused.refusal is not None
    assert (refused.refusal.code, refused.refusal.facts) == (
        RefusalCode.REFERENCE_TAKEN,
        {"entry_id": str(decision.entry_id)},
    )
    assert await desk.named() == decision.entry_id
    assert await desk.entries() == 1


@ENDINGS
async def test_of_all_who_want_a_free_reference_one_has_it(desk: Desk, ending: Ending) -> None:
    """Twenty at once in two processes, some of which wait."""
    await ending(desk, await desk.ask())
    application = desk.bank.application
    commands = [desk.adjust(LIMIT + n % 2, member=n // 2 % 2) for n in range(20)]

    async with open_application(application.settings, url=desk.bank.url) as other:
        engines = (application.engine, other.engine)
        outcomes = await asyncio.gather(*(engines[n % 3 % 2].execute(each) for n, each in enumerate(commands)))

    assert Counter(map(code_of, outcomes)) == {"": 1, RefusalCode.REFERENCE_TAKEN: 19}
    assert await desk.entries() <= 1


async def test_an_approval_and_a_new_use_at_the_expiry_never_both_have_it(desk: Desk) -> None:
    """The approval was decided just before the instant and is not written yet when another process, after the instant, sees
    that the time is over: whoever of the two is written first has the reference.
    """
    approval_id, application = await desk.ask(), desk.bank.application
    async with open_application(application.settings, url=desk.bank.url) as other:
        async with _kept_from_writing(desk.bank, claim_after(approval_id)):
            approving = asyncio.create_task(desk.run(desk.approve(approval_id)))
            await desk.bank.until_waiting(1)
            await desk.bank.advance(VALID)
            using = asyncio.create_task(other.engine.execute(desk.adjust(1, member=1)))
            await desk.bank.until_waiting(2)
        approved, used = await approving, await using

    codes = (code_of(approved), code_of(used))
    assert codes in {("", RefusalCode.REFERENCE_TAKEN), (RefusalCode.APPROVAL_EXPIRED, "")}
    assert await desk.entries() == 1
    winner = approved if approved.refusal is None else used
    assert await desk.named() == winner.unwrap().entry_id


@asynccontextmanager
async def _kept_from_writing(bank: Bank, claim: bytes) -> AsyncIterator[None]:
    """Nobody can claim by that id until the end."""
    connection = await asyncpg.connect(bank.url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO book.requests (id, client, kind, key, fingerprint, outcome, decided_at)"
            " VALUES ($1, '', '', '', '', '', now())", claim,
        )  # fmt: skip
        yield
        await transaction.rollback()
    finally:
        await connection.close()


async def test_approvals_and_new_uses_around_the_expiry_agree(desk: Desk) -> None:
    """Thirty pairs from two processes, some milliseconds before the instant or after it: never are both accepted."""
    application, agreed = desk.bank.application, Counter[tuple[str, str]]()
    async with open_application(application.settings, url=desk.bank.url) as other:
        for n in range(30):
            asked = (await desk.run(replace(desk.adjust(LIMIT + 1), reference=f"case {n}"))).unwrap()
            await desk.bank.advance(VALID - timedelta(milliseconds=n))
            using = other.engine.execute(replace(desk.adjust(1, member=1), reference=f"case {n}"))
            both = await asyncio.gather(desk.run(desk.approve(asked.approval_id)), using)
            agreed[code_of(both[0]), code_of(both[1])] += 1

    assert set(agreed) <= {
        ("", RefusalCode.REFERENCE_TAKEN),
        (RefusalCode.APPROVAL_EXPIRED, ""),
        (RefusalCode.APPROVAL_EXPIRED, RefusalCode.REFERENCE_TAKEN),
    }


async def test_a_grants_reference_is_free_where_nobody_agreed(bank: Bank) -> None:
    """And taken for ever by the grant that was approved, though that posted nothing."""
    tiers, member = TierDesk(bank=bank), await bank.enrol("m-1")
    await tiers.ladder()
    day = await tiers.in_days(2)
    asked = (await tiers.ask(member, "gold", day, reference="vip-1")).unwrap()
    waiting = await tiers.ask(member, "gold", day, reference="vip-1")
    reject = RejectRequest(actor=bank.actor(*CHECKER), key=bank.key(), approval_id=asked.approval_id)
    (await bank.application.engine.execute(reject)).unwrap()

    again = (await tiers.ask(member, "gold", day, reference="vip-1")).unwrap()
    agreed = await tiers.approve(again.approval_id)
    await bank.advance(VALID)
    taken = await tiers.ask(member, "gold", day, reference="vip-1")

    assert code_of(waiting) == code_of(taken) == RefusalCode.REFERENCE_TAKEN
    assert agreed.unwrap().state == "approved"


@ENDINGS
async def test_a_member_that_nobody_knows_is_refused_after_a_taken_reference_only(desk: Desk, ending: Ending) -> None:
    """The order of checks is the same where the engine is never asked (semantics 3.2)."""
    application, approval_id = desk.bank.application, await desk.ask()
    command = replace(desk.adjust(1), member_id=NOBODY)

    codes = []
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            await require_names(application.reader, application.engine._runner.decider.sealer, command)
        codes.append(refused.value.code)
        await ending(desk, approval_id) if len(codes) == 1 else None

    assert codes == [RefusalCode.REFERENCE_TAKEN, RefusalCode.MEMBER_NOT_FOUND]


async def test_the_database_computes_the_same_id(bank: Bank) -> None:
    """The look-up by reference and the checker follow claims in SQL."""
    waited = UUID("018f2f6e-7c1b-7abc-8def-0123456789ab")

    found = await bank.fetch("SELECT " + CLAIM_AFTER_SQL.format(waited="$1::text"), str(waited))

    assert found[0][0] == claim_after(waited)
