"""The report on vouchers as the bank's staff asks for it."""

from graphql_api.permissions import Role
from tests.bank import Bank
from tests.integration.graphql.desk import Desk
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

REPORT = """
query R($first: Int!, $after: String) {
  voucherReport(first: $first, after: $after) {
    nodes { template category issued redeemed uses expired voided good redemptionRateBasisPoints }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_operators_read_the_report_by_page(desk: Desk, bank: Bank) -> None:
    """Template by template, in the order of their codes; a cursor of another list is refused."""
    vouchers = VoucherDesk(bank=bank)
    till = VoucherTill(bank=bank, desk=vouchers, merchant_id=bank.merchant_id)
    twice = await vouchers.live("TWICE", uses=2)
    await vouchers.live("CAKE")
    issued = [(await vouchers.issue(await bank.enrol(name), twice)).voucher_id for name in ("m-1", "m-2", "m-3")]
    for voucher_id in (issued[0], issued[0], issued[1]):
        (await till.redeem(voucher_id)).unwrap()
    olga = desk.caller(Role.OPERATOR, "olga")

    first = (await desk.ask(olga, REPORT, first=1))["voucherReport"]
    second = (await desk.ask(olga, REPORT, first=1, after=first["pageInfo"]["endCursor"]))["voucherReport"]
    wrong = await desk.refusal(olga, REPORT, first=1, after="bGluZTox")

    unused = {"issued": 0, "redeemed": 0, "uses": 0, "expired": 0, "voided": 0, "good": 0}
    used = {"issued": 3, "redeemed": 2, "uses": 3, "expired": 0, "voided": 0, "good": 2}
    assert first["nodes"] == [{"template": "CAKE", "category": None, **unused, "redemptionRateBasisPoints": 0}]
    assert second["nodes"] == [{"template": "TWICE", "category": None, **used, "redemptionRateBasisPoints": 6_666}]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"], wrong) == (
        True,
        False,
        "INVALID_INPUT",
    )
