"""Undoing and completing earlier entries: reverse, refund, confirm, cancel."""

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.callers import BANK_AND_MERCHANT
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import ENTRY, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.receipt import Receipt, receive
from graphql_api.schema.refusals import EVERY_COMMAND, WALLET
from ledger.book.refusal import RefusalCode
from ledger.book.units import MinorUnits, Points
from ledger.engine.outcome import Outcome
from ledger.points.pending import CancelPending, ConfirmPending, PendingCommand
from ledger.points.receipt import Receipt as LedgerReceipt
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry


@input_type
class ReverseEntryInput:
    """A spend or capture to undo.

    entry_id:        the entry
    idempotency_key: the caller's key for this intent
    amount:          how many of its points; without it all that is left
    reason_code:     why, as a code of the caller's
    reference:       the caller's own number of the reversal, unique for ever
    """

    entry_id: strawberry.ID
    idempotency_key: IdempotencyKey
    amount: Points | None = None
    reason_code: str | None = None
    reference: str | None = None


@object_type
class EntryReversed(Receipt):
    """Points went back to the lots that they were drawn from.

    money_minor: what the merchant gives back, in minor units
    """

    money_minor: MinorUnits | None


async def reverse_entry(info: Info, asked: Annotated[ReverseEntryInput, INPUT]) -> object:
    """Undo a spend or a capture, in whole or in part: by the merchant who took the points, or by the bank."""
    context = info.context
    command = ReverseEntry(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        entry_id=uuid_of(ENTRY, asked.entry_id),
        amount=asked.amount,
        reason_code=asked.reason_code,
    )
    outcome = await context.execute(command)
    return await receive(context, EntryReversed, outcome, money_minor=maybe_minor(outcome.unwrap().money_minor))


@input_type
class RefundEarnInput:
    """A sale that is given back, with the points that it earned.

    entry_id:        the earn's entry
    sale_minor:      how much of its sale is given back, in minor units
    idempotency_key: the caller's key for this intent
    effective_at:    when it was given back; default: now
    reason_code:     why, as a code of the caller's
    reference:       the caller's own number of the refund, unique for ever
    """

    entry_id: strawberry.ID
    sale_minor: MinorUnits
    idempotency_key: IdempotencyKey
    effective_at: datetime | None = None
    reason_code: str | None = None
    reference: str | None = None


@object_type
class EarnRefunded(Receipt):
    """What the sale had earned was taken back, as far as the asset's terms allow; the rest may be owed."""


async def refund_earn(info: Info, asked: Annotated[RefundEarnInput, INPUT]) -> object:
    """Take back what a sale had earned: by the merchant of the sale, or by the bank."""
    context = info.context
    command = RefundEarn(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        entry_id=uuid_of(ENTRY, asked.entry_id),
        sale_minor=asked.sale_minor,
        effective_at=asked.effective_at,
        reason_code=asked.reason_code,
    )
    return await receive(context, EarnRefunded, await context.execute(command))


@input_type
class ConfirmPendingInput:
    """Pending points to activate.

    entry_id:        the earn's entry
    idempotency_key: the caller's key for this intent
    reference:       the caller's own number of it, unique for ever
    """

    entry_id: strawberry.ID
    idempotency_key: IdempotencyKey
    reference: str | None = None


@object_type
class PendingConfirmed(Receipt):
    """Pending points are the member's from now on; their life begins today."""


async def confirm_pending(info: Info, asked: Annotated[ConfirmPendingInput, INPUT]) -> object:
    """Activate an earn's pending points."""
    return await receive(info.context, PendingConfirmed, await _end_pending(info.context, asked, ConfirmPending))


@input_type
class CancelPendingInput(ConfirmPendingInput):
    """Pending points to take back."""


@object_type
class PendingCancelled(Receipt):
    """Pending points were taken back before they were the member's."""


async def cancel_pending(info: Info, asked: Annotated[CancelPendingInput, INPUT]) -> object:
    """Take back an earn's pending points."""
    return await receive(info.context, PendingCancelled, await _end_pending(info.context, asked, CancelPending))


async def _end_pending(
    context: Context, asked: ConfirmPendingInput, kind: type[PendingCommand]
) -> Outcome[LedgerReceipt]:
    command = kind(
        actor=await context.actor(),
        key=asked.idempotency_key,
        reference=asked.reference,
        entry_id=uuid_of(ENTRY, asked.entry_id),
    )
    return await context.execute(command)


_CODE = RefusalCode
_ENTRY = (*EVERY_COMMAND, *WALLET, _CODE.ENTRY_NOT_FOUND)

REVERSE_ENTRY = mutation(
    reverse_entry,
    requires(Scope.POINTS_REVERSE, moves="reverse", cost=10),
    succeeds=EntryReversed,
    refusals=(
        *EVERY_COMMAND,
        _CODE.ENTRY_NOT_FOUND,
        _CODE.NOT_REVERSIBLE,
        _CODE.REVERSAL_WINDOW_CLOSED,
        _CODE.ALREADY_REVERSED,
        _CODE.REVERSAL_EXCEEDS_ORIGINAL,
        _CODE.BALANCE_LIMIT_EXCEEDED,
    ),
    callers=BANK_AND_MERCHANT,
)
REFUND_EARN = mutation(
    refund_earn,
    requires(Scope.POINTS_REFUND, moves="refund", cost=10),
    succeeds=EarnRefunded,
    refusals=(
        *_ENTRY,
        _CODE.EFFECTIVE_IN_FUTURE,
        _CODE.PERIOD_CLOSED,
        _CODE.NOT_REFUNDABLE,
        _CODE.REFUND_EXCEEDS_SALE,
        _CODE.BALANCE_LIMIT_EXCEEDED,
    ),
    callers=BANK_AND_MERCHANT,
)
CONFIRM_PENDING = mutation(
    confirm_pending,
    requires(Scope.POINTS_EARN, moves="confirm", cost=10),
    succeeds=PendingConfirmed,
    refusals=(*_ENTRY, _CODE.NOT_PENDING, _CODE.BALANCE_LIMIT_EXCEEDED),
)
CANCEL_PENDING = mutation(
    cancel_pending,
    requires(Scope.POINTS_EARN, moves="cancel", cost=10),
    succeeds=PendingCancelled,
    refusals=(*_ENTRY, _CODE.NOT_PENDING),
)
