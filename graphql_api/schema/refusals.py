"""Refusals as GraphQL types: one per code, made from the ledger's one table, all of them `UserError`.

A fact is nullable: outcomes are kept for ever, and one that was kept before its code got the fact does not have it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from graphql_api.schema.campaign_enums import CampaignState
from graphql_api.schema.descriptions import enum_type, interface_type, object_type
from graphql_api.schema.kinds import APPROVAL, ENTRY, MEMBER, id_of
from ledger.book.refusal import REFUSALS, Fact, Refusal, RefusalCode, RefusalRule, Retry
from ledger.book.units import MinorUnits, Points

enum_type(
    RefusalCode,
    "RefusalCode",
    "Every code of a refusal. Where several would fit, the one that stands first is given.",
    {code.value: rule.message for code, rule in REFUSALS.items()},
)
enum_type(
    Retry,
    "Retry",
    "What to do after a refusal.",
    {
        "NEVER": "The same intent will never be accepted.",
        "SAME_KEY": "Send the same request again, with the same idempotency key.",
        "NEW_KEY": "Once the cause is gone, send the intent again under a new idempotency key.",
    },
)


@interface_type
class UserError:
    """An expected refusal. Nothing changed but the request's record; of `UNAVAILABLE` that is not known.

    code:                which refusal it is
    message:             the refusal in English, for developers
    retry:               what to do next
    retry_after_seconds: how long to wait before trying again, where waiting helps
    """

    code: RefusalCode
    message: str
    retry: Retry
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class _FactType:
    """How a fact appears: its GraphQL type, what it means, and how it is read from the refusal."""

    kind: object
    about: str
    read: Callable[[Fact], object]


def _number(value: Fact) -> object:
    return int(str(value))


def _instant(value: Fact) -> object:
    return datetime.fromisoformat(str(value))


def _id_of(kind: str) -> Callable[[Fact], object]:
    return lambda value: id_of(kind, UUID(str(value)))


def _campaign_state(value: Fact) -> object:
    return CampaignState(str(value))


def _texts(value: Fact) -> object:
    return list(value) if isinstance(value, tuple) else [str(value)]


_FIELDS: Final[Mapping[str, str]] = {
    "entry_id": "taken_by_entry_id",
    "approval_id": "taken_by_approval_id",
    "member_id": "taken_by_member_id",
    "state": "campaign_state",
}
"""Facts whose own names would clash with fields of successes in one union, and what they are called instead."""

_FACTS: Final[Mapping[str, _FactType]] = {
    "field": _FactType(
        str, "the field that is malformed, by its path in the input; of terms, by its path in them", str
    ),
    "line": _FactType(int, "where the fault of an expression stands in it: the line, from 1", _number),
    "column": _FactType(int, "the column in that line, from 1", _number),
    "detail": _FactType(str, "what the fault of an expression is, in English", str),
    "fields": _FactType(list[str], "the fields that differ from the first request under the key", _texts),
    "entry_id": _FactType(
        strawberry.ID,
        "the entry that the reference belongs to; null where what has it posted none, or waits for approval",
        _id_of(ENTRY),
    ),
    "approval_id": _FactType(
        strawberry.ID,
        "the approval that what has the reference waits for: where it ends without an entry, the reference is free again",
        _id_of(APPROVAL),
    ),
    "member_id": _FactType(strawberry.ID, "the member whom the external id belongs to", _id_of(MEMBER)),
    "failed_index": _FactType(int, "the index, from 0, of the item that was refused", _number),
    "open_from": _FactType(datetime, "the beginning of the open period", _instant),
    "wallets": _FactType(int, "how many wallets have something due", _number),
    "deadline": _FactType(datetime, "when the hold was over", _instant),
    "held": _FactType(Points, "the points that are held", _number),
    "reversible_until": _FactType(datetime, "when the time to reverse was over", _instant),
    "reversible": _FactType(Points, "the points that can still be reversed", _number),
    "refundable_minor": _FactType(MinorUnits, "what is left of the sale, in minor units", _number),
    "left": _FactType(Points, "the points that may still be sent in the period", _number),
    "period": _FactType(str, "the period of the limit: `total`, `day`, `week` or `month`", str),
    "limit": _FactType(Points, "the largest amount or number that is accepted", _number),
    "owed": _FactType(Points, "the points that are owed", _number),
    "stated": _FactType(Points, "the total that was stated", _number),
    "lots": _FactType(Points, "what the lots add up to", _number),
    "state": _FactType(CampaignState, "the state that the campaign is in", _campaign_state),
    "available": _FactType(Points, "the points that are available", _number),
    "redeemed_at": _FactType(datetime, "when the voucher was redeemed", _instant),
    "expired_at": _FactType(datetime, "when the voucher's validity was over", _instant),
    "valid_from": _FactType(datetime, "when the voucher's validity begins", _instant),
    "minimum_minor": _FactType(MinorUnits, "the least spend, in minor units", _number),
    "value_left_minor": _FactType(MinorUnits, "the value that is left, in minor units", _number),
}


def pascal(name: str) -> str:
    """What is written with underscores, as types of the schema are named."""
    return "".join(word.capitalize() for word in name.split("_"))


def _error_type(rule: RefusalRule) -> type[UserError]:
    """The type of one code, with its facts as fields."""
    facts = {_FIELDS.get(name, name): _FACTS[name] for name in rule.facts if name != "retry_after_seconds"}
    lines = "\n".join(f"{name}: {fact.about}" for name, fact in facts.items())
    namespace: dict[str, object] = {
        "__doc__": f"{rule.message}\n\n{lines}",
        "__module__": __name__,
        "__annotations__": {name: _optional(fact.kind) for name, fact in facts.items()},
        **dict.fromkeys(facts),
    }
    made: type[UserError] = type(f"{pascal(rule.code)}Error", (UserError,), namespace)
    return object_type(made)


def _optional(kind: object) -> object:
    return kind | None  # type: ignore[operator]


ERROR_TYPES: Final[Mapping[RefusalCode, type[UserError]]] = {code: _error_type(rule) for code, rule in REFUSALS.items()}


def present(refusal: Refusal, *, without: Collection[str] = ()) -> UserError:
    """The refusal as its GraphQL type; facts named in `without` are not for this caller."""
    rule = refusal.rule
    known = {
        _FIELDS.get(name, name): _FACTS[name].read(value)
        for name, value in refusal.facts.items()
        if name in rule.facts and name in _FACTS and name not in without
    }
    after = refusal.facts.get("retry_after_seconds")
    return ERROR_TYPES[rule.code](
        code=rule.code,
        message=rule.message,
        retry=rule.retry,
        retry_after_seconds=None if after is None else int(str(after)),
        **known,
    )


_CODE = RefusalCode
EVERY_REQUEST: Final = (
    _CODE.INVALID_INPUT,
    _CODE.FORBIDDEN,
    _CODE.OVERLOADED,
    _CODE.DEADLINE_EXCEEDED,
    _CODE.UNAVAILABLE,
    _CODE.CONTENDED,
)
"""What any mutation may be refused with, whatever it does."""

EVERY_KEYED: Final = (*EVERY_REQUEST, _CODE.IDEMPOTENCY_CONFLICT)
"""What any command under an idempotency key may be refused with."""

EVERY_COMMAND: Final = (*EVERY_KEYED, _CODE.REFERENCE_TAKEN)
"""What any such command may be refused with that takes the caller's own number."""

WALLET: Final = (_CODE.MEMBER_NOT_FOUND, _CODE.ASSET_NOT_FOUND, _CODE.MEMBER_CLOSED)
"""What opening a wallet may be refused with."""

AVAILABLE: Final = (_CODE.MEMBER_FROZEN, _CODE.POINTS_OWED, _CODE.INSUFFICIENT_POINTS)
"""What a member may be refused with who spends, holds or sends what is available."""
