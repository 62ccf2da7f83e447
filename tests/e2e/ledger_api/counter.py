"""Vouchers over HTTP: a bank with templates, members' apps, and shops with keys of their own."""

from dataclasses import dataclass
from typing import Any

import pytest

from graphql_api.global_ids import encode_id
from graphql_api.permissions import Role, Scope
from ledger.partners.api_key import issue_api_key
from ledger.partners.register import create_merchant
from tests.bank import Bank
from tests.e2e.ledger_api.served import Api

ERROR = "... on UserError { code retry retryAfterSeconds }"
REDEEM = f"""mutation R($input: RedeemVoucherInput!) {{ redeemVoucher(input: $input) {{ __typename
    ... on VouchersRedeemed {{ replayed discountMinor dueMinor applied {{ redemptionId usesLeft valueLeftMinor }} }}
    {ERROR} }} }}"""
VALIDATE = f"""query V($input: ValidateVoucherInput!) {{ validateVoucher(input: $input) {{ __typename
    ... on BasketValidation {{ discountMinor vouchers {{ applies voucherId templateId kind usesLeft validUntil
        reasons {{ code }} }} }} {ERROR} }} }}"""
LOCK = f"""mutation L($input: LockVoucherInput!) {{ lockVoucher(input: $input) {{ __typename
    ... on VoucherLocked {{ lockToken lockedUntil }} {ERROR} }} }}"""
REVERSE = f"""mutation X($input: ReverseRedemptionInput!) {{ reverseRedemption(input: $input) {{ __typename
    ... on RedemptionReversed {{ unitsLeft }} {ERROR} }} }}"""


@dataclass(slots=True, kw_only=True)
class Counter:
    """Two shops with API keys; templates that the first accepts alone, or both."""

    api: Api
    bank: Bank
    till: str
    other_till: str
    other_shop: str
    keys: int = 0

    @property
    def service(self) -> str:
        """The bank's own system."""
        return self.api.bearer(Role.SERVICE, "core")

    @property
    def core(self) -> str:
        """The same with every scope: it may redeem for a shop, and nobody slows it down."""
        return self.api.bearer(Role.SERVICE, "core", *Scope)

    @property
    def shop(self) -> str:
        """The corner shop's id, as clients hold it."""
        return encode_id("Merchant", self.bank.merchant_id)

    @property
    def operator(self) -> str:
        """A clerk."""
        return self.api.bearer(Role.OPERATOR, "olga")

    def app(self, name: str = "ines") -> str:
        """A member's app."""
        return self.api.bearer(Role.MEMBER, name)

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys += 1
        return f"k{self.keys}"

    async def change(self, authorization: str, name: str, given: dict[str, Any], select: str = "") -> dict[str, Any]:
        """What a mutation came to."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        text = f"mutation M($input: {kind}!) {{ {name}(input: $input) {{ __typename {select} {ERROR} }} }}"
        return dict((await self.api.ask(authorization, text, input=given))[name])

    async def template(self, code: str, **more: object) -> None:
        """A live template of five yuan off."""
        gives = {"fixedDiscount": {"amountMinor": "500"}}
        terms = {"gives": gives, "validity": {"expiry": "30 days"}, "moneyAsset": "CNY", **more}
        made = await self.change(self.operator, "createVoucherTemplate", {"code": code, "terms": terms})
        assert made["__typename"] == "VoucherTemplateSaved", made
        await self.change(self.operator, "publishVoucherTemplate", {"code": code})

    async def issue(self, template: str, name: str = "ines") -> str:
        """A voucher's id."""
        given = {"member": {"externalId": name}, "template": template, "idempotencyKey": self.key()}
        issued = await self.change(self.service, "issueVoucher", given, "... on VoucherIssued { voucher { id } }")
        return str(issued["voucher"]["id"])

    async def code(self, voucher_id: str, name: str = "ines") -> str:
        """What the owner's app shows."""
        text = "query V($id: ID!) { voucher(id: $id) { code { text } } }"
        return str((await self.api.ask(self.app(name), text, id=voucher_id))["voucher"]["code"]["text"])

    async def issued_code(self, template: str) -> str:
        """The code of a new voucher of Ines's."""
        return await self.code(await self.issue(template))

    async def redeem(self, code: str, till: str | None = None, **more: object) -> dict[str, Any]:
        """One voucher on a basket of twenty yuan."""
        given = {"voucher": {"code": code}, "basketMinor": "2000", "idempotencyKey": self.key(), **more}
        return dict((await self.api.ask(till or self.till, REDEEM, input=given))["redeemVoucher"])

    async def validate(self, code: str, till: str | None = None, **more: object) -> dict[str, Any]:
        """What one voucher would give on a basket of twenty yuan."""
        given = {"voucher": {"code": code}, "basketMinor": "2000", **more}
        return dict((await self.api.ask(till or self.till, VALIDATE, input=given))["validateVoucher"])


@pytest.fixture
async def counter(api: Api, bank: Bank) -> Counter:
    """Ines and Otto are members; the corner shop and another one have keys."""
    units, olga = bank.application.units, bank.actor("operator", "olga")
    for name in ("ines", "otto"):
        await bank.enrol(name)
    other = await create_merchant(units, olga, partner_id=bank.partner_id, code="002", name="Other")
    keys = [
        await issue_api_key(units, olga, merchant_id=shop, secret=bytes([number]) * 32)
        for number, shop in enumerate((bank.merchant_id, other.id))
    ]
    return Counter(
        api=api,
        bank=bank,
        till=f"Bearer {keys[0].text}",
        other_till=f"Bearer {keys[1].text}",
        other_shop=str(other.id),
    )
