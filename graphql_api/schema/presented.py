"""Vouchers as a till presents them: codes with what is asked of them, the basket, and where it stands."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple, TypedDict
from uuid import UUID

import strawberry

from graphql_api.permissions import Role
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import input_type
from graphql_api.schema.kinds import MERCHANT, uuid_of
from graphql_api.schema.voucher_enums import Exactness
from ledger.book.refusal import refuse_input
from ledger.book.units import MinorUnits
from ledger.engine.command import Actor
from ledger.partners.rows import terminal_id
from ledger.vouchers.basket import Basket, BasketItem
from ledger.vouchers.code import code_hash, read_code
from ledger.vouchers.counter import PRESENTED_MAX
from ledger.vouchers.discount import Wanted
from ledger.vouchers.dynamic_code import is_fresh
from ledger.vouchers.lock import token_hash
from ledger.vouchers.presented import Presented


@input_type
class PresentedVoucherInput:
    """A voucher that a customer shows.

    code:         as it is typed or scanned; case, blanks and dashes do not matter
    lock_token:   the token of the lock that this merchant has on it
    amount_minor: of stored value, how much to take, in minor units; without it all that is due
    exactness:    of stored value, whether less may be taken
    """

    code: str
    lock_token: str | None = None
    amount_minor: MinorUnits | None = None
    exactness: Exactness = Exactness.STRICT


@input_type
class BasketItemInput:
    """A line of the basket.

    item:        the merchant's own name of the item
    price_minor: the price of one piece, in minor units
    quantity:    how many pieces
    """

    item: str
    price_minor: MinorUnits
    quantity: int = 1


@input_type
class TillInput:
    """Where a voucher is shown.

    merchant_id: the merchant; a merchant need not name itself
    terminal:    the merchant's own number of the till, as it is registered, 64 characters at most; wrong codes are counted by it
    scene:       where the sale takes place, in the words of the bank
    """

    merchant_id: strawberry.ID | None = None
    terminal: str | None = None
    scene: str | None = None


@input_type
class BasketInput(TillInput):
    """A sale on which vouchers are shown.

    basket_minor: what is to be paid, in minor units; 0 where goods are only handed out
    items:        the lines of the basket, or those that matter to vouchers; 500 at most
    """

    basket_minor: MinorUnits
    items: list[BasketItemInput] | None = None


OF_VOUCHERS: Final = {"terminalId": "terminal"}
OF_ONE_VOUCHER: Final = OF_VOUCHERS | {"vouchers": "voucher", "vouchers.0.amountMinor": "voucher.amountMinor"}
"""What these inputs call fields of the commands at a till, which know terminals by their ids and take several vouchers."""


class Till(NamedTuple):
    """Where a voucher is shown, as commands name it."""

    merchant_id: UUID
    terminal_id: UUID | None
    scene: str | None


def till_from(context: Context, asked: TillInput) -> Till:
    """The till. INVALID_INPUT where a merchant names another, or somebody else names none; an unknown till is refused later."""
    named = None if asked.merchant_id is None else uuid_of(MERCHANT, asked.merchant_id)
    merchant_id = context.own_merchant_id() if context.caller.role is Role.MERCHANT else named
    if merchant_id is None or named not in {None, merchant_id}:
        refuse_input("merchantId")
    terminal = None if asked.terminal is None else terminal_id(merchant_id, asked.terminal)
    return Till(merchant_id, terminal, asked.scene)


class AtTheTill(TypedDict):
    """What every command at a till says."""

    actor: Actor
    merchant_id: UUID
    terminal_id: UUID | None
    scene: str | None
    vouchers: tuple[Presented, ...]


async def at_the_till(context: Context, till: Till, vouchers: Sequence[PresentedVoucherInput]) -> AtTheTill:
    """Who shows which vouchers where. INVALID_INPUT where they are too many, before their codes are hashed."""
    if len(vouchers) > PRESENTED_MAX:
        refuse_input("vouchers")
    return AtTheTill(
        actor=await context.actor(),
        merchant_id=till.merchant_id,
        terminal_id=till.terminal_id,
        scene=till.scene,
        vouchers=await _presented_from(context, vouchers),
    )


async def _presented_from(context: Context, given: Sequence[PresentedVoucherInput]) -> tuple[Presented, ...]:
    """The vouchers. A code that can be nobody's is looked up all the same, so that its time tells nothing."""
    programme_id = await context.programme_id()
    return tuple(_presented(context, programme_id, each) for each in given)


def _presented(context: Context, programme_id: UUID, given: PresentedVoucherInput) -> Presented:
    sealer = context.ledger.sealer
    read = read_code(given.code, sealer, programme_id)
    # No kept code is malformed, so the digest of a malformed one is nobody's.
    digest = code_hash(given.code, sealer, programme_id) if read is None else read.hash
    return Presented(
        code_hash=digest,
        is_dynamic=read is not None and is_fresh(read.suffix, digest, sealer, datetime.now(UTC)),
        lock_token_hash=None if given.lock_token is None else token_hash(given.lock_token),
        wanted=Wanted(given.amount_minor, given.exactness),
    )


def basket_from(asked: BasketInput) -> Basket:
    """The basket."""
    items = tuple(
        BasketItem(item=each.item, price_minor=each.price_minor, quantity=each.quantity) for each in asked.items or ()
    )
    return Basket(amount_minor=asked.basket_minor, items=items)
