"""Who asks in these tests, with ids as clients hold them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from graphql_api.caller import Caller
from graphql_api.permissions import Role, Scope
from ledger.engine.command import Actor
from ledger.partners.register import create_merchant
from tests.integration.graphql.desk import Desk, gid

RECEIPT = """
... on Receipt {
  replayed
  entry { id kind amount merchantId originalEntryId }
  wallet { memberId asset posted held available owed nextExpiry }
  lots { lotId amount expiresAt }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Two members with points, the bank's system, staff, and two shops' tills."""

    desk: Desk
    ines: str
    otto: str
    shop: str
    other_shop: str
    other_shop_id: UUID

    @property
    def core(self) -> Caller:
        """The bank's own system, with every scope."""
        return self.desk.caller(Role.SERVICE, "core", *Scope)

    def member(self, name: str = "ines", *scopes: Scope) -> Caller:
        """A member's app."""
        return self.desk.caller(Role.MEMBER, name, *scopes)

    @property
    def till(self) -> Caller:
        """A till of the shop."""
        return self.desk.caller(Role.MERCHANT)

    @property
    def other_till(self) -> Caller:
        """A till of the other shop."""
        return self.desk.caller(Role.MERCHANT, merchant_id=self.other_shop_id)

    @property
    def operator(self) -> Caller:
        """A clerk of the bank."""
        return self.desk.caller(Role.OPERATOR, "olga")

    @property
    def approver(self) -> Caller:
        """A second clerk."""
        return self.desk.caller(Role.APPROVER, "anna")

    async def change(self, caller: Caller, name: str, select: str = RECEIPT, **given: object) -> dict[str, Any]:
        """A mutation under a fresh key, which `idempotencyKey` among the given replaces; a key of None is left out."""
        fields = {"idempotencyKey": self.desk.key(), **given}
        return await self.desk.change(caller, name, {k: v for k, v in fields.items() if v is not None}, select)

    async def earn(self, amount: int, **more: object) -> dict[str, Any]:
        """Points for Ines."""
        member = {"id": self.ines}
        done = await self.change(self.core, "earnPoints", RECEIPT, member=member, amount=str(amount), **more)
        assert done["__typename"] == "PointsEarned"
        return done

    async def payment_code(self, **given: object) -> str:
        """A code that Ines's app shows."""
        shown = await self.desk.change(
            self.member(), "createPaymentCode", given, "... on PaymentCodeCreated { paymentCode }"
        )
        return str(shown["paymentCode"])


@pytest.fixture
async def people(desk: Desk) -> People:
    """The people of one bank; Ines has 100 points."""
    bank = desk.bank
    ines, otto = await bank.enrol("ines"), await bank.enrol("otto")
    olga = Actor(kind="operator", id="olga", programme_id=bank.programme_id)
    units = bank.application.units
    other = await create_merchant(units, olga, partner_id=bank.partner_id, code="002", name="Other")
    made = People(
        desk=desk,
        ines=gid("Member", ines),
        otto=gid("Member", otto),
        shop=gid("Merchant", bank.merchant_id),
        other_shop=gid("Merchant", other.id),
        other_shop_id=other.id,
    )
    await made.earn(100)
    return made
