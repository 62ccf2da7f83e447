"""What is asked over HTTP. The load generator's process imports this, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

SPEND: Final = """
mutation Spend($input: SpendPointsInput!) {
  spendPoints(input: $input) {
    __typename
    ... on Receipt {
      replayed
      entry { id postedAt }
      wallet { posted available nextExpiry }
      lots { lotId amount expiresAt }
    }
    ... on UserError { code message retry }
  }
}
"""
WALLET: Final = """
query Wallet($member: MemberRef!) {
  wallet(member: $member) { memberId posted held pending overdue owed available nextExpiry readAt }
}
"""
REDEEM: Final = """
mutation Redeem($input: RedeemVoucherInput!) {
  redeemVoucher(input: $input) {
    __typename
    ... on VouchersRedeemed {
      replayed entryId discountMinor dueMinor postedAt
      applied { redemptionId voucherId discountMinor usesLeft }
    }
    ... on UserError { code message retry }
  }
}
"""
CLAIM: Final = """
mutation Claim($input: ClaimVoucherInput!) {
  claimVoucher(input: $input) {
    __typename
    ... on VoucherClaimed { replayed entryId voucher { id validUntil } }
    ... on UserError { code message retry }
  }
}
"""
CANNED_SPEND: Final = """
mutation Spend($input: SpendPointsInput!) {
  spendPoints(input: $input) {
    entryId replayed available lots { id remaining held expiresAt }
  }
}
"""
CANNED_WALLET: Final = """
query Wallet($member: ID!) {
  wallet(member: $member) {
    member posted held pending overdue owed available
    lots { id remaining held expiresAt }
  }
}
"""
_SCATTER: Final = 2_654_435_761
"""Knuth's multiplier: consecutive numbers fall on members far apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendBodies:
    """Spends of one point by many members at many merchants, each with a key of its own."""

    members: tuple[str, ...]
    merchants: tuple[str, ...]
    round_number: int

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        spend = {
            "member": {"id": self.members[number * _SCATTER % len(self.members)]},
            "merchantId": self.merchants[number % len(self.merchants)],
            "amount": "1",
            "idempotencyKey": f"{self.round_number:08x}-{number:024x}",
        }
        return orjson.dumps({"query": SPEND, "variables": {"input": spend}})


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletBodies:
    """Wallets of many members."""

    members: tuple[str, ...]

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        member = {"id": self.members[number * _SCATTER % len(self.members)]}
        return orjson.dumps({"query": WALLET, "variables": {"member": member}})


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemBodies:
    """One voucher after the other on a basket of twenty; where they run out, the first ones again, which is refused."""

    codes: tuple[str, ...]
    round_number: int

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        redeem = {
            "voucher": {"code": self.codes[number % len(self.codes)]},
            "basketMinor": "2000",
            "idempotencyKey": f"{self.round_number:08x}-{number:024x}",
        }
        return orjson.dumps({"query": REDEEM, "variables": {"input": redeem}})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimBodies:
    """One claim of each member."""

    members: tuple[str, ...]
    template: str

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        claim = {
            "member": {"id": self.members[number]},
            "template": self.template,
            "idempotencyKey": f"{self.template}-{number}",
        }
        return orjson.dumps({"query": CLAIM, "variables": {"input": claim}})


@dataclass(frozen=True, slots=True)
class CannedSpendBodies:
    """The same for the canned endpoint, which knows nobody."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        spend = {"member": "bWVtYmVyOjE", "points": "100", "idempotencyKey": f"{number:032x}"}
        return orjson.dumps({"query": CANNED_SPEND, "variables": {"input": spend}})


@dataclass(frozen=True, slots=True)
class CannedWalletBodies:
    """The same for the canned endpoint, which knows nobody."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        return orjson.dumps({"query": CANNED_WALLET, "variables": {"member": f"member-{number % 100_000}"}})
