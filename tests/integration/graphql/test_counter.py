"""At the counter through the schema: validate, lock, redeem, several on one basket, reverse, ask what came of it."""

from dataclasses import replace

import pytest

from audit.cipher import KeySealer
from graphql_api.caller import Caller
from graphql_api.request_record import RequestRecord
from graphql_api.schema.context import Context
from ledger.vouchers.counter import PRESENTED_MAX
from tests.integration.graphql.counter import FIFTY, REDEEMED, VALIDATED, Counter
from tests.integration.graphql.people import People

LOCKED = "... on VoucherLocked { replayed lockToken lockedUntil validUntil }"
REVERSED = "... on RedemptionReversed { replayed units unitsLeft discountMinor deadUnits }"


async def test_a_voucher_is_validated_redeemed_once_and_replayed(people: People, counter: Counter) -> None:
    """Validation promises what redemption gives; a second use is told when it was redeemed."""
    await counter.template("T1")
    code = await counter.issued_code("T1")

    before = await counter.validate(code)
    done = await counter.redeem(code, idempotencyKey="k1", reference="R1")
    again = await counter.redeem(code.replace("-", " ").lower(), idempotencyKey="k1", reference="R1")
    second = await counter.redeem(code)
    after = await counter.validate(code)

    assert (before["vouchers"][0]["applies"], before["discountMinor"], before["dueMinor"]) == (True, "500", "1500")
    assert (done["discountMinor"], done["dueMinor"], done["replayed"]) == ("500", "1500", False)
    assert {**again, "replayed": False} == done
    assert second["code"] == "VOUCHER_REDEEMED"
    assert after["vouchers"][0]["reasons"] == [{"code": "VOUCHER_REDEEMED", "retryAfterSeconds": None}]


async def test_a_lock_keeps_a_voucher_for_its_shop(people: People, counter: Counter) -> None:
    """Without the token nobody redeems it, also not at the same shop; released, it is anybody's."""
    await counter.template("T1")
    code = await counter.issued_code("T1")
    lock = {"voucher": {"code": code}, "ttlSeconds": 60}

    locked = await people.change(people.till, "lockVoucher", LOCKED, **lock, idempotencyKey="l1")
    replayed = await people.change(people.till, "lockVoucher", LOCKED, **lock, idempotencyKey="l1")
    own, other = await counter.redeem(code), await counter.redeem(code, till=people.other_till)
    token = {"code": code, "lockToken": locked["lockToken"]}
    renewed = await people.change(people.till, "renewVoucherLock", LOCKED, voucher=token, ttlSeconds=900)
    stolen = await people.change(people.other_till, "releaseVoucherLock", "", voucher=token)
    released = await people.change(people.till, "releaseVoucherLock", "", voucher=token)
    free = await counter.redeem(code, till=people.other_till)

    assert replayed == {**locked, "replayed": True}
    assert (own["code"], other["code"], stolen["code"]) == ("LOCK_TOKEN_REQUIRED", "VOUCHER_LOCKED", "VOUCHER_LOCKED")
    assert 0 < other["retryAfterSeconds"] <= 60
    assert renewed["lockToken"] is None
    assert renewed["lockedUntil"] > locked["lockedUntil"]
    assert released["__typename"] == "VoucherLockReleased"
    assert free["__typename"] == "VouchersRedeemed"


async def test_stored_value_is_spent_in_parts_and_given_back_in_parts(people: People, counter: Counter) -> None:
    """Strictly or up to what there is; each redemption is reversible up to what it took."""
    await counter.template("T1", FIFTY)
    code = await counter.issued_code("T1")

    first = await counter.redeem(code, 3_000)
    strict = await counter.redeem(code, 9_000, amountMinor="2001")
    up_to = await counter.redeem(code, 9_000, amountMinor="2001", exactness="UP_TO")
    redemption = first["applied"][0]["redemptionId"]
    back = [
        await people.change(people.till, "reverseRedemption", REVERSED, redemptionId=redemption, amountMinor=amount)
        for amount in ("1000", "2001", "2000", "1")
    ]

    assert (first["applied"][0]["valueLeftMinor"], first["applied"][0]["usesLeft"]) == ("2000", None)
    assert (strict["code"], up_to["discountMinor"], up_to["dueMinor"]) == ("INSUFFICIENT_VALUE", "2000", "7000")
    assert [each.get("unitsLeft", each.get("code")) for each in back] == [
        "2000",
        "REVERSAL_EXCEEDS_ORIGINAL",
        "0",
        "ALREADY_REVERSED",
    ]


async def test_several_vouchers_on_one_basket_are_one_entry(people: People, counter: Counter) -> None:
    """Each applies to what those before it left; what only the others keep off is left out and told."""
    stacking = {"mode": "ALL"}
    await counter.template("TEN", {"percentage": {"basisPoints": 1000}}, stacking={**stacking, "order": 1})
    await counter.template("FIVE", stacking={**stacking, "order": 2})
    await counter.template("ALONE", stacking={"order": 3})
    codes = [await counter.issued_code(template) for template in ("FIVE", "TEN", "ALONE")]
    vouchers = [{"code": code} for code in codes]
    text = f"query V($i: ValidateVouchersInput!) {{ validateVouchers(input: $i) {{ {VALIDATED} }} }}"

    asked = {"vouchers": vouchers, "basketMinor": "10000"}
    seen = (await people.desk.ask(people.till, text, i=asked))["validateVouchers"]
    done = await people.change(people.till, "redeemVouchers", REDEEMED, **asked)

    assert (seen["discountMinor"], done["discountMinor"], done["dueMinor"]) == ("1500", "1500", "8500")
    assert [(use["place"], use["discountMinor"]) for use in done["applied"]] == [(1, "1000"), (0, "500")]
    assert done["skipped"] == [{"place": 2, "reasons": ["NOT_STACKABLE"]}]


async def test_what_came_of_a_sale_is_found_by_its_own_number(people: People, counter: Counter) -> None:
    """By reference, key or id, for the shop itself and without the member; another shop finds nothing."""
    await counter.template("T1")
    done = await counter.redeem(await counter.issued_code("T1"), idempotencyKey="k1", reference="R1")
    fields = "{ id entryId memberId reference discountMinor basketMinor reversedUnits }"
    by_reference = f'{{ redemption(reference: "R1") {fields} }}'
    by_key = f'{{ redemption(idempotencyKey: "k1") {fields} }}'
    by_id = f'{{ redemption(id: "{done["applied"][0]["redemptionId"]}") {fields} }}'
    own = [(await people.desk.ask(people.till, text))["redemption"] for text in (by_reference, by_key, by_id)]
    others = [(await people.desk.ask(people.other_till, text))["redemption"] for text in (by_reference, by_key, by_id)]
    bank = (await people.desk.ask(people.core, by_id))["redemption"]
    listed = await people.desk.ask(people.till, "{ redemptions { nodes { id } } }")
    nothing = await people.desk.ask(people.other_till, "{ redemptions { nodes { id } } }")

    assert own[0] == own[1] == own[2]
    assert (own[0][0]["entryId"], own[0][0]["memberId"], own[0][0]["reference"]) == (done["entryId"], None, "R1")
    assert others == [[], [], []]
    assert bank[0]["memberId"] == people.ines
    assert [node["id"] for node in listed["redemptions"]["nodes"]] == [own[0][0]["id"]]
    assert nothing["redemptions"]["nodes"] == []


async def test_a_till_must_be_the_shops_own_and_open(people: People, counter: Counter) -> None:
    """It is named by its number; the redemption keeps it."""
    await counter.template("T1")
    code = await counter.issued_code("T1")
    till = {"merchantId": people.shop, "code": "T7", "name": "Seven"}

    endless = await counter.redeem(code, terminal="T" * 65)
    unknown = await counter.redeem(code, terminal="T7")
    made = await people.desk.change(
        people.operator, "createTerminal", till, "... on TerminalCreated { terminal { id } }"
    )
    done = await counter.redeem(code, terminal="T7")
    shown = await people.desk.ask(people.till, "{ redemptions { nodes { terminalId } } }")
    await people.desk.change(people.operator, "closeTerminal", {"terminalId": made["terminal"]["id"]})
    closed = await counter.redeem(await counter.issued_code("T1"), terminal="T7")

    assert (endless["code"], unknown["code"], done["__typename"], closed["code"]) == (
        "INVALID_INPUT",
        "TERMINAL_NOT_FOUND",
        "VouchersRedeemed",
        "TERMINAL_CLOSED",
    )
    assert shown["redemptions"]["nodes"] == [{"terminalId": made["terminal"]["id"]}]


@pytest.mark.parametrize("name", ["validateVouchers", "redeemVouchers"])
async def test_more_vouchers_than_a_basket_takes_are_refused_before_any_is_hashed(people: People, name: str) -> None:
    """A body has room for tens of thousands, which would keep every other request waiting."""
    hashed: list[bytes] = []
    contexts = people.desk.contexts

    class Listening(KeySealer):
        def blind_hash(self, value: bytes) -> bytes:
            hashed.append(value)
            return super().blind_hash(value)

    def listened(caller: Caller, record: RequestRecord) -> Context:
        context = contexts(caller, record)
        return replace(context, ledger=replace(context.ledger, sealer=Listening(bytes(32))))

    people.desk.contexts = listened
    given = {"basketMinor": "1", "vouchers": [{"code": f"ABC{n:06}"} for n in range(PRESENTED_MAX + 1)]}
    given |= {"idempotencyKey": "many"} if name == "redeemVouchers" else {}
    text = f"""{"query" if name == "validateVouchers" else "mutation"} V($input: {name[0].upper()}{name[1:]}Input!) {{
        {name}(input: $input) {{ ... on InvalidInputError {{ code field }} }} }}"""

    refused = await people.desk.ask(people.till, text, input=given)

    assert refused == {name: {"code": "INVALID_INPUT", "field": "vouchers"}}
    assert hashed == []


async def test_a_till_is_told_fields_as_it_named_them(people: People, counter: Counter) -> None:
    """The commands know terminals by their ids and take several vouchers; a path leads to where the till wrote it."""
    for code in ("1", "2"):
        till = {"merchantId": people.shop, "code": code, "name": "Till"}
        await people.desk.change(people.operator, "createTerminal", till)
    await counter.template("T1", FIFTY)
    code = await counter.issued_code("T1")
    lock = {"voucher": {"code": code, "amountMinor": "0"}}
    basket = {"basketMinor": "100", "vouchers": [{"code": "A"}, lock["voucher"]]}
    fields = "... on InvalidInputError { field } ... on IdempotencyConflictError { fields }"

    malformed = [
        await people.change(people.till, "redeemVoucher", fields, **lock, basketMinor="100"),
        await people.change(people.till, "lockVoucher", fields, **lock),
        await people.change(people.till, "redeemVouchers", fields, **basket),
    ]
    await counter.redeem(code, idempotencyKey="k", terminal="1")
    given = {"voucher": {"code": code, "amountMinor": "1"}, "basketMinor": "2000", "terminal": "2"}
    other = await people.change(people.till, "redeemVoucher", fields, idempotencyKey="k", **given)

    assert [each["field"] for each in malformed] == [
        "voucher.amountMinor",
        "voucher.amountMinor",
        "vouchers.1.amountMinor",
    ]
    assert other["fields"] == ["terminal", "voucher"]
