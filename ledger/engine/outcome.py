"""Outcomes: what a command came to, how it is frozen as JSON and thawed again on replay."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson

from ledger.book.refusal import Facts, Refusal, RefusalCode
from ledger.engine.reply import reply as reply_value

O = TypeVar("O")  # noqa: E741 - an outcome's reply


@reply_value
class Outcome(Generic[O]):
    """Either a reply or a refusal; `replayed` where an earlier decision was found under the key."""

    reply: O | None = None
    refusal: Refusal | None = None
    replayed: bool = False

    def unwrap(self) -> O:
        """The reply; raises the refusal where there is one."""
        if self.refusal is not None:
            raise self.refusal
        return cast("O", self.reply)


def freeze_reply(reply: object) -> str:
    """A reply as the JSON array that its key keeps for ever: the values of its fields in their order.

    So a field that is added later stands last and has a default; none is ever taken away or moved.
    """
    kind = type(reply)
    values_of = _VALUES_OF.get(kind)
    if values_of is None:
        values_of = _VALUES_OF[kind] = _reader_of(kind)
    return orjson.dumps(values_of(reply), default=str).decode()


_VALUES_OF: dict[type, Callable[[object], object]] = {}


def _reader_of(kind: Any) -> Callable[[object], object]:  # noqa: ANN401 - a dataclass
    names = [field.name for field in fields(kind)]
    if len(names) == 1:
        return lambda reply: (getattr(reply, names[0]),)
    return cast("Callable[[object], object]", attrgetter(*names))


def freeze_refusal(refusal: Refusal) -> str:
    """A refusal as the JSON that its key keeps for ever."""
    return orjson.dumps({"refused": refusal.code, "facts": refusal.facts}).decode()


def thaw(text: str, reply_type: type[O]) -> Outcome[O]:
    """The outcome that was frozen, as a replay."""
    frozen: Any = orjson.loads(text)
    if isinstance(frozen, dict):
        return Outcome(refusal=_refusal(frozen), replayed=True)
    names = [field.name for field in fields(cast("Any", reply_type))]
    return Outcome(reply=thaw_value(reply_type, dict(zip(names, frozen, strict=False))), replayed=True)


def _refusal(frozen: Mapping[str, Any]) -> Refusal:
    facts: Facts = {name: tuple(v) if isinstance(v, list) else v for name, v in frozen["facts"].items()}
    return Refusal(RefusalCode(frozen["refused"]), **facts)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def thaw_value(kind: type[O], value: Any) -> O:  # noqa: ANN401 - JSON in, typed value out
    """Restores a dataclass, a tuple of them, a UUID or an instant from its JSON form."""
    return cast("O", _restore(kind, value))


def _restore(kind: Any, value: Any) -> Any:  # noqa: ANN401
    if value is None:
        return None
    if get_origin(kind) in (Union, UnionType):
        kind = next(option for option in get_args(kind) if option is not type(None))
    if get_origin(kind) is tuple:
        return tuple(_restore(get_args(kind)[0], item) for item in value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{f.name: _restore(hints[f.name], value[f.name]) for f in fields(kind) if f.name in value})
    kind = getattr(kind, "__supertype__", kind)
    if kind is UUID:
        return UUID(value)
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return value
