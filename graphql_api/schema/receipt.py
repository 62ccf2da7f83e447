"""What an accepted command did to a wallet: facts of its moment, the same for ever when it is replayed."""

from datetime import datetime
from typing import TypeVar

import strawberry

from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import interface_type, object_type
from graphql_api.schema.kinds import ENTRY, LOT, MEMBER, MERCHANT, id_of, maybe_id
from ledger.book.units import InvariantViolated, Points
from ledger.engine.outcome import Outcome
from ledger.points import receipt as ledger


@object_type
class PostedEntry:
    """The journal entry that a command posted.

    id:                its id
    kind:              what happened, such as `earn` or `spend`
    amount:            its points
    effective_at:      when it took effect
    posted_at:         when it was recorded
    merchant_id:       the merchant it concerns
    original_entry_id: the entry that it undoes or completes
    """

    id: strawberry.ID
    kind: str
    amount: Points
    effective_at: datetime
    posted_at: datetime
    merchant_id: strawberry.ID | None
    original_entry_id: strawberry.ID | None


@object_type
class WalletAfter:
    """The member's wallet right after the entry. For what it is now, ask `wallet`.

    member_id:   whose wallet it is
    asset:       the asset's code
    posted:      the balance in the book
    held:        what holds set aside
    available:   what could be spent next
    owed:        what a refund could not take back
    next_expiry: when points expire next
    """

    member_id: strawberry.ID
    asset: str
    posted: Points
    held: Points
    available: Points
    owed: Points
    next_expiry: datetime | None


@object_type
class LotUse:
    """A part of a lot that was granted, drawn or given back.

    lot_id:     the lot
    amount:     how many of its points
    expires_at: when the lot expires by its own date; null = never, or with all the wallet's for inactivity
    """

    lot_id: strawberry.ID
    amount: Points
    expires_at: datetime | None


@interface_type
class Receipt:
    """What every accepted points command tells.

    replayed: whether this is the stored outcome of an earlier request under the same key
    entry:    the entry that was posted
    wallet:   the wallet after it; null for merchants, who do not see what members have
    lots:     the lots that it granted or drew, in order; null for merchants
    """

    replayed: bool
    entry: PostedEntry
    wallet: WalletAfter | None
    lots: list[LotUse] | None


T = TypeVar("T", bound=Receipt)


async def receive(context: Context, kind: type[T], outcome: Outcome[ledger.Receipt], **more: object) -> T:
    """The outcome as the success type `kind`, with `more` of its fields; raises the refusal where it was refused."""
    reply = outcome.unwrap()
    visible = context.sees_balances
    return kind(
        replayed=outcome.replayed,
        entry=_entry(reply),
        wallet=await _wallet(context, reply) if visible else None,
        lots=[_use(use) for use in reply.lots] if visible else None,
        **more,
    )


def _entry(reply: ledger.Receipt) -> PostedEntry:
    if reply.entry_id is None:
        raise InvariantViolated("a receipt of nothing posted")
    return PostedEntry(
        id=id_of(ENTRY, reply.entry_id),
        kind=reply.kind,
        amount=Points(reply.amount),
        effective_at=reply.effective_at,
        posted_at=reply.posted_at,
        merchant_id=maybe_id(MERCHANT, reply.merchant_id),
        original_entry_id=maybe_id(ENTRY, reply.original_entry_id),
    )


async def _wallet(context: Context, reply: ledger.Receipt) -> WalletAfter:
    return WalletAfter(
        member_id=id_of(MEMBER, reply.member_id),
        asset=await context.ledger.directory.asset_code(await context.programme_id(), reply.asset_id),
        posted=Points(reply.posted),
        held=Points(reply.held),
        available=Points(reply.available),
        owed=Points(reply.owed),
        next_expiry=reply.next_expiry_at,
    )


def _use(use: ledger.LotUse) -> LotUse:
    return LotUse(lot_id=id_of(LOT, use.lot_id), amount=Points(use.amount), expires_at=use.expires_at)
