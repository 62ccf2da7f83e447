"""Freezing stops what the member starts, on every wallet at once, whoever races."""

import asyncio
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from audit.record import SealedPart
from graphql_api.bootstrap import open_application
from ledger.book.refusal import RefusalCode
from ledger.engine.unit import AnyCommand
from ledger.members.enrol import EnrolMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.members.queries import member_by_id
from ledger.points.earn import EarnPoints
from ledger.points.spend import SpendPoints
from ledger.programme.setup import create_programme
from ledger.vouchers.close import CloseMember
from tests.bank import NOBODY, Bank, code_of


def _freeze(bank: Bank, member_id: UUID) -> FreezeMember:
    return FreezeMember(
        actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member_id, reason_code="FRAUD",
        reason="called twice",
    )  # fmt: skip


def _unfreeze(bank: Bank, member_id: UUID) -> UnfreezeMember:
    return UnfreezeMember(actor=bank.actor("operator", "olga"), key=bank.key(), member_id=member_id)


def _spend(bank: Bank, member_id: UUID, asset: str = "POINTS") -> SpendPoints:
    return SpendPoints(actor=bank.actor(), key=bank.key(), member_id=member_id, amount=1, asset=asset)


async def _lines(bank: Bank, member_id: UUID) -> list[tuple[str, str, int]]:
    """Every statement line of the member: kind of entry, role of account, version."""
    rows = await bank.fetch(
        "SELECT e.kind, a.role, l.version FROM {book}.statement_lines l"
        " JOIN {book}.accounts a ON a.id = l.account_id JOIN {book}.journal_entries e ON e.id = l.entry_id"
        " WHERE a.holder_id = $1 ORDER BY e.id, a.role, l.version",
        member_id,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("book_schema", ["book", "second_book"], indirect=True)
async def test_a_frozen_member_spends_nothing_until_unfrozen(bank: Bank) -> None:
    """Every wallet carries the state, each with a statement line of the freeze."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    await bank.earn(member, 5, asset="STARS")

    frozen = (await engine.execute(_freeze(bank, member))).unwrap()
    stopped = [code_of(await engine.execute(_spend(bank, member, asset))) for asset in ("POINTS", "STARS")]
    view = await member_by_id(bank.application.reader, bank.programme_id, member)
    await bank.earn(member, 2)
    thawed = (await engine.execute(_unfreeze(bank, member))).unwrap()
    spent = await engine.execute(_spend(bank, member))

    assert (frozen.state, thawed.state) == ("frozen", "open")
    assert stopped == [RefusalCode.MEMBER_FROZEN, RefusalCode.MEMBER_FROZEN]
    assert view is not None
    assert view.state == "frozen"
    assert spent.unwrap().posted == 6
    lines = await _lines(bank, member)
    assert sorted(line for line in lines if line[0] in {"freeze", "unfreeze"}) == [
        ("freeze", "wallet", 2), ("freeze", "wallet", 2), ("unfreeze", "wallet", 3), ("unfreeze", "wallet", 4),
    ]  # fmt: skip


async def test_the_free_text_reason_is_sealed_in_the_event(bank: Bank) -> None:
    """It stands nowhere in clear, and opens under its own event only."""
    member = await bank.enrol("m-1")

    frozen = (await bank.application.engine.execute(_freeze(bank, member))).unwrap()

    event = (await bank.fetch("SELECT id, record FROM audit.events WHERE resource_id = $1", frozen.entry_id))[0]
    part = SealedPart(*(await bank.fetch("SELECT * FROM audit.parts WHERE event_id = $1", event["id"]))[0])
    assert b"called twice" not in event["record"] + part.sealed
    assert sha256(part.sealed).hexdigest().encode() in event["record"]
    assert part.subject_id == member
    assert await bank.application.audit.parts.open(part) == "called twice"
    with pytest.raises(ValueError, match="do not open"):
        await bank.application.audit.parts.open(part._replace(event_id=NOBODY))


async def test_new_accounts_of_a_frozen_member_are_frozen(bank: Bank) -> None:
    """A wallet that is made after the freeze spends nothing either."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    (await engine.execute(_freeze(bank, member))).unwrap()

    await bank.earn(member, 5)
    outcome = await engine.execute(_spend(bank, member))

    assert code_of(outcome) == RefusalCode.MEMBER_FROZEN
    assert (await bank.account(member))["state"] == "frozen"


async def test_pending_accounts_follow_the_member(bank: Bank) -> None:
    """Every account of the member carries its state, also those that wallets protect."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5, pending=True)

    (await engine.execute(_freeze(bank, member))).unwrap()

    states = await bank.fetch("SELECT role, state FROM {book}.accounts WHERE holder_id = $1 ORDER BY role", member)
    assert [tuple(row) for row in states] == [("pending", "frozen"), ("wallet", "frozen")]


async def test_expiry_goes_on_while_frozen(bank: Bank) -> None:
    """Freezing prolongs nothing."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    await bank.earn(member, 5)
    (await engine.execute(_freeze(bank, member))).unwrap()

    await bank.advance(timedelta(days=300))
    await bank.earn(member, 1)

    assert (await bank.account(member))["posted"] == 1


async def test_standing_has_its_refusals(bank: Bank) -> None:
    """Twice frozen, not frozen, unknown, a merchant, another programme's, closed: each its own code, nothing changed."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    other = await create_programme(bank.application.units, bank.actor(), code="OTHER", name="Other", time_zone="UTC")
    stranger = Bank(application=bank.application, url=bank.url, programme_id=other.id, keys=1000)

    codes = [code_of(await engine.execute(_unfreeze(bank, member)))]
    codes.append(code_of(await engine.execute(_freeze(stranger, member))))
    codes.append(code_of(await engine.execute(_freeze(bank, bank.merchant_id))))
    codes.append(code_of(await engine.execute(_freeze(bank, NOBODY))))
    codes.append(code_of(await engine.execute(_freeze(bank, member))))
    codes.append(code_of(await engine.execute(_freeze(bank, member))))
    close = CloseMember(actor=bank.actor(), key=bank.key(), member_id=member)
    codes.append(code_of(await engine.execute(close)))
    codes.append(code_of(await engine.execute(_freeze(bank, member))))
    codes.append(code_of(await engine.execute(_unfreeze(bank, member))))

    missing = "MEMBER_NOT_FOUND"
    assert codes == ["MEMBER_NOT_FROZEN", missing, missing, missing, "", "MEMBER_FROZEN", "", "MEMBER_CLOSED",
                     "MEMBER_CLOSED"]  # fmt: skip
    entries = await bank.fetch("SELECT kind FROM {book}.journal_entries WHERE member_id = $1 ORDER BY id", member)
    assert [row["kind"] for row in entries] == ["enrol", "freeze", "close"]


async def test_in_one_list_a_freeze_stops_what_comes_after_it(bank: Bank) -> None:
    """A wallet made earlier in the same list is frozen too, and no round of it is needed twice."""
    engine, member = bank.application.engine, await bank.enrol("m-1")
    earn = EarnPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=5)

    commands: list[AnyCommand] = [earn, _spend(bank, member), _freeze(bank, member), _spend(bank, member)]
    outcomes = await engine.execute_list(commands)

    assert [code_of(outcome) for outcome in outcomes] == ["", "", "", "MEMBER_FROZEN"]
    account = await bank.account(member)
    assert (account["posted"], account["state"], account["version"]) == (4, "frozen", 3)


async def test_a_wallet_made_during_a_freeze_is_frozen(bank: Bank) -> None:
    """Two engines: first earns race freezes, some of each on both; whoever wins, wallet and holder agree in the end."""
    engine = bank.application.engine
    enrolments = [EnrolMember(actor=bank.actor(), key=bank.key(), external_id=f"m-{n}") for n in range(40)]
    members = [outcome.unwrap().member_id for outcome in await engine.execute_list(enrolments)]
    async with open_application(bank.application.settings, url=bank.url) as other:
        engines = (engine, other.engine)
        asked: list[tuple[int, AnyCommand]] = [(n % 2, _freeze(bank, member)) for n, member in enumerate(members)]
        asked += [
            (1 - n % 2, EarnPoints(actor=bank.actor(), key=bank.key(), member_id=member, amount=1))
            for n, member in enumerate(members)
        ]
        outcomes = await asyncio.gather(*(engines[place].execute(command) for place, command in asked))

    states = await bank.fetch(
        "SELECT DISTINCT h.state, a.state, a.version FROM {book}.holders h JOIN {book}.accounts a ON a.holder_id = h.id"
        " WHERE h.kind = 'member' ORDER BY 3"
    )
    assert {code_of(outcome) for outcome in outcomes} == {""}
    assert [tuple(row) for row in states] == [("frozen", "frozen", 1), ("frozen", "frozen", 2)]
    assert await bank.count("book.accounts WHERE role = 'wallet'") == 40
