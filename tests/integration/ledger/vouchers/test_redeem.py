"""Redeeming on a real book: what is posted, what is kept, and that nothing else is (semantics 5.4 to 5.8)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from graphql_api.bootstrap import Application
from ledger.engine.batch import Batch
from ledger.engine.unit import Submission, Unit
from ledger.engine.unit_of_work import Tx
from ledger.engine.wire.pipeline import Pipeline, Statement
from ledger.vouchers.discount import Exactness, Wanted
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.template_body import Limits, Stacking, StackMode, StoredValue
from tests.bank import Bank, code_of
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

ALL = Stacking(mode=StackMode.ALL)


async def test_a_redemption_moves_the_unit_to_the_merchant(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """One entry: the voucher's lot is drawn, the merchant has the unit, the discount stands in the redemption."""
    member = await bank.enrol("m-1")
    issued = await desk.issue(member, await desk.live("COFFEE"))

    redeemed = (await till.redeem(issued.voucher_id, reference="sale-1")).unwrap()

    [use] = redeemed.applied
    assert (redeemed.discount_minor, redeemed.due_minor, use.units, use.units_left) == (500, 1500, 1, 0)
    voucher = await desk.voucher(issued.voucher_id)
    assert (voucher["state"], voucher["units_left"], voucher["ended_at"]) == ("redeemed", 0, redeemed.redeemed_at)
    assert (await desk.balance("COFFEE", "receivable"), await desk.balance("COFFEE", "voucher")) == (1, 0)
    [row] = await bank.fetch("SELECT * FROM {book}.redemptions")
    assert (row["id"], row["entry_id"], row["voucher_id"]) == (use.redemption_id, redeemed.entry_id, issued.voucher_id)
    assert (row["units"], row["discount_minor"], row["basket_minor"], row["merchant_id"]) == (
        1,
        500,
        2000,
        till.merchant_id,
    )
    [entry] = await bank.fetch("SELECT * FROM {book}.journal_entries WHERE id = $1", redeemed.entry_id)
    assert (entry["kind"], entry["amount"], entry["reference"], entry["member_id"]) == ("redeem", 1, "sale-1", member)


async def test_a_refused_redemption_changes_nothing_but_its_record(
    bank: Bank, desk: VoucherDesk, till: VoucherTill
) -> None:
    """Redeemed before: the second key is refused for good, and neither voucher nor journal moved."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    first = (await till.redeem(issued.voucher_id)).unwrap()
    before, entries = await desk.voucher(issued.voucher_id), await bank.count("book.journal_entries")

    outcome = await till.redeem(issued.voucher_id)

    assert code_of(outcome) == "VOUCHER_REDEEMED"
    assert outcome.refusal is not None
    assert outcome.refusal.facts == {"redeemed_at": first.redeemed_at.isoformat()}
    assert (await desk.voucher(issued.voucher_id), await bank.count("book.journal_entries")) == (before, entries)
    refused = "SELECT count(*) FROM {book}.requests WHERE outcome LIKE '%VOUCHER_REDEEMED%'"
    assert (await bank.fetch(refused))[0][0] == 1


async def test_a_basket_is_one_entry(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Three vouchers of two templates and two members: one entry, three redemptions, or nothing at all."""
    off = await desk.live("OFF", stacking=ALL)
    card = await desk.live("CARD", gives=StoredValue(value_minor=1000), stacking=replace(ALL, order=1))
    ann, bob = await bank.enrol("ann"), await bank.enrol("bob")
    issued = [await desk.issue(ann, off), await desk.issue(bob, off), await desk.issue(ann, card)]
    ids = [each.voucher_id for each in issued]

    refused = await till.redeem(*ids, vouchers=(*[await till.show(id_) for id_ in ids], Presented(code_hash=bytes(16))))
    redeemed = (await till.redeem(*ids)).unwrap()
    again = await till.redeem(ids[0])

    assert code_of(refused) == "VOUCHER_NOT_FOUND"
    assert refused.refusal is not None
    assert refused.refusal.facts == {"failed_index": 3}
    assert [use.discount_minor for use in redeemed.applied] == [500, 500, 1000]
    assert (redeemed.due_minor, await bank.count("book.redemptions")) == (0, 3)
    entries = await bank.fetch("SELECT asset_id, member_id, amount FROM {book}.journal_entries WHERE kind = 'redeem'")
    assert [tuple(entry) for entry in entries] == [(None, None, 1002)]
    assert code_of(again) == "VOUCHER_REDEEMED"


async def test_a_key_and_a_reference_repeat_the_redemption(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """The same key replays the very reply; another key under the same reference names the entry that has it."""
    card = await desk.live("CARD", gives=StoredValue(value_minor=1000))
    issued = await desk.issue(await bank.enrol("m-1"), card)
    shown = await till.show(issued.voucher_id, wanted=Wanted(300, Exactness.UP_TO))
    command = till.redeeming(shown, reference="sale-7")
    engine = bank.application.engine

    first, second = await engine.execute(command), await engine.execute(command)
    other = await engine.execute(replace(command, key=bank.key()))

    assert (first.replayed, second.replayed) == (False, True)
    assert second.reply == first.reply
    assert other.refusal is not None
    assert (other.refusal.code, other.refusal.facts) == (
        "REFERENCE_TAKEN",
        {"entry_id": str(first.unwrap().entry_id)},
    )
    assert (await desk.voucher(issued.voucher_id))["units_left"] == 700


async def test_use_limits_are_kept_per_member(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Two uses a day for each member over all its vouchers, decided together in one batch."""
    off = await desk.live("OFF", use_limits=Limits(day=2))
    ann, bob = await bank.enrol("ann"), await bank.enrol("bob")
    issued = [await desk.issue(member, off) for member in (ann, ann, ann, bob)]
    commands = [till.redeeming(await till.show(each.voucher_id)) for each in issued]

    outcomes = await bank.application.engine.execute_list(commands)

    assert [code_of(outcome) for outcome in outcomes] == ["", "", "LIMIT_REACHED", ""]
    counts = "SELECT total, in_day FROM {book}.voucher_counts WHERE purpose = 'use' ORDER BY total"
    assert [tuple(row) for row in await bank.fetch(counts)] == [(1, 1), (2, 2)]


async def test_one_batch_uses_stored_value_exactly(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Four tills want 300 of 1,000 in one list: three get it, the fourth what is left where it asked for "up to"."""
    card = await desk.live("CARD", gives=StoredValue(value_minor=1000))
    issued = await desk.issue(await bank.enrol("m-1"), card)
    strict = await till.show(issued.voucher_id, wanted=Wanted(300))
    loose = await till.show(issued.voucher_id, wanted=Wanted(300, Exactness.UP_TO))
    commands = [till.redeeming(shown) for shown in (strict, strict, strict, strict, loose, loose)]

    outcomes = await bank.application.engine.execute_list(commands)

    assert [code_of(each) for each in outcomes] == ["", "", "", "INSUFFICIENT_VALUE", "", "VOUCHER_REDEEMED"]
    assert [use.units for each in outcomes if each.reply for use in each.reply.applied] == [300, 300, 300, 100]


class RecordingTx(Tx):
    """Keeps the statements that a batch runs, in their order."""

    def __init__(self, pipeline: Pipeline) -> None:
        super().__init__(pipeline)
        self.statements: list[str] = []

    async def begin(self, statements: Sequence[Statement]) -> list[Any]:
        """Remembers and runs them."""
        self._remember("begin", statements)
        return await super().begin(statements)

    async def ask(self, statements: Sequence[Statement]) -> list[Any]:
        """Remembers and runs them."""
        self._remember("ask", statements)
        return await super().ask(statements)

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Remembers and runs them."""
        self._remember("commit", statements)
        await super().commit(statements)

    def _remember(self, step: str, statements: Sequence[Statement]) -> None:
        self.statements += (step, *(statement.sql for statement in statements))


async def _statements(application: Application, command: RedeemVouchers) -> list[str]:
    """What deciding the command asks of the database, everything standing being known."""
    pipeline = await application.database.open_writer()
    tx = RecordingTx(pipeline)
    unit = Unit(commands=[command], submission=cast("Submission", None))
    await unit.look(application.reader)
    unit.prepare()
    batch = Batch(units=[unit])
    await application.engine._runner.run(batch, tx)
    pipeline.close()
    assert code_of(batch.outcomes[0][0]) == "VOUCHER_NOT_FOUND"
    return tx.statements


async def test_a_foreign_code_asks_what_an_unknown_one_asks(bank: Bank, desk: VoucherDesk, till: VoucherTill) -> None:
    """Live, redeemed, limited or due elsewhere: the statements are those of a code that nobody has."""
    stranger = await till.another("stranger")
    ours = await desk.live("OURS", merchants=(bank.merchant_id,), use_limits=Limits(day=5))
    member = await bank.enrol("m-1")
    live, redeemed = await desk.issue(member, ours), await desk.issue(member, ours)
    (await till.redeem(redeemed.voucher_id)).unwrap()
    codes = [(await till.show(each.voucher_id)) for each in (live, redeemed)]
    unknown = stranger.redeeming(Presented(code_hash=bytes(range(16))))
    await _statements(bank.application, stranger.redeeming(codes[0]))

    expected = await _statements(bank.application, unknown)
    seen = [await _statements(bank.application, stranger.redeeming(shown)) for shown in codes]

    assert seen == [expected, expected]
