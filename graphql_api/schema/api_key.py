"""Merchants' API keys: issued once in clear, rotated with an overlap, revoked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.connection import Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import API_KEY, MERCHANT, id_of, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.partners import api_key
from ledger.partners.queries import keys_page
from ledger.partners.rows import ApiKey as KeyRow


@object_type
class ApiKey:
    """A merchant's API key; its secret is kept nowhere. Times are real time, which the sandbox clock does not move.

    id:          its id
    merchant_id: the merchant that calls with it
    created_at:  when it was issued
    expires_at:  until when; null = until revoked
    revoked_at:  when it was revoked
    """

    id: strawberry.ID
    merchant_id: strawberry.ID
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def key_of(row: KeyRow) -> ApiKey:
    """The row as its GraphQL type."""
    return ApiKey(
        id=id_of(API_KEY, row.id),
        merchant_id=id_of(MERCHANT, row.merchant_id),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )


async def read_keys(context: Context, merchant_id: UUID, first: int, after: str | None) -> Connection[ApiKey]:
    """A page of a merchant's keys."""
    size = page_size(first)
    rows = await context.read(keys_page, merchant_id, limit=rows_for(size), after=row_after(API_KEY, after))
    return connect_rows(API_KEY, rows, size, after, key_of)


@object_type
class ApiKeyIssued:
    """A key just made. `text` is shown this once.

    id:          its id
    merchant_id: the merchant that calls with it
    expires_at:  until when; null = until revoked
    text:        the key itself: send it as `Authorization: Bearer …`
    """

    id: strawberry.ID
    merchant_id: strawberry.ID
    expires_at: datetime | None
    text: str


def _issued(key: api_key.IssuedKey) -> ApiKeyIssued:
    return ApiKeyIssued(
        id=id_of(API_KEY, key.id),
        merchant_id=id_of(MERCHANT, key.merchant_id),
        expires_at=key.expires_at,
        text=key.text,
    )


@input_type
class IssueApiKeyInput:
    """A key to make.

    merchant_id: the merchant that will call with it
    expires_at:  until when; without it until revoked
    """

    merchant_id: strawberry.ID
    expires_at: datetime | None = None


async def issue_api_key(info: Info, asked: Annotated[IssueApiKeyInput, INPUT]) -> object:
    """Make a key for a merchant. Each call makes another one, so no idempotency key is needed."""
    context = info.context
    key = await context.change(
        api_key.issue_api_key,
        merchant_id=uuid_of(MERCHANT, asked.merchant_id),
        secret=context.ledger.random(api_key.SECRET_BYTES),
        expires_at=asked.expires_at,
    )
    return _issued(key)


@input_type
class RotateApiKeyInput:
    """A key to replace.

    api_key_id:     the key
    old_expires_at: until when the old one works beside the new; without it until revoked
    """

    api_key_id: strawberry.ID
    old_expires_at: datetime | None = None


async def rotate_api_key(info: Info, asked: Annotated[RotateApiKeyInput, INPUT]) -> object:
    """Make a second key for the same merchant, so that its tills can change one after the other."""
    context = info.context
    key = await context.change(
        api_key.rotate_api_key,
        key_id=uuid_of(API_KEY, asked.api_key_id),
        secret=context.ledger.random(api_key.SECRET_BYTES),
        old_expires_at=asked.old_expires_at,
    )
    return _issued(key)


@input_type
class RevokeApiKeyInput:
    """A key to end.

    api_key_id: the key
    """

    api_key_id: strawberry.ID


@object_type
class ApiKeyRevoked:
    """The key is dead, in every process at once.

    api_key: the key
    """

    api_key: ApiKey


async def revoke_api_key(info: Info, asked: Annotated[RevokeApiKeyInput, INPUT]) -> object:
    """End a key now."""
    row = await info.context.change(api_key.revoke_api_key, key_id=uuid_of(API_KEY, asked.api_key_id))
    return ApiKeyRevoked(api_key=key_of(row))


_CODE = RefusalCode
_MANAGE = requires(Scope.MERCHANT_MANAGE, cost=10)

ISSUE_API_KEY = mutation(
    issue_api_key,
    _MANAGE,
    succeeds=ApiKeyIssued,
    refusals=(*EVERY_REQUEST, _CODE.MERCHANT_NOT_FOUND, _CODE.MERCHANT_CLOSED),
)
ROTATE_API_KEY = mutation(
    rotate_api_key,
    _MANAGE,
    succeeds=ApiKeyIssued,
    refusals=(*EVERY_REQUEST, _CODE.API_KEY_NOT_FOUND, _CODE.MERCHANT_NOT_FOUND, _CODE.MERCHANT_CLOSED),
)
REVOKE_API_KEY = mutation(
    revoke_api_key,
    _MANAGE,
    succeeds=ApiKeyRevoked,
    refusals=(*EVERY_REQUEST, _CODE.API_KEY_NOT_FOUND),
)
