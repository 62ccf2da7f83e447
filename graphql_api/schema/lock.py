"""Locks: a merchant keeps a voucher for itself while its till takes the payment."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, TypeVar

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.callers import BANK_AND_MERCHANT
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.guessing import CODE, try_code
from graphql_api.schema.kinds import MERCHANT, TEMPLATE, VOUCHER, id_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.presented import OF_ONE_VOUCHER, PresentedVoucherInput, TillInput, at_the_till, till_from
from graphql_api.schema.redeem import AT_THE_TILL
from graphql_api.schema.refusals import EVERY_KEYED
from ledger.book.refusal import RefusalCode
from ledger.engine.outcome import Outcome
from ledger.vouchers.lock import (
    TTL_DEFAULT_S,
    LockCommand,
    Locked,
    LockVoucher,
    ReleaseLock,
    RenewLock,
    lock_token,
    token_hash,
)

O = TypeVar("O")  # noqa: E741 - the reply


@input_type
class ReleaseVoucherLockInput(TillInput):
    """A lock to give up.

    voucher:         the voucher with the lock's token
    idempotency_key: the caller's key for this intent
    """

    voucher: PresentedVoucherInput
    idempotency_key: IdempotencyKey


@input_type
class LockVoucherInput(ReleaseVoucherLockInput):
    """A voucher to lock.

    voucher:     the voucher; of stored value, `amountMinor` of it is reserved, or all
    ttl_seconds: for how long, 30 to 900; never longer than 15 minutes past its validity
    """

    ttl_seconds: int = TTL_DEFAULT_S


@input_type
class RenewVoucherLockInput(ReleaseVoucherLockInput):
    """A lock that should stand on.

    ttl_seconds: for how long from now, 30 to 900; never longer than 15 minutes past its validity
    """

    ttl_seconds: int = TTL_DEFAULT_S


@object_type
class VoucherLocked:
    """Nobody else can use the voucher until then, and it stays good until then.

    replayed:     whether this is the stored outcome of an earlier request under the same key
    voucher_id:   the voucher
    template_id:  its template
    merchant_id:  the merchant that holds the lock
    lock_token:   what redeems, renews and releases; null for a renewal, whose token is the lock's
    locked_until: when the lock is over
    valid_until:  until when the voucher is good without it; null = for ever
    """

    replayed: bool
    voucher_id: strawberry.ID
    template_id: strawberry.ID
    merchant_id: strawberry.ID
    lock_token: str | None
    locked_until: datetime
    valid_until: datetime | None


@object_type
class VoucherLockReleased:
    """The voucher is anybody's to accept again.

    replayed:    whether this is the stored outcome of an earlier request under the same key
    voucher_id:  the voucher
    released_at: when it was released
    """

    replayed: bool
    voucher_id: strawberry.ID
    released_at: datetime


async def lock_voucher(info: Info, asked: Annotated[LockVoucherInput, INPUT]) -> object:
    """Keep a voucher for a merchant while its till takes the payment."""
    context = info.context
    token = lock_token(context.ledger.sealer, (await context.actor()).client, asked.idempotency_key)
    make = partial(LockVoucher, ttl_seconds=asked.ttl_seconds, token_hash=token_hash(token))
    return _locked(await _attempt(context, asked, make), token)


async def renew_voucher_lock(info: Info, asked: Annotated[RenewVoucherLockInput, INPUT]) -> object:
    """Let a lock stand on, with its token."""
    make = partial(RenewLock, ttl_seconds=asked.ttl_seconds)
    return _locked(await _attempt(info.context, asked, make), None)


async def release_voucher_lock(info: Info, asked: Annotated[ReleaseVoucherLockInput, INPUT]) -> object:
    """Give a lock up, with its token."""
    outcome = await _attempt(info.context, asked, ReleaseLock)
    reply = outcome.unwrap()
    return VoucherLockReleased(
        replayed=outcome.replayed, voucher_id=id_of(VOUCHER, reply.voucher_id), released_at=reply.released_at
    )


async def _attempt(context: Context, asked: ReleaseVoucherLockInput, make: Callable[..., LockCommand[O]]) -> Outcome[O]:
    """What came of one of the three commands, which `make` completes with what every command at a till says."""
    till = till_from(context, asked)

    async def attempt() -> Outcome[O]:
        vouchers = await at_the_till(context, till, [asked.voucher])
        return await context.execute(make(key=asked.idempotency_key, **vouchers))

    return await try_code(context, asked.terminal, attempt)


def _locked(outcome: Outcome[Locked], token: str | None) -> VoucherLocked:
    reply = outcome.unwrap()
    return VoucherLocked(
        replayed=outcome.replayed,
        voucher_id=id_of(VOUCHER, reply.voucher_id),
        template_id=id_of(TEMPLATE, reply.template_id),
        merchant_id=id_of(MERCHANT, reply.merchant_id),
        lock_token=token,
        locked_until=reply.locked_until,
        valid_until=reply.valid_until,
    )


_CODE = RefusalCode
_RULE = requires(Scope.VOUCHER_REDEEM, moves=CODE, cost=10)
_RELEASE = (
    *EVERY_KEYED,
    _CODE.THROTTLED,
    _CODE.MERCHANT_NOT_FOUND,
    _CODE.TERMINAL_NOT_FOUND,
    _CODE.VOUCHER_NOT_FOUND,
    _CODE.VOUCHER_VOIDED,
    _CODE.VOUCHER_REDEEMED,
    _CODE.VOUCHER_LOCKED,
    _CODE.VOUCHER_EXPIRED,
    _CODE.LOCK_TOKEN_REQUIRED,
    _CODE.LOCK_EXPIRED,
)
_RENEW = (*_RELEASE, _CODE.MEMBER_CLOSED, _CODE.MERCHANT_CLOSED, _CODE.TERMINAL_CLOSED)

LOCK_VOUCHER = mutation(
    lock_voucher,
    _RULE,
    succeeds=VoucherLocked,
    refusals=(*EVERY_KEYED, *AT_THE_TILL),
    callers=BANK_AND_MERCHANT,
    names=OF_ONE_VOUCHER,
)
RENEW_VOUCHER_LOCK = mutation(
    renew_voucher_lock, _RULE, succeeds=VoucherLocked, refusals=_RENEW, callers=BANK_AND_MERCHANT, names=OF_ONE_VOUCHER
)
RELEASE_VOUCHER_LOCK = mutation(
    release_voucher_lock,
    _RULE,
    succeeds=VoucherLockReleased,
    refusals=_RELEASE,
    callers=BANK_AND_MERCHANT,
    names=OF_ONE_VOUCHER,
)
