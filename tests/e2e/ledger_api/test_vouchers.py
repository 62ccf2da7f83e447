"""Vouchers over HTTP from the first to the last: the clerk's token, the bank's system, the member's app, the shop's key."""

import asyncio
import json

import httpx
import pytest

from graphql_api.permissions import Role
from tests.e2e.ledger_api.counter import LOCK, REDEEM, Counter


async def test_a_voucher_lives_from_its_template_to_its_reversal(counter: Counter) -> None:
    """Drafted, published, issued, shown, locked, redeemed, replayed, found by the shop's own number, reversed."""
    await counter.template("T1")
    id_ = await counter.issue("T1")
    code = await counter.code(id_)
    seen = await counter.validate(code)
    lock = {"voucher": {"code": code}, "idempotencyKey": "lock"}
    token = (await counter.api.ask(counter.till, LOCK, input=lock))["lockVoucher"]["lockToken"]

    sale = {
        "voucher": {"code": code, "lockToken": token},
        "basketMinor": 2000,
        "idempotencyKey": "s",
        "reference": "R7",
    }
    done = (await counter.api.ask(counter.till, REDEEM, input=sale))["redeemVoucher"]
    again = (await counter.api.ask(counter.till, REDEEM, input=sale))["redeemVoucher"]
    found = await counter.api.ask(counter.till, '{ redemption(reference: "R7") { id discountMinor memberId } }')
    back = await counter.change(
        counter.till,
        "reverseRedemption",
        {"redemptionId": found["redemption"][0]["id"], "idempotencyKey": "x"},
        "... on RedemptionReversed { unitsLeft discountMinor }",
    )
    states = await counter.api.ask(counter.app(), "{ me { vouchers { nodes { id state } } } }")

    assert (seen["discountMinor"], done["dueMinor"]) == ("500", "1500")
    assert again == {**done, "replayed": True}
    assert found["redemption"] == [{"id": done["applied"][0]["redemptionId"], "discountMinor": "500", "memberId": None}]
    assert (back["unitsLeft"], back["discountMinor"]) == ("0", "500")
    assert states["me"]["vouchers"]["nodes"] == [{"id": id_, "state": "ISSUED"}]


async def test_however_many_tills_race_a_voucher_is_redeemed_once(counter: Counter) -> None:
    """Forty requests of two shops under keys of their own: one wins, the others learn that it has been redeemed."""
    await counter.template("T1")
    code = await counter.issued_code("T1")

    answers = await asyncio.gather(
        *(counter.redeem(code, till) for till in (counter.till, counter.other_till) for _ in range(20))
    )

    assert sorted(answer.get("code", "") for answer in answers) == [""] + ["VOUCHER_REDEEMED"] * 39


async def test_a_flash_sale_gives_as_many_as_there_are(counter: Counter) -> None:
    """Thirty claims of ten members race for seven pieces, one each: seven are given, nobody has two, no error but the refusal."""
    await counter.template("T1", isClaimable=True, stock="LIMITED", issueLimits={"total": "1"})
    pieces = {"template": "T1", "pieces": 7, "idempotencyKey": "stock"}
    await counter.change(counter.operator, "topUpVoucherStock", pieces)
    names = [f"m{number}" for number in range(10)]
    for name in names:
        await counter.bank.enrol(name)

    async def claim(name: str) -> dict[str, object]:
        return await counter.change(
            counter.app(name), "claimVoucher", {"template": "T1", "idempotencyKey": counter.key()}
        )

    answers = await asyncio.gather(*(claim(name) for name in names for _ in range(3)))

    given = [answer for answer in answers if answer["__typename"] == "VoucherClaimed"]
    assert len(given) == 7
    assert {str(answer.get("code", "")) for answer in answers} <= {"", "OUT_OF_STOCK", "LIMIT_REACHED"}
    owners = await counter.bank.fetch("SELECT member_id, count(*) FROM {book}.vouchers GROUP BY 1")
    assert [row["count"] for row in owners] == [1] * 7


async def test_no_code_and_no_token_is_ever_logged_or_stored_in_clear(
    counter: Counter, capsys: pytest.CaptureFixture[str]
) -> None:
    """The book keeps a keyed hash and a sealed text; requests keep digests; the log has neither."""
    await counter.template("T1")
    code = await counter.issued_code("T1")
    plain = code.replace("-", "")
    lock = {"voucher": {"code": code}, "idempotencyKey": "lock"}
    token = (await counter.api.ask(counter.till, LOCK, input=lock))["lockVoucher"]["lockToken"]
    await counter.redeem(code)
    await counter.api.ask(counter.till, REDEEM, input={**lock, "voucher": {"code": code, "lockToken": token},
                                                       "basketMinor": 2000, "idempotencyKey": "s"})  # fmt: skip

    everything = []
    tables = await counter.bank.fetch(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('book', 'registry', 'audit')"
    )
    for table in tables:
        rows = await counter.bank.fetch(f"SELECT * FROM {table['name']}")
        everything += [json.dumps([repr(value) for value in row]) for row in rows]

    logged = capsys.readouterr()
    everything += [logged.out, logged.err]
    assert len(everything) > 20
    assert "operation=R" in logged.out
    for secret in (code, plain, token):
        assert not any(secret in text for text in everything)


async def test_a_code_in_a_url_is_refused(counter: Counter) -> None:
    """Proxies log URLs: a query that takes codes is asked by POST, whether or not it is well meant."""
    text = '{ validateVoucher(input: {voucher: {code: "X"}, basketMinor: 1}) { __typename } }'

    async with httpx.AsyncClient() as client:
        answer = await client.get(
            f"{counter.api.url}/graphql", params={"query": text}, headers={"authorization": counter.till}
        )

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_each_role_is_told_where_its_rights_end(counter: Counter) -> None:
    """Members neither issue nor redeem, tills neither issue nor read members' vouchers, staff see no code."""
    await counter.template("T1")
    id_ = await counter.issue("T1")
    issue = {"member": {"externalId": "ines"}, "template": "T1", "idempotencyKey": "i"}
    text = "query V($id: ID!) { voucher(id: $id) { id code { text } } }"

    by_member = await counter.api.post(
        counter.app(),
        "mutation I($input: IssueVoucherInput!) { issueVoucher(input: $input) { __typename } }",
        input=issue,
    )
    by_till = await counter.api.post(counter.till, text, id=id_)
    redeemed_by_member = await counter.api.post(
        counter.app(), REDEEM, input={"voucher": {"code": "X"}, "basketMinor": 1, "idempotencyKey": "r"}
    )
    staff = await counter.api.post(counter.api.bearer(Role.SUPPORT, "sam"), text, id=id_)

    for refused in (by_member, by_till, redeemed_by_member, staff):
        assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert staff.json()["data"]["voucher"] == {"id": id_, "code": None}
