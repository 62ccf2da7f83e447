"""The checker's rules of vouchers: each planted fault is found under its rule, and a lively history has none."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """SQL that plants one fault of its own; `pick` returns the row to spoil as $1, `spoil` changes it."""

    rule: str
    pick: str
    spoil: str


def _voucher(state: str, place: int = 0) -> str:
    return f"SELECT id FROM book.vouchers WHERE state = '{state}' ORDER BY id LIMIT 1 OFFSET {place}"


_REDEMPTION = "SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1 OFFSET "

CORRUPTIONS = (
    Corruption(
        rule="voucher_matches_lot",
        pick=_voucher("live"),
        spoil="UPDATE book.vouchers SET units_left = units_left + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_matches_lot",
        pick="SELECT lot_id AS id FROM book.vouchers WHERE state = 'live' ORDER BY id LIMIT 1 OFFSET 1",
        spoil="DELETE FROM book.vouchers WHERE lot_id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("redeemed"),
        spoil="UPDATE book.vouchers SET state = 'voided' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("expired"),
        spoil="UPDATE book.vouchers SET ended_at = ended_at - interval '1 second' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_state_matches_entries",
        pick=_voucher("gifted"),
        spoil="UPDATE book.vouchers SET state = 'live', ended_at = NULL WHERE id = $1",
    ),
    Corruption(
        rule="voucher_names_its_terms",
        pick=_voucher("voided"),
        spoil="UPDATE book.vouchers SET template_version_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="voucher_lock_matches_events",
        pick="SELECT id FROM book.vouchers WHERE version > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.vouchers SET version = version + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_lock_matches_events",
        pick="SELECT id FROM book.vouchers WHERE lock_until IS NOT NULL ORDER BY id LIMIT 1 OFFSET 1",
        spoil="UPDATE book.vouchers SET lock_until = lock_until + interval '1 hour' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_matches_answer",
        pick="SELECT v.id FROM book.vouchers v JOIN book.requests r ON r.entry_id = v.entry_id WHERE r.kind = 'voucher_issue'"
        " ORDER BY v.id LIMIT 1",
        spoil="UPDATE book.requests SET outcome = replace(outcome, ($1::uuid)::text, gen_random_uuid()::text)"
        " WHERE entry_id = (SELECT entry_id FROM book.vouchers WHERE id = $1)",
    ),
    Corruption(
        rule="voucher_valid_from_its_terms",
        pick=_voucher("live", 3),
        spoil="UPDATE book.vouchers SET valid_from = valid_from - interval '1 day' WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_answer",
        pick=_REDEMPTION + "5",
        spoil="UPDATE book.redemptions SET basket_minor = basket_minor + 1 WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_answer",
        pick="SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.redemptions SET reversed_minor = reversed_minor + 1 WHERE id = $1",
    ),
    Corruption(
        rule="imported_code_came_by_import",
        pick="SELECT id FROM book.imported_codes ORDER BY position DESC LIMIT 1 OFFSET 1",
        spoil="UPDATE book.imported_codes SET programme_id = gen_random_uuid() WHERE id = $1",
    ),
    Corruption(
        rule="voucher_account_due_not_late",
        pick="SELECT account_id AS id FROM book.vouchers WHERE is_live ORDER BY id DESC LIMIT 1",
        spoil="UPDATE book.accounts SET next_due_at = '9999-12-31 00:00:00+00' WHERE id = $1",
    ),
    Corruption(
        rule="voucher_account_due_not_late",
        pick="SELECT account_id AS id FROM book.vouchers WHERE is_live ORDER BY id LIMIT 1",
        spoil="UPDATE book.accounts SET next_expiry_at = '9999-12-31 00:00:00+00' WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_draws",
        pick=_REDEMPTION + "0",
        spoil="UPDATE book.redemptions SET units = units + 1 WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_draws",
        pick="SELECT v.lot_id AS id FROM book.redemptions r JOIN book.vouchers v ON v.id = r.voucher_id"
        " WHERE r.reversed_units = 0 ORDER BY r.id LIMIT 1 OFFSET 8",
        spoil="DELETE FROM book.redemptions r USING book.vouchers v WHERE v.id = r.voucher_id AND v.lot_id = $1",
    ),
    Corruption(
        rule="redemption_matches_reversals",
        pick="SELECT id FROM book.redemptions WHERE reversed_units > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.redemptions SET reversed_units = 0, reversed_at = NULL WHERE id = $1",
    ),
    Corruption(
        rule="redemption_matches_merchant",
        pick="SELECT holder_id AS id FROM book.accounts a JOIN registry.voucher_templates t ON t.asset_id = a.asset_id"
        " WHERE a.role = 'receivable' ORDER BY a.id LIMIT 1",
        spoil="UPDATE book.redemptions SET merchant_id = gen_random_uuid() WHERE merchant_id = $1"
        " AND id = (SELECT id FROM book.redemptions WHERE reversed_units = 0 ORDER BY id LIMIT 1 OFFSET 2)",
    ),
    Corruption(
        rule="redemption_matches_entry",
        pick=_REDEMPTION + "3",
        spoil="UPDATE book.redemptions SET local_day = local_day - 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_matches_rows",
        pick="SELECT id FROM book.voucher_counts WHERE purpose = 'issue' ORDER BY id LIMIT 1",
        spoil="UPDATE book.voucher_counts SET total = total - 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_matches_rows",
        pick="SELECT id FROM book.voucher_counts WHERE purpose = 'use' AND in_month > 0 ORDER BY id LIMIT 1",
        spoil="UPDATE book.voucher_counts SET in_month = in_month + 1 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_count_id_names_count",
        pick="SELECT '01a20149-e92e-8fff-858d-ca286757674e'::uuid AS id",
        spoil="INSERT INTO book.voucher_counts SELECT $1, gen_random_uuid(), template_id, purpose, counted_on, 1, 1, 1, 1"
        " FROM book.voucher_counts LIMIT 1",
    ),
    Corruption(
        rule="stock_matches_imported_codes",
        pick="SELECT id FROM book.voucher_stocks LIMIT 1",
        spoil="UPDATE book.imported_codes SET voucher_id = NULL WHERE template_id = $1 AND position = 1",
    ),
    Corruption(
        rule="imported_code_id_names_position",
        pick="SELECT id FROM book.imported_codes ORDER BY position DESC LIMIT 1",
        spoil="UPDATE book.imported_codes SET position = position + 7 WHERE id = $1",
    ),
    Corruption(
        rule="voucher_comes_from_its_stock",
        pick="SELECT v.id FROM book.vouchers v JOIN registry.voucher_templates t ON t.id = v.template_id"
        " WHERE t.stock = 'LIMITED' ORDER BY v.id LIMIT 1 OFFSET 4",
        spoil="UPDATE book.postings p SET source_id = (SELECT id FROM book.accounts WHERE role = 'issuance'"
        " ORDER BY id LIMIT 1) FROM book.vouchers v WHERE v.id = $1 AND p.entry_id = v.entry_id",
    ),
    Corruption(
        rule="template_versions_in_order",
        pick="SELECT template_id AS id FROM registry.voucher_template_versions WHERE number = 2 LIMIT 1",
        spoil="DELETE FROM registry.voucher_template_versions WHERE template_id = $1 AND number = 1",
    ),
    Corruption(
        rule="template_version_id_names_version",
        pick="SELECT id FROM registry.voucher_template_versions WHERE number = 2 LIMIT 1",
        spoil="UPDATE registry.voucher_template_versions SET number = 3 WHERE id = $1",
    ),
    Corruption(
        rule="template_has_asset_and_stock",
        pick="SELECT id FROM registry.assets WHERE kind = 'voucher' ORDER BY id LIMIT 1",
        spoil="INSERT INTO registry.assets (id, programme_id, code, kind) SELECT gen_random_uuid(), programme_id,"
        " 'voucher:lost', 'voucher' FROM registry.assets WHERE id = $1",
    ),
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
    picked = [(c, (await world.connection.fetchrow(c.pick))) for c in CORRUPTIONS]
    assert [c.rule for c, row in picked if row is None] == []

    async with world.connection.transaction():
        await world.connection.execute("SET LOCAL session_replication_role = replica")
        await _drop_constraints(world)
        spoiled = [
            (c, row["id"], await world.connection.execute(c.spoil, row["id"])) for c, row in picked if row is not None
        ]

    assert [difference for rule in before.rules for difference in rule.differences] == []
    assert [c.rule for c, _, done in spoiled if done.endswith(" 0")] == []
    found = {
        (r.rule.name, difference.subject) for r in (await _check(database_url)).rules for difference in r.differences
    }
    lost = {c.rule for c, id_, _ in spoiled if (c.rule, str(id_)) not in found}
    # A lost asset is named by itself, not by the one that it was copied from.
    assert lost <= {"template_has_asset_and_stock"}
    assert {name for name, _ in found} >= {c.rule for c in CORRUPTIONS}


async def _drop_constraints(world: World) -> None:
    """A faulty disk asks no constraint either."""
    rows = await world.connection.fetch(
        "SELECT conrelid::regclass::text AS name, conname FROM pg_constraint"
        " WHERE contype IN ('c', 'u') AND connamespace IN ('book'::regnamespace, 'registry'::regnamespace)"
    )
    for row in rows:
        await world.connection.execute(f"ALTER TABLE {row['name']} DROP CONSTRAINT {row['conname']} CASCADE")


def test_every_rule_is_planted_against() -> None:
    """No rule stands that has never found anything."""
    assert {rule.name for rule in checks.RULES} == {corruption.rule for corruption in CORRUPTIONS}
