"""Claim: stock, limits, points and the voucher move in one entry, or nothing does (semantics 5.2)."""

import asyncio
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, ClassVar, Self

from ledger.engine.reader import Reader
from ledger.members.freeze import FreezeMember
from ledger.points.as_of_query import balance_as_of
from ledger.points.wallet import wallet_ids
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import create_asset
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.template import change_template
from ledger.vouchers.template_body import Limits, Price
from tests.bank import Bank, code_of
from tests.voucher_desk import COFFEE, VoucherDesk


async def _posted(bank: Bank, member: object) -> int:
    rows = await bank.fetch("SELECT posted FROM {book}.accounts WHERE holder_id = $1 AND role = 'wallet'", member)
    return int(rows[0]["posted"]) if rows else 0


async def test_points_and_voucher_move_in_one_entry(bank: Bank, desk: VoucherDesk) -> None:
    """The receipt names the price and what is left."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 100)
    template = await desk.live("COFFEE", pieces=1, price=Price(asset="POINTS", points=70))

    claimed = (await bank.application.engine.execute(desk.claiming(member, template))).unwrap()

    assert (claimed.points, claimed.points_available, claimed.state) == (70, 30, "ISSUED")
    postings = await bank.fetch(
        "SELECT amount FROM {book}.postings WHERE entry_id = $1 ORDER BY line", claimed.entry_id
    )
    assert [row["amount"] for row in postings] == [70, 1]
    assert await desk.balance(template, "stock") == 0


async def test_a_refused_claim_takes_nothing(bank: Bank, desk: VoucherDesk) -> None:
    """Each reason in its place of the order; neither stock nor counts nor points move."""
    engine, operator = bank.application.engine, bank.actor("operator", "olga")
    rich, poor, frozen = [await bank.enrol(f"m-{n}") for n in range(3)]
    await bank.earn(rich, 100)
    await bank.earn(poor, 69)
    (await engine.execute(FreezeMember(actor=operator, key=bank.key(), member_id=frozen))).unwrap()
    price = Price(asset="POINTS", points=70)
    template = await desk.live("COFFEE", pieces=5, price=price, issue_limits=Limits(total=1))
    unclaimable = await desk.live("GIVEN", is_claimable=False)

    claims = [
        desk.claiming(frozen, template),
        desk.claiming(rich, unclaimable),
        desk.claiming(poor, template),
        desk.claiming(await bank.enrol("m-9"), template),
        desk.claiming(rich, template, points_max=69),
        desk.claiming(rich, template, points_max=70),
        desk.claiming(rich, template),
        desk.claiming(rich, template, points_max=0),
    ]
    outcomes = [await engine.execute(claim) for claim in claims]

    assert [code_of(outcome) for outcome in outcomes] == [
        "MEMBER_FROZEN", "NOT_CLAIMABLE", "INSUFFICIENT_POINTS", "INSUFFICIENT_POINTS", "AMOUNT_TOO_LARGE", "",
        "LIMIT_REACHED", "INVALID_INPUT",
    ]  # fmt: skip
    assert await desk.balance(template, "stock") == 4
    assert (await _posted(bank, rich), await _posted(bank, poor)) == (30, 69)


class _StaleClaim(ClaimVoucher):
    """Whose first look is as old as the one it was made with."""

    looks: ClassVar[int] = 0

    async def find(self, reader: Reader) -> Self:
        """The old look first, then a new one."""
        _StaleClaim.looks += 1
        return self if _StaleClaim.looks == 1 else await ClaimVoucher.find(self, reader)


def _fields_of(claim: ClaimVoucher) -> dict[str, Any]:
    return {each.name: getattr(claim, each.name) for each in fields(claim) if each.init}


async def test_a_price_that_changed_after_the_look_is_paid_from_the_right_wallet(bank: Bank, desk: VoucherDesk) -> None:
    """The look before queueing saw another asset: the command finds out under the locks and asks for the wallet."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 10, asset="STARS")
    template = await desk.live("COFFEE", price=Price(asset="POINTS", points=1))
    _StaleClaim.looks = 0
    stale = _StaleClaim(**_fields_of(await desk.claiming(member, template).find(bank.application.reader)))
    await change_template(
        bank.application.units, bank.actor("operator", "olga"), code=template,
        body=replace(COFFEE, price=Price(asset="STARS", points=4)),
    )  # fmt: skip
    claimed = (await bank.application.engine.execute(stale)).unwrap()

    assert _StaleClaim.looks == 2
    assert (claimed.points, claimed.points_available) == (4, 6)
    stars = wallet_ids(member, bank.asset("STARS")).wallet
    assert (await bank.fetch("SELECT posted FROM {book}.accounts WHERE id = $1", stars))[0]["posted"] == 6


async def test_a_template_that_was_made_after_the_look_is_looked_at_again(bank: Bank, desk: VoucherDesk) -> None:
    """The look before queueing saw none, so nothing was locked: the command finds out and asks for the account."""
    _StaleClaim.looks = 0
    early = await desk.claiming(await bank.enrol("m-1"), "COFFEE").find(bank.application.reader)
    await desk.live("COFFEE")

    claimed = await bank.application.engine.execute(_StaleClaim(**_fields_of(early)))

    assert (code_of(claimed), _StaleClaim.looks) == ("", 2)


async def test_many_claims_of_one_process_take_exactly_the_stock(bank: Bank, desk: VoucherDesk) -> None:
    """Forty at once for fifteen pieces; the members who came too late paid nothing."""
    members = [await bank.enrol(f"m-{n}") for n in range(40)]
    for member in members:
        await bank.earn(member, 5)
    template = await desk.live("COFFEE", pieces=15, price=Price(asset="POINTS", points=5))

    outcomes = await asyncio.gather(
        *(bank.application.engine.execute(desk.claiming(member, template)) for member in members)
    )

    codes = [code_of(outcome) for outcome in outcomes]
    assert (codes.count(""), codes.count("OUT_OF_STOCK")) == (15, 25)
    spent = await bank.fetch("SELECT count(*) FROM {book}.accounts WHERE role = 'wallet' AND posted = 0")
    assert spent[0][0] == 15


async def test_paying_for_a_claim_is_activity(bank: Bank, desk: VoucherDesk) -> None:
    """Under an inactivity policy it moves the account's date, and a balance as of later knows that too."""
    units, operator = bank.application.units, bank.actor("operator", "olga")
    await create_asset(units, operator, code="IDLE", kind="points", terms=AssetTerms(expiry="inactive 1 months"))
    member = await bank.enrol("m-1")
    await bank.earn(member, 10, asset="IDLE")
    template = await desk.live("COFFEE", price=Price(asset="IDLE", points=1))
    await bank.advance(timedelta(days=20))
    claimed = (await bank.application.engine.execute(desk.claiming(member, template))).unwrap()

    await bank.advance(timedelta(days=20))
    at = claimed.posted_at + timedelta(days=18)
    found = await balance_as_of(bank.application.reader, bank.programme_id, member, bank.asset("IDLE"), effective_at=at)

    assert found is not None
    assert (found.balance, found.overdue) == (9, 0)
