"""The subscription to a wallet: its state at the beginning, and again after each change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

from graphql_api.errors import CallerError
from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.context import Context, Info
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.query import subscription
from graphql_api.schema.wallet import Wallet, read_wallet
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.writer import LOST
from ledger.members.queries import member_by_id
from ledger.points.wallet import wallet_ids
from ledger.programme.rows import asset_id

_WAIT_SECONDS: Final = 0.5


async def wallet_changed(info: Info, asset: str = "POINTS", member: MemberRef | None = None) -> AsyncIterator[Wallet]:
    """The wallet now, and again each time it changed; changes in quick succession are told as one.

    asset:  the code of the points asset
    member: whose wallet; a member hears of its own
    """
    context = info.context
    member_id = await _require_member(context, member)
    if await context.read(member_by_id, member_id) is None:
        raise _not_found(RefusalCode.MEMBER_NOT_FOUND)
    if await read_wallet(context, member_id, asset) is None:
        raise _not_found(RefusalCode.ASSET_NOT_FOUND)
    ids = wallet_ids(member_id, asset_id(await context.programme_id(), asset))
    async with context.ledger.changes.subscribe((ids.wallet, ids.pending, ids.owed)) as subscriber:
        subscriber.wake()
        while True:
            await subscriber.wait()
            wallet = await _read_patiently(context, member_id, asset)
            if wallet is not None:
                yield wallet


async def _require_member(context: Context, member: MemberRef | None) -> UUID:
    try:
        return await resolve_member(context, member)
    except Refusal as refusal:
        raise _not_found(refusal.code) from None


def _not_found(code: RefusalCode) -> CallerError:
    return CallerError(Refusal(code).rule.message, code=code)


async def _read_patiently(context: Context, member_id: UUID, asset: str) -> Wallet | None:
    """The wallet, as soon as the database answers: a restart ends no subscription."""
    while True:
        try:
            return await read_wallet(context, member_id, asset)
        except LOST:
            await asyncio.sleep(_WAIT_SECONDS)


WALLET_CHANGED = subscription(
    wallet_changed, requires(Scope.WALLET_READ, Scope.WALLET_READ_ANY, cost=10), callers=BANK_AND_MEMBER
)
