"""Vouchers at a counter: templates made by a clerk, vouchers that Ines holds, codes that her app shows."""

from dataclasses import dataclass
from typing import Any

import pytest

from graphql_api.caller import Caller
from tests.integration.graphql.people import People

VOUCHER = "voucher { id memberId templateCode state usesLeft valueLeftMinor validUntil sourceVoucherId }"
REDEEMED = """... on VouchersRedeemed { replayed entryId merchantId basketMinor discountMinor dueMinor
    applied { place redemptionId kind discountMinor usesLeft valueLeftMinor item } skipped { place reasons } }"""
VALIDATED = """... on BasketValidation { discountMinor dueMinor vouchers { place applies discountMinor kind voucherId
    usesLeft valueLeftMinor reasons { code retryAfterSeconds } } }"""
FIVE_OFF: dict[str, Any] = {"fixedDiscount": {"amountMinor": "500"}}
FIFTY: dict[str, Any] = {"storedValue": {"valueMinor": "5000"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A bank whose clerk drafts templates, and what its members and shops do with vouchers."""

    people: People

    async def template(self, code: str, gives: dict[str, Any] = FIVE_OFF, **more: object) -> None:
        """A live template, by default of five yuan off, good for thirty days and unlimited."""
        terms = {"gives": gives, "validity": {"expiry": "30 days"}, "moneyAsset": "CNY", **more}
        change, operator = self.people.desk.change, self.people.operator
        made = await change(operator, "createVoucherTemplate", {"code": code, "terms": terms, "termsText": "Terms."})
        assert made["__typename"] == "VoucherTemplateSaved", made
        await change(operator, "publishVoucherTemplate", {"code": code})

    async def issue(self, template: str, member: str | None = None, **more: object) -> dict[str, Any]:
        """A voucher for Ines, or another."""
        select = f"... on VoucherIssued {{ replayed entryId {VOUCHER} }}"
        owner = {"id": member or self.people.ines}
        return await self.people.change(
            self.people.core, "issueVoucher", select, template=template, member=owner, **more
        )

    async def code(self, voucher_id: str, name: str = "ines") -> str:
        """What the owner's app shows."""
        text = "query V($id: ID!) { voucher(id: $id) { code { text } } }"
        shown = await self.people.desk.ask(self.people.member(name), text, id=voucher_id)
        return str(shown["voucher"]["code"]["text"])

    async def issued_code(self, template: str) -> str:
        """The code of a new voucher of Ines's."""
        issued = await self.issue(template)
        assert issued["__typename"] == "VoucherIssued", issued
        return await self.code(issued["voucher"]["id"])

    async def redeem(
        self, code: str, basket: int = 2_000, till: Caller | None = None, **more: object
    ) -> dict[str, Any]:
        """One voucher on a basket at a till of the shop, or at another."""
        voucher: dict[str, object] = {"code": code}
        voucher |= {name: more.pop(name) for name in ("lockToken", "amountMinor", "exactness") if name in more}
        return await self.people.change(
            till or self.people.till, "redeemVoucher", REDEEMED, voucher=voucher, basketMinor=str(basket), **more
        )

    async def validate(
        self, code: str, basket: int = 2_000, till: Caller | None = None, **more: object
    ) -> dict[str, Any]:
        """What one voucher would give on a basket."""
        text = f"""query V($input: ValidateVoucherInput!) {{ validateVoucher(input: $input) {{ __typename {VALIDATED}
            ... on UserError {{ code retryAfterSeconds }} }} }}"""
        given = {"voucher": {"code": code}, "basketMinor": str(basket), **more}
        data = await self.people.desk.ask(till or self.people.till, text, input=given)
        return dict(data["validateVoucher"])


@pytest.fixture
def counter(people: People) -> Counter:
    """The counter of one bank's people."""
    return Counter(people=people)
