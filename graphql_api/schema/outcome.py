"""What came of a request whose answer was lost: asked for by its idempotency key."""

from datetime import datetime

import orjson
import strawberry

from graphql_api.field_rules import any_caller
from graphql_api.scalars import IdempotencyKey
from graphql_api.schema.callers import EVERYBODY
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.kinds import ENTRY, maybe_id
from graphql_api.schema.query import query
from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.decide import GROUP_KIND
from ledger.points.entry_query import request_by_key


@object_type
class RequestOutcome:
    """What was decided under a key. Send the same request again for all of the answer.

    kind:       the kind of the request, such as `earn`; `list` for an atomic list
    decided_at: when it was decided
    accepted:   whether it was accepted
    entry_id:   the entry that it posted
    refusal:    the code it was refused with
    """

    kind: str
    decided_at: datetime
    accepted: bool
    entry_id: strawberry.ID | None
    refusal: RefusalCode | None


async def outcome(info: Info, idempotency_key: IdempotencyKey) -> RequestOutcome | None:
    """What the ledger decided under one of the caller's own keys; null where nothing was decided.

    idempotency_key: the key
    """
    context = info.context
    try:
        actor = await context.actor()
    except Refusal:
        return None
    found = await context.read(request_by_key, client=actor.client, key=idempotency_key)
    if found is None:
        return None
    code = _refused_with(found.kind, found.outcome)
    return RequestOutcome(
        kind=found.kind,
        decided_at=found.decided_at,
        accepted=code is None,
        entry_id=maybe_id(ENTRY, found.entry_id),
        refusal=code,
    )


def _refused_with(kind: str, frozen: str) -> RefusalCode | None:
    """The code of a frozen outcome. An atomic list is a list of them, of which one says why all were refused."""
    items = orjson.loads(frozen)
    outcomes = [orjson.loads(text) for text in items] if kind == GROUP_KIND else [items]
    codes = [RefusalCode(outcome["refused"]) for outcome in outcomes if isinstance(outcome, dict)]
    return next((code for code in codes if code != RefusalCode.GROUP_FAILED), None)


OUTCOME = query(outcome, any_caller(cost=5), callers=EVERYBODY)
