"""The checker's rules of vouchers: each planted fault is found under its rule, and a lively history has none."""

from datetime import timedelta
from uuid import UUID

import pytest

from graphql_api.bootstrap import Application
from ledger.reports.check import CheckReport, check_book
from ledger.vouchers import checks
from ledger.vouchers.basket import Basket
from ledger.vouchers.import_codes import import_codes
from ledger.vouchers.lock import LockVoucher, lock_token, token_hash
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.template import change_template
from ledger.vouchers.template_body import Exchange, Limits, Stock, TemplateBody, Validity
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank
from tests.corruption import plant
from tests.integration.ledger.vouchers.voucher_faults import CORRUPTIONS
from tests.points_world import World, world
from tests.voucher_desk import VoucherDesk

__all__ = ["world"]

CAKE = TemplateBody(
    gives=Exchange(item="cake"),
    validity=Validity(expiry="30 days"),
    is_claimable=True,
    is_giftable=True,
    uses=2,
    use_limits=Limits(total=50),
)


@pytest.fixture
def desk(world: World, application: Application, database_url: str) -> VoucherDesk:
    """A desk in a programme that the test may spoil."""
    bank = Bank(
        application=application, url=database_url, programme_id=world.programme_id, merchant_id=world.merchant_id
    )
    return VoucherDesk(bank=bank)


async def _live_through(world: World, desk: VoucherDesk) -> None:
    """Every way in and out, by all members."""
    bank, engine = desk.bank, desk.bank.application.engine
    operator = bank.actor("operator", "olga")
    cake, short = await desk.live("CAKE", CAKE), await desk.live("SHORT", CAKE, validity=Validity(expiry="2 days"))
    few, own = await desk.live("FEW", CAKE, pieces=20), await desk.live("OWN", CAKE, stock=Stock.IMPORTED)
    async for _ in import_codes(
        engine, bank.application.sealer, operator, template=own, codes=[f"OWN-{n:04}" for n in range(12)], import_id="f"
    ):
        pass
    await change_template(bank.application.units, operator, code=cake, body=CAKE)
    for member in world.members:
        kept = [await desk.issue(member, template) for template in (cake, cake, short, few, own)]
        await _redeem(desk, kept[0].voucher_id, times=2)
        for entry in await _redeem(desk, kept[1].voucher_id, times=1):
            (await engine.execute(ReverseRedemption(actor=operator, key=bank.key(), redemption_id=entry))).unwrap()
        await _redeem(desk, kept[3].voucher_id, times=1)
        await _lock(desk, kept[1].voucher_id)
        void = VoidVoucher(actor=operator, key=bank.key(), voucher_id=kept[4].voucher_id, reason_code="X")
        (await engine.execute(void)).unwrap()
    giver, receiver = world.members[:2]
    (await desk.give((await desk.issue(giver, few)).voucher_id, giver, receiver)).unwrap()
    await bank.advance(timedelta(days=4))
    for member in world.members:
        await desk.issue(member, short)


def _presented(row: dict[str, object]) -> Presented:
    code_hash = row["code_hash"]
    assert isinstance(code_hash, bytes)
    return Presented(code_hash=code_hash)


async def _redeem(desk: VoucherDesk, voucher: UUID, *, times: int) -> list[UUID]:
    """Uses a voucher so often; the redemptions' ids."""
    bank, shown = desk.bank, _presented(await desk.voucher(voucher))
    done = []
    for _ in range(times):
        command = RedeemVouchers(
            actor=bank.actor("merchant", str(bank.merchant_id)), key=bank.key(), merchant_id=bank.merchant_id,
            vouchers=(shown,), basket=Basket(amount_minor=0),
        )  # fmt: skip
        redeemed = (await bank.application.engine.execute(command)).unwrap()
        done += [use.redemption_id for use in redeemed.applied]
    return done


async def _lock(desk: VoucherDesk, voucher: UUID) -> None:
    bank, key = desk.bank, desk.bank.key()
    actor = bank.actor("merchant", str(bank.merchant_id))
    token = lock_token(bank.application.sealer, actor.client, key)
    command = LockVoucher(
        actor=actor, key=key, merchant_id=bank.merchant_id, vouchers=(_presented(await desk.voucher(voucher)),),
        token_hash=token_hash(token),
    )  # fmt: skip
    (await bank.application.engine.execute(command)).unwrap()


async def _check(database_url: str) -> CheckReport:
    return await check_book(database_url, book_schema="book", book_number=1)


async def test_every_planted_fault_is_found_under_its_rule(world: World, desk: VoucherDesk, database_url: str) -> None:
    """Two dozen faults at once: each is reported by its rule, so none hides another."""
    await _live_through(world, desk)
    before = await _check(database_url)
    planted = await plant(world.connection, CORRUPTIONS)

    assert [difference for rule in before.rules for difference in rule.differences] == []
    found = {
        (r.rule.name, difference.subject) for r in (await _check(database_url)).rules for difference in r.differences
    }
    lost = {rule for rule, subject in planted if (rule, subject) not in found}
    # A lost asset is named by itself, not by the one that it was copied from.
    assert lost <= {"template_has_asset_and_stock"}
    assert {name for name, _ in found} >= {c.rule for c in CORRUPTIONS}


def test_every_rule_is_planted_against() -> None:
    """No rule stands that has never found anything."""
    assert {rule.name for rule in checks.RULES} == {corruption.rule for corruption in CORRUPTIONS}
