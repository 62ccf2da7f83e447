"""A merchant with a valid key tries everything that it must not: nothing is gained, nothing is learned, never a 5xx."""

from typing import Any
from uuid import UUID

import pytest

from graphql_api.global_ids import encode_id
from tests.e2e.ledger_api.counter import LOCK, REDEEM, REVERSE, VALIDATE, Counter

UNKNOWN = "0123456789ABCDEFGH"


def other_shop(counter: Counter) -> str:
    """The other shop's id, as clients hold it."""
    return encode_id("Merchant", UUID(counter.other_shop))


async def foreign_code(counter: Counter) -> str:
    """The code of a voucher that only the other shop accepts."""
    await counter.template("THEIRS", merchantIds=[other_shop(counter)])
    return await counter.issued_code("THEIRS")


async def test_a_foreign_code_is_answered_as_an_unknown_one(counter: Counter) -> None:
    """Also where it has been redeemed, is locked or was voided: to the letter the same answer."""
    code = await foreign_code(counter)
    before = [await counter.validate(UNKNOWN), await counter.validate(code)]
    lock = {"voucher": {"code": code}, "idempotencyKey": "l"}
    token = (await counter.api.ask(counter.other_till, LOCK, input=lock))["lockVoucher"]["lockToken"]
    redeemed = [await counter.redeem(UNKNOWN), await counter.redeem(code)]
    sale = {"voucher": {"code": code, "lockToken": token}, "basketMinor": "2000", "idempotencyKey": "theirs"}
    theirs = (await counter.api.ask(counter.other_till, REDEEM, input=sale))["redeemVoucher"]
    after = [await counter.redeem(code), await counter.validate(code)]

    assert before[0] == before[1] == after[1]
    assert before[0]["vouchers"][0] == {
        "applies": False,
        "voucherId": None,
        "templateId": None,
        "kind": None,
        "usesLeft": None,
        "validUntil": None,
        "reasons": [{"code": "VOUCHER_NOT_FOUND"}],
    }
    assert theirs["__typename"] == "VouchersRedeemed"
    assert redeemed[0] == redeemed[1] == after[0]
    assert after[0]["code"] == "VOUCHER_NOT_FOUND"


async def test_what_belongs_to_another_shop_is_out_of_reach(counter: Counter) -> None:
    """Its redemptions, locks, reversals, tills, balances and name."""
    await counter.template("BOTH")
    code, locked = await counter.issued_code("BOTH"), await counter.issued_code("BOTH")
    theirs = await counter.redeem(code, counter.other_till, reference="R1")
    redemption = theirs["applied"][0]["redemptionId"]
    given = {"voucher": {"code": locked}, "idempotencyKey": "l"}
    token = (await counter.api.ask(counter.other_till, LOCK, input=given))["lockVoucher"]["lockToken"]
    shop = other_shop(counter)

    reversed_ = await counter.api.ask(
        counter.till, REVERSE, input={"redemptionId": redemption, "idempotencyKey": counter.key()}
    )
    seen = await counter.api.ask(
        counter.till, f'{{ a: redemption(id: "{redemption}") {{ id }} b: redemption(reference: "R1") {{ id }} }}'
    )
    stolen = await counter.redeem(locked, voucher={"code": locked, "lockToken": token})
    in_their_name = await counter.redeem(locked, merchantId=shop)
    their_list = (
        await counter.api.post(counter.till, f'{{ redemptions(merchantId: "{shop}") {{ nodes {{ id }} }} }}')
    ).json()
    themselves = await counter.api.ask(counter.till, f'{{ merchant(id: "{shop}") {{ code }} }}')

    assert reversed_["reverseRedemption"]["code"] == "REDEMPTION_NOT_FOUND"
    assert seen == {"a": [], "b": []}
    assert (stolen["code"], in_their_name["code"]) == ("VOUCHER_LOCKED", "INVALID_INPUT")
    assert their_list["errors"][0]["extensions"]["code"] == "INVALID_INPUT"
    assert themselves == {"merchant": None}


async def test_a_shop_learns_nothing_of_whose_voucher_it_was(counter: Counter) -> None:
    """Not by its answers, its redemptions, their entries, or the voucher's id."""
    await counter.template("BOTH")
    done = await counter.redeem(await counter.issued_code("BOTH"), reference="R1")
    found = await counter.api.ask(counter.till, '{ redemption(reference: "R1") { memberId voucherId entryId } }')
    row = found["redemption"][0]

    voucher = (await counter.api.post(counter.till, f'{{ voucher(id: "{row["voucherId"]}") {{ memberId }} }}')).json()
    entry = (await counter.api.post(counter.till, f'{{ entry(id: "{row["entryId"]}") {{ kind memberId }} }}')).json()
    members = (await counter.api.post(counter.till, "{ members { nodes { externalId } } }")).json()

    assert done["__typename"] == "VouchersRedeemed"
    assert row["memberId"] is None
    assert voucher["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert members["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert "memberId" not in str(entry.get("data")) or entry["data"]["entry"]["memberId"] is None


async def test_what_a_shop_may_not_do_at_all_is_forbidden(counter: Counter) -> None:
    """Making, giving, taking back, opening tills, lifting its own limits."""
    await counter.template("BOTH")
    shop = encode_id("Merchant", counter.bank.merchant_id)
    terms = {"gives": {"storedValue": {"valueMinor": 1}}, "validity": {"expiry": "never"}, "moneyAsset": "CNY"}
    tried: dict[str, dict[str, Any]] = {
        "issueVoucher": {"member": {"externalId": "ines"}, "template": "BOTH", "idempotencyKey": "1"},
        "claimVoucher": {"template": "BOTH", "idempotencyKey": "2"},
        "voidVoucher": {"voucherId": "x", "reasonCode": "X", "idempotencyKey": "3"},
        "giftVoucher": {"voucherId": "x", "to": {"externalId": "otto"}, "idempotencyKey": "4"},
        "createVoucherTemplate": {"code": "MINE", "terms": terms},
        "publishVoucherTemplate": {"code": "BOTH"},
        "topUpVoucherStock": {"template": "BOTH", "pieces": 1, "idempotencyKey": "5"},
        "createTerminal": {"merchantId": shop, "code": "T", "name": "T"},
        "setMerchantNetworks": {"merchantId": shop, "networks": []},
        "issueApiKey": {"merchantId": shop},
    }

    found = {}
    for name, given in tried.items():
        kind = f"{name[0].upper()}{name[1:]}Input"
        text = f"mutation M($input: {kind}!) {{ {name}(input: $input) {{ __typename ... on UserError {{ code }} }} }}"
        answer = (await counter.api.post(counter.till, text, input=given)).json()
        found[name] = (answer.get("errors") or [{}])[0].get("extensions", {}).get("code") or answer["data"][name][
            "code"
        ]

    assert found == dict.fromkeys(tried, "FORBIDDEN")


TWO_FIELDS = (
    "mutation {{ a: redeemVoucher(input: {0}) {{ __typename }} b: redeemVoucher(input: {1}) {{ __typename }} }}",
    """mutation {{ ...A ...B }} fragment A on Mutation {{ a: redeemVoucher(input: {0}) {{ __typename }} }}
    fragment B on Mutation {{ b: redeemVoucher(input: {1}) {{ __typename }} }}""",
    "mutation {{ redeemVoucher(input: {0}) {{ __typename }} lockVoucher(input: {2}) {{ __typename }} }}",
    """mutation {{ ... {{ a: lockVoucher(input: {2}) {{ __typename }} }}
    ... on Mutation {{ b: lockVoucher(input: {2}) {{ __typename }} }} }}""",
    "query {{ a: validateVoucher(input: {3}) {{ __typename }} b: validateVoucher(input: {3}) {{ __typename }} }}",
)


@pytest.mark.parametrize("text", TWO_FIELDS)
async def test_a_document_tries_one_field_of_codes(counter: Counter, text: str) -> None:
    """By alias, fragment or another field's name: nothing of it runs."""
    sale = '{voucher: {code: "%s"}, basketMinor: 1, idempotencyKey: "%s"}'
    lock, look = '{voucher: {code: "X"}, idempotencyKey: "l"}', '{voucher: {code: "X"}, basketMinor: 1}'
    document = text.format(sale % ("A", "a"), sale % ("B", "b"), lock, look)

    answer = (await counter.api.post(counter.till, document)).json()

    assert "'code'" in answer["errors"][0]["message"]
    assert answer.get("data") is None


async def test_guessing_is_slowed_down(counter: Counter) -> None:
    """A few wrong codes are free; then also a right one must wait, at this shop and at no other."""
    await counter.template("BOTH")
    code = await counter.issued_code("BOTH")

    wrong = []
    while "THROTTLED" not in wrong:
        wrong.append((await counter.redeem(UNKNOWN))["code"])
    right = await counter.redeem(code)
    other = await counter.redeem(code, counter.other_till)

    assert 6 <= wrong.index("THROTTLED") < 20
    assert (right["code"], right["retry"]) == ("THROTTLED", "SAME_KEY")
    assert right["retryAfterSeconds"] >= 1
    assert other["__typename"] == "VouchersRedeemed"


async def test_an_invented_till_buys_no_guess(counter: Counter) -> None:
    """It is refused before any code is looked at, so that the answer tells nothing of the code."""
    await counter.template("BOTH")
    code = await counter.issued_code("BOTH")

    answers = [await counter.redeem(each, terminal="T99") for each in (code, UNKNOWN)]
    answers += [await counter.validate(each, terminal="T99") for each in (code, UNKNOWN)]

    assert [answer["code"] for answer in answers] == ["TERMINAL_NOT_FOUND"] * 4


async def test_a_basket_of_unknown_codes_counts_each(counter: Counter) -> None:
    """Twenty codes in one validation are twenty guesses."""
    text = VALIDATE.replace("ValidateVoucherInput", "ValidateVouchersInput").replace(
        "validateVoucher(", "validateVouchers("
    )
    vouchers = [{"code": f"{number:018d}"} for number in range(20)]

    first = (await counter.api.ask(counter.till, text, input={"vouchers": vouchers, "basketMinor": 1}))[
        "validateVouchers"
    ]
    second = (await counter.api.ask(counter.till, text, input={"vouchers": vouchers, "basketMinor": 1}))[
        "validateVouchers"
    ]

    assert first["__typename"] == "BasketValidation"
    assert (second["code"], second["retryAfterSeconds"] > 100) == ("THROTTLED", True)


async def test_a_replay_tells_who_asked_first_only(counter: Counter) -> None:
    """Another shop's key is another key; the same key with another code is a conflict and tells nothing of either."""
    await counter.template("BOTH")
    one, two = await counter.issued_code("BOTH"), await counter.issued_code("BOTH")
    done = await counter.redeem(one, idempotencyKey="same")

    others = await counter.redeem(two, counter.other_till, idempotencyKey="same")
    conflict = await counter.redeem(UNKNOWN, idempotencyKey="same")

    assert done["__typename"] == others["__typename"] == "VouchersRedeemed"
    assert conflict["code"] == "IDEMPOTENCY_CONFLICT"
