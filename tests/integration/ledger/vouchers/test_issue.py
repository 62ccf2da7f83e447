"""Issue: who receives a voucher, from which stock, until when; every refusal leaves nothing behind (semantics 5.1, 5.2)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.members.facts import set_member_facts
from ledger.members.freeze import FreezeMember
from ledger.vouchers.close import CloseMember
from ledger.vouchers.template import change_template, create_template, stop_template
from ledger.vouchers.template_body import Limits, StoredValue, Validity
from tests.bank import Bank, code_of
from tests.voucher_desk import COFFEE, VoucherDesk


async def test_a_voucher_is_a_lot_with_a_code(bank: Bank, desk: VoucherDesk) -> None:
    """One unit goes from issuance to the member; the owner reads the code, the row keeps none in clear."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE")

    issued = await desk.issue(member, template)

    assert (issued.state, issued.units, issued.units_left, issued.points) == ("ISSUED", 1, 1, 0)
    assert issued.valid_until is not None
    assert issued.valid_until - issued.valid_from > timedelta(days=30)
    assert len((await desk.text_of(issued.voucher_id)).replace("-", "")) == 18
    assert await desk.balance(template, "voucher") == 1
    assert await desk.balance(template, "issuance") == -1


async def test_the_same_key_gives_the_same_voucher(bank: Bank, desk: VoucherDesk) -> None:
    """A retry deals no second code, though the caller's process dealt one for it."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE")
    command = desk.issuing(member, template)

    first = (await bank.application.engine.execute(command)).unwrap()
    again = await bank.application.engine.execute(replace(command, deal=desk.code))

    assert again.replayed
    assert again.unwrap() == first
    assert await bank.count("book.vouchers") == 1


async def test_a_list_runs_in_input_order_until_the_stock_is_out(bank: Bank, desk: VoucherDesk) -> None:
    """Whole vouchers only: three pieces for five members."""
    members, template = [await bank.enrol(f"m-{n}") for n in range(5)], await desk.live("COFFEE", pieces=3)

    outcomes = await bank.application.engine.execute_list([desk.issuing(member, template) for member in members])

    assert [code_of(outcome) for outcome in outcomes] == ["", "", "", "OUT_OF_STOCK", "OUT_OF_STOCK"]
    assert await desk.balance(template, "stock") == 0
    assert await desk.balance(template, "voucher") == 3


async def test_a_sold_out_stock_is_not_locked(bank: Bank, desk: VoucherDesk) -> None:
    """The refusal is true at the moment of the look; a top-up sells again."""
    one, other = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("COFFEE", pieces=1)
    await desk.issue(one, template)

    refused = await bank.application.engine.execute(desk.issuing(other, template))
    accounts = await bank.fetch("SELECT 1 FROM {book}.accounts WHERE holder_id = $1", other)
    (await desk.top_up(template, 2)).unwrap()
    sold = await bank.application.engine.execute(desk.issuing(other, template))

    assert code_of(refused) == RefusalCode.OUT_OF_STOCK
    assert accounts == []
    assert sold.unwrap().member_id == other
    assert await desk.balance(template, "stock") == 1


async def test_stored_value_takes_its_value_from_stock(bank: Bank, desk: VoucherDesk) -> None:
    """Two cards of fifty: the units are minor units of money."""
    member = await bank.enrol("m-1")
    template = await desk.live("CARD", COFFEE, pieces=2, gives=StoredValue(value_minor=5000))

    issued = await desk.issue(member, template)

    assert (issued.units, issued.units_left) == (5000, 5000)
    assert await desk.balance(template, "stock") == 5000


@pytest.mark.parametrize(
    ("limits", "days", "expected"),
    [
        (Limits(total=2), 60, ["", "", "LIMIT_REACHED"]),
        (Limits(day=1), 0, ["", "LIMIT_REACHED", "LIMIT_REACHED"]),
        (Limits(day=1), 1, ["", "", ""]),
        (Limits(day=2, total=2), 1, ["", "", "LIMIT_REACHED"]),
        (Limits(week=1), 7, ["", "", ""]),
        (Limits(month=1), 31, ["", "", ""]),
    ],
)
async def test_limits_hold_per_member_and_local_period(
    bank: Bank, desk: VoucherDesk, limits: Limits, days: int, expected: list[str]
) -> None:
    """Another member is not concerned; a refusal counts nothing."""
    member, other = await bank.enrol("m-1"), await bank.enrol("m-2")
    template = await desk.live("COFFEE", issue_limits=limits)

    outcomes = []
    for _ in expected:
        outcomes.append(await bank.application.engine.execute(desk.issuing(member, template)))
        await bank.advance(timedelta(days=days))

    assert [code_of(outcome) for outcome in outcomes] == expected
    assert (await desk.issue(other, template)).member_id == other


async def test_a_limit_names_its_period(bank: Bank, desk: VoucherDesk) -> None:
    """The caller is told which one was reached."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE", issue_limits=Limits(day=1, total=5))
    await desk.issue(member, template)

    refused = await bank.application.engine.execute(desk.issuing(member, template))

    assert refused.refusal is not None
    assert dict(refused.refusal.facts) == {"limit": 1, "period": "day"}


async def test_who_and_what_must_exist_and_be_open(bank: Bank, desk: VoucherDesk) -> None:
    """Each refusal has its code and leaves no voucher; a frozen member receives what the bank gives."""
    engine, operator, units = bank.application.engine, bank.actor("operator", "olga"), bank.application.units
    open_, frozen, closed = [await bank.enrol(f"m-{n}") for n in range(3)]
    live, stopped = await desk.live("LIVE"), await desk.live("STOPPED")
    await stop_template(units, operator, code=stopped)
    await create_template(units, operator, code="DRAFT", body=COFFEE)
    past = await desk.live("PAST", validity=Validity(expiry="on 2020-01-01"))
    elite = await desk.live("ELITE", tiers=("gold",))
    (await engine.execute(FreezeMember(actor=operator, key=bank.key(), member_id=frozen))).unwrap()
    (await engine.execute(CloseMember(actor=operator, key=bank.key(), member_id=closed))).unwrap()

    asked = [(bank.merchant_id, live), (open_, "NONE"), (closed, live), (open_, past), (open_, stopped), (open_, "DRAFT"),
             (open_, elite)]  # fmt: skip
    refused = [await engine.execute(desk.issuing(member, template)) for member, template in asked]

    assert [code_of(outcome) for outcome in refused] == [
        "MEMBER_NOT_FOUND", "TEMPLATE_NOT_FOUND", "MEMBER_CLOSED", "EXPIRY_INVALID", "TEMPLATE_NOT_LIVE", "TEMPLATE_NOT_LIVE",
        "NOT_ELIGIBLE",
    ]  # fmt: skip
    assert await bank.count("book.vouchers") == 0
    assert (await desk.issue(frozen, live)).member_id == frozen


async def test_validity_begins_and_ends_on_local_days(bank: Bank, desk: VoucherDesk) -> None:
    """Good from the first instant of a local day through the whole last one; relative ends count from the beginning."""
    member = await bank.enrol("m-1")
    start = date(2100, 3, 1)
    template = await desk.live("LATER", validity=Validity(expiry="2 days", starts_on=start))

    issued = await desk.issue(member, template)

    assert issued.valid_from.isoformat() == "2100-02-28T16:00:00+00:00"
    assert issued.valid_until is not None
    assert issued.valid_until.isoformat() == "2100-03-03T16:00:00+00:00"


async def test_a_voucher_keeps_the_version_it_was_issued_under(bank: Bank, desk: VoucherDesk) -> None:
    """A change concerns what is issued afterwards."""
    member, template = await bank.enrol("m-1"), await desk.live("COFFEE")
    before = await desk.issue(member, template)

    changed = await change_template(
        bank.application.units, bank.actor("operator", "olga"), code=template, body=COFFEE, terms="Other words."
    )
    after = await desk.issue(member, template)

    versions = {row["id"]: row["template_version_id"] for row in await bank.fetch("SELECT * FROM {book}.vouchers")}
    assert changed.template.current_number == 2
    assert versions[after.voucher_id] == changed.current.id
    assert versions[before.voucher_id] != changed.current.id


async def test_a_top_up_needs_a_limited_stock(bank: Bank, desk: VoucherDesk) -> None:
    """An unlimited one needs none; unknown templates have none."""
    template = await desk.live("COFFEE")

    outcomes = [await desk.top_up(template, 1), await desk.top_up("NONE", 1), await desk.top_up(template, 0)]

    assert [code_of(outcome) for outcome in outcomes] == ["INVALID_INPUT", "TEMPLATE_NOT_FOUND", "INVALID_INPUT"]


@pytest.mark.parametrize(
    ("tiers", "segments", "expected"),
    [
        ([], [], "NOT_ELIGIBLE"),
        (["silver"], ["families"], "NOT_ELIGIBLE"),
        (["gold"], [], "NOT_ELIGIBLE"),
        (["silver", "gold"], ["families"], ""),
        (["black"], ["families", "travellers"], ""),
    ],
)
async def test_one_of_the_tiers_and_one_of_the_segments_is_required(
    bank: Bank, desk: VoucherDesk, tiers: list[str], segments: list[str], expected: str
) -> None:
    """As the bank says of the member at the moment; what it said before is forgotten."""
    member, units = await bank.enrol("m-1"), bank.application.units
    template = await desk.live("COFFEE", tiers=("gold", "black"), segments=("families",))
    await set_member_facts(units, bank.actor(), member_id=member, tiers=["gold"], segments=["families", "x"])

    facts = await set_member_facts(units, bank.actor(), member_id=member, tiers=tiers, segments=segments)
    outcome = await bank.application.engine.execute(desk.claiming(member, template))

    assert (facts.version, list(facts.tiers), list(facts.segments)) == (2, tiers, segments)
    assert code_of(outcome) == expected


async def test_facts_are_of_members_and_well_formed(bank: Bank) -> None:
    """Nobody else has any."""
    units, member = bank.application.units, await bank.enrol("m-1")
    asked: list[tuple[UUID, list[str]]] = [(bank.merchant_id, []), (member, [" "]), (member, ["a", "a"])]
    codes = []
    for id_, tiers in asked:
        with pytest.raises(Refusal) as refused:
            await set_member_facts(units, bank.actor(), member_id=id_, tiers=tiers, segments=[])
        codes.append(refused.value.code)

    assert codes == ["MEMBER_NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT"]
    assert await bank.count("book.member_facts") == 0
