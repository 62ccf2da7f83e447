"""When a wallet dies for inactivity, and what has died with it, as the checker reckons both from its entries."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledger.campaigns.campaign_body import PointsAward, Rule
from ledger.engine.command import Command
from ledger.points import checks
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.inactivity_checks import INACTIVITY_RULES
from ledger.points.opening import OpenBalance, OpeningLot
from ledger.points.pending import ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.term_checks import TERM_RULES
from ledger.points.transfer import TransferPoints
from ledger.programme.calendar import local_date
from ledger.programme.input_rules import AssetTerms
from ledger.programme.setup import change_asset, create_asset
from ledger.reports.check import check_book
from ledger.vouchers.template_body import Price
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk, always
from tests.planting import rules_that_find
from tests.voucher_desk import VoucherDesk

__all__ = ["bank"]

_IDLE = "IDLE"


class Idle:
    """The members of the bank with points that die for inactivity."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.members: dict[str, UUID] = {}

    async def do(self, command: Command[Receipt]) -> UUID:
        """The entry of a command."""
        entry = (await self.bank.application.engine.execute(command)).unwrap().entry_id
        assert entry is not None
        return entry

    async def whose(self, name: str) -> dict[str, Any]:
        """What the commands of a member share."""
        if name not in self.members:
            self.members[name] = await self.bank.enrol(name)
        return {**self.by(), "member_id": self.members[name], "asset": _IDLE}

    def by(self) -> dict[str, Any]:
        """What all commands share."""
        return {"actor": self.bank.actor(), "key": self.bank.key()}

    async def earn(self, name: str, amount: int = 10, **more: Any) -> UUID:
        """An earn of the member's."""
        return await self.do(EarnPoints(**await self.whose(name), amount=amount, **more))

    async def set_terms(self, expiry: str) -> None:
        """The next version of the terms."""
        terms = AssetTerms(expiry=expiry, reversal_grace_days=3, transfers_allowed=True)
        await change_asset(self.bank.application.units, self.bank.actor("operator", "olga"), code=_IDLE, terms=terms)


@pytest.fixture
async def idle(bank: Bank) -> Idle:
    """An asset whose points die after 1 month; transfers, and 3 days of grace."""
    terms = AssetTerms(expiry="inactive 1 months", reversal_grace_days=3, transfers_allowed=True)
    operator = bank.actor("operator", "olga")
    await create_asset(bank.application.units, operator, code=_IDLE, kind="points", terms=terms)
    return Idle(bank)


async def test_every_other_death_is_found(idle: Idle, database_url: str) -> None:
    """Whatever brought the new date, and under whichever terms: no other version passes, none at all, nor another date."""
    await _live(idle)
    await idle.set_terms("inactive 3 months")
    await _live(idle)
    await idle.set_terms("inactive 2 months")
    await _live(idle)
    await idle.earn("young")

    before = await check_book(database_url, book_schema="book", book_number=1, rules=checks.RULES)
    missed = await _missed(idle)

    assert before.is_clean
    assert missed == []
    assert [name for name, (_, died, _) in (await _wallets(idle)).items() if died is None] == ["young"]


async def test_awards_claims_and_openings_are_activity_too(idle: Idle) -> None:
    """What an activity awards, what a claim costs, and what came from an old system, each with a death after it."""
    bank, vouchers, campaigns = idle.bank, VoucherDesk(bank=idle.bank), CampaignDesk(bank=idle.bank)
    award = Rule(code="idle", activity="purchase", action=PointsAward(asset=_IDLE, field="amount", rate=1, per=10))
    await campaigns.run("idle", phases=always(award))
    coffee = await vouchers.live("coffee", price=Price(asset=_IDLE, points=3))
    lots = (OpeningLot(amount=5, granted_on=local_date(await bank.now(), "Asia/Shanghai")),)
    await idle.do(OpenBalance(**await idle.whose("opened"), total=5, lots=lots))
    await idle.earn("claiming")
    for _ in range(3):
        await bank.advance(timedelta(days=25))
        (await bank.application.engine.execute(vouchers.claiming(idle.members["claiming"], coffee))).unwrap()
        await campaigns.buy(idle.members["opened"], 100, at=await bank.now() - timedelta(days=2))
    await bank.advance(timedelta(days=60))
    for name in ("opened", "claiming"):
        await campaigns.buy(idle.members[name], 100, at=await bank.now())

    missed = await _missed(idle)

    assert missed == []
    assert all(died for _, died, _ in (await _wallets(idle)).values())


@pytest.mark.parametrize(
    "expiry", ["on 2099-12-31", "on 2099-12-31, inactive 9 months", "on Sunday, inactive 1 months"]
)
async def test_what_waits_with_an_end_of_its_own_names_a_policy_of_its_asset(
    idle: Idle, database_url: str, expiry: str
) -> None:
    """By the policy beside it its account would live, were there nothing else in it."""
    entry = await idle.earn("ann", pending=True, expires_on=date(2099, 12, 31))
    await idle.set_terms("inactive 3 months")
    lot = (await idle.bank.fetch("SELECT id, expiry FROM {book}.lots WHERE entry_id = $1", entry))[0]

    change = {"expiry": f"'{expiry}'"}
    found = await rules_that_find(database_url, TERM_RULES, table="book.lots", row=lot["id"], change=change)

    assert lot["expiry"] == "on 2099-12-31, inactive 1 months"
    assert "lot_keeps_its_assets_terms" in found


async def test_terms_are_changed_between_batches(idle: Idle) -> None:
    """An earn that is being made when they change is made by the former ones; the checker, which has the last word, knows."""
    await idle.earn("ann")
    wallet = (await idle.bank.account(idle.members["ann"], asset=_IDLE))["id"]
    keeper = await asyncpg.connect(idle.bank.url)
    async with keeper.transaction():
        await keeper.execute("SELECT FROM book.accounts WHERE id = $1 FOR UPDATE", wallet)
        earning = asyncio.create_task(idle.earn("ann"))
        await idle.bank.until_waiting(1)
        changing = asyncio.create_task(idle.set_terms("inactive 3 months"))
        await idle.bank.until_waiting(2)
        waits = not changing.done()
    await asyncio.gather(earning, changing)
    await keeper.close()

    assert waits
    account = await idle.bank.account(idle.members["ann"], asset=_IDLE)
    assert account["inactive_at"] - await idle.bank.now() < timedelta(days=33)


async def test_where_transactions_are_forgotten_any_terms_pass(idle: Idle, database_url: str) -> None:
    """After a restore nobody knows which terms stood at an entry; what some of them explain is no difference, all else is."""
    await _live(idle)
    await idle.set_terms("inactive 3 months")
    await _live(idle)

    await idle.bank.fetch("CALL {book}.forget_transactions()")

    wallet, _, last = (await _wallets(idle))["steady"]
    for change in ({"inactive_at": "inactive_at + interval '1 day'"}, {"died_version": str(last)}):
        assert await rules_that_find(database_url, INACTIVITY_RULES, table="book.accounts", row=wallet, change=change)


async def _live(idle: Idle) -> None:
    """Points that come and go for half a year in each of the ways that give a wallet a date, or leave it."""
    bank, day = idle.bank, timedelta(days=1)
    today = local_date(await bank.now(), "Asia/Shanghai")
    await idle.earn("active")
    spent = await idle.do(SpendPoints(**await idle.whose("active"), amount=3))
    await idle.earn("late")
    await idle.earn("holding")
    hold = await idle.do(HoldPoints(**await idle.whose("holding"), amount=4, ttl_seconds=31 * 86_400))
    await idle.earn("capturing")
    other = await idle.do(HoldPoints(**await idle.whose("capturing"), amount=4, ttl_seconds=31 * 86_400))
    await idle.earn("waiting", pending_until=today + 40 * day)
    await idle.earn("ending", pending_until=today + 40 * day, expires_on=today + 400 * day)
    confirmed = await idle.earn("confirmed", pending=True)
    await bank.advance(30 * day)
    for _ in range(2):
        await idle.earn("steady", 1)
        await bank.advance(timedelta(hours=8))
    await idle.do(ReleaseHold(**idle.by(), hold_id=hold))
    await idle.do(CaptureHold(**idle.by(), hold_id=other, amount=1))
    await bank.advance(45 * day)
    await idle.earn("late", 5, effective_at=await bank.now() - 20 * day)
    await idle.do(ReverseEntry(**idle.by(), entry_id=spent))
    await idle.do(ConfirmPending(**idle.by(), entry_id=confirmed))
    await bank.advance(31 * day)
    await idle.earn("giving")
    giving = TransferPoints(**await idle.whose("giving"), to_member_id=idle.members["late"], amount=5)
    await idle.do(giving)
    adjusting = AdjustPoints(**await idle.whose("capturing"), amount=5, reason_code="X", approval_id=uuid4())
    await idle.do(adjusting)
    await bank.advance(120 * day)


async def _wallets(idle: Idle) -> Mapping[str, tuple[UUID, int | None, int]]:
    """Each member's wallet, the version up to which its lots have died, and its last one."""
    rows = await idle.bank.fetch(
        "SELECT holder_id, id, died_version, version FROM {book}.accounts WHERE role = 'wallet' AND asset_id = $1",
        idle.bank.asset(_IDLE),
    )
    names = {member: name for name, member in idle.members.items()}
    return {names[row["holder_id"]]: (row["id"], row["died_version"], row["version"]) for row in rows}


async def _missed(idle: Idle) -> list[str]:
    """The changes of a wallet's row that the rule does not find."""
    return [
        f"{name}, {died} of {last}: {change}"
        for name, (wallet, died, last) in (await _wallets(idle)).items()
        for change in _others(died, last)
        if not await rules_that_find(idle.bank.url, INACTIVITY_RULES, table="book.accounts", row=wallet, change=change)
    ]


def _others(died: int | None, last: int) -> list[dict[str, str]]:
    """Every other version, and other dates."""
    versions = ["NULL" if version is None else str(version) for version in (None, *range(last + 1)) if version != died]
    dates = ("inactive_at + interval '1 day'", "inactive_at - interval '1 month'", "NULL")
    return [{"died_version": version} for version in versions] + [{"inactive_at": date} for date in dates]
