"""How a line of `vouchers.txt` at a till reads: who acts there, and what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.engine.command import Actor
from ledger.partners.rows import terminal_id
from ledger.vouchers.basket import Basket
from ledger.vouchers.discount import Exactness, Wanted
from ledger.vouchers.lock import token_hash
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from tests.property.world import PROGRAMME, merchant_id, named
from tests.vectors.voucher_options import read_item
from tests.vectors.voucher_scene import VoucherScene

Options = dict[str, str]


@dataclass
class VoucherShown(VoucherScene):
    """The codes and lock tokens that may be shown, by name; a token comes with its voucher's name."""

    codes: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    keys: int = 0

    def redeem_command(self, who: str, names: Sequence[str], options: Options) -> RedeemVouchers:
        """The command that the words say."""
        shown = [self.presented(name, options if place == 0 else {}) for place, name in enumerate(names)]
        items = tuple(read_item(text) for text in options.get("items", "").split(",") if text)
        basket = Basket(amount_minor=int(options.get("basket", "10000")), items=items)
        return RedeemVouchers(**self.counter(who, options), vouchers=tuple(shown), basket=basket)

    def counter(self, who: str, options: Options) -> dict[str, Any]:
        """Who acts, where."""
        owner, _, till = options.get("till", "").rpartition("/")
        return {
            "actor": Actor(kind="merchant", id=str(merchant_id(who)), programme_id=PROGRAMME),
            "key": options.get("key") or self.key(),
            "reference": options.get("ref"),
            "merchant_id": merchant_id(options.get("at", who)),
            "terminal_id": terminal_id(merchant_id(owner or who), till) if till else None,
            "scene": options.get("scene"),
        }

    def presented(self, name: str, options: Options) -> Presented:
        """A voucher as it is shown; an unknown name is an unknown code."""
        lock, amount = options.get("with"), options.get("amount")
        return Presented(
            code_hash=self.codes.get(name, named("code", name).bytes),
            is_dynamic="dynamic" in options,
            lock_token_hash=None if lock is None else token_hash(self.tokens.get(lock, (lock, ""))[0]),
            wanted=Wanted(
                None if amount is None else int(amount), Exactness.UP_TO if "upto" in options else Exactness.STRICT
            ),
        )

    def key(self) -> str:
        """A fresh idempotency key."""
        self.keys += 1
        return f"key {self.keys}"
