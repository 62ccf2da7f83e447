"""Operations made from the schema with well-typed values, plain and hostile: ends of ranges, odd texts, ids of others.

What no body can carry (NUL, half a surrogate) is left out: HTTP refuses it before (`tests/e2e/http/test_malformed.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

AMOUNTS = ["0", "-1", str(10**15), str(10**15 + 1), str(2**63 - 1), str(-(2**63))]
HOSTILE: Mapping[str, Sequence[Any]] = {
    "ID": ["RW50cnk6AAAAAAAAAAAAAAAAAAAAAA", "", "=", "é", "a" * 3000],
    "String": [
        *("", " ", "'", "%", "\\", "\t", "\n", "é" * 200, "\u202ea", "\ufeff", "\U0001f600", "a" * 5000, "9" * 400),
        *("٣", "(", "1 / 0 > 1", "9999 years", "on 9999-12-31", "on 2026-02-30", "null", "ines ", "POINTS"),
    ],
    "Int": [0, -1, 101, 1001, 2**31 - 1, -(2**31)],
    "Points": AMOUNTS,
    "MinorUnits": AMOUNTS,
    "LogIndex": AMOUNTS,
    "DateTime": ["0001-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "9999-12-31T11:00:00-12:00", "2100-02-28T24:00:00Z"],
    "Date": ["0001-01-01", "9999-12-31"],
    "IdempotencyKey": ["~" * 255, "' OR 1=1 --"],
    "JSON": [None, {}, [], 1.5, "", {"amount": 2**63}, {"amount": 1e300}, {"a": [[[{}]]]}, {"": "\x7f"}],
}
PLAIN: Mapping[str, Sequence[Any]] = {
    "String": ["plain", "T1", "C1"],
    "Int": [1, 60, 100],
    "Points": ["1", "10"],
    "MinorUnits": ["1", "1000"],
    "LogIndex": ["0", "1"],
    "DateTime": ["2026-01-01T00:00:00Z"],
    "Date": ["2026-01-01", "2100-01-01"],
    "JSON": [{"amount": 5}],
}
BY_NAME: Mapping[str, Sequence[str]] = {
    "asset": ["POINTS"],
    "moneyAsset": ["CNY"],
    "externalId": ["ines", "otto"],
    "activity": ["purchase"],
    "type": ["purchase"],
    "field": ["amount"],
    "counter": ["awards"],
    "expiry": ["30 days"],
    "when": [""],
    "segment": [""],
    "template": ["T1"],
    "campaign": ["C1"],
}


class Operation(NamedTuple):
    """A document and its variables."""

    text: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Writes operations; of its values the `hostile` share is not meant, and `ids` are of things that there are."""

    random: Random
    hostile: float
    ids: Sequence[str]

    def operation(self, kind: str, name: str, field: GraphQLField) -> Operation:
        """The field with some of its arguments and everything that it answers two levels deep."""
        given = {key: arg for key, arg in field.args.items() if is_required_argument(arg) or self._maybe(0.5)}
        variables = {key: self._value(arg.type, key) for key, arg in given.items()}
        declared = f"({', '.join(f'${key}: {arg.type}' for key, arg in given.items())})" if given else ""
        passed = f"({', '.join(f'{key}: ${key}' for key in given)})" if given else ""
        return Operation(f"{kind} X{declared} {{ {name}{passed}{_selection(field.type, 2)} }}", variables)

    def _maybe(self, share: float) -> bool:
        return self.random.random() < share

    def _value(self, kind: GraphQLInputType, name: str) -> object:
        if isinstance(kind, GraphQLNonNull):
            return self._value(kind.of_type, name)
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type, name)] * self.random.choice([0, 1, 1, 1, 2])
        if isinstance(kind, GraphQLEnumType):
            return self.random.choice(sorted(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            return {each: self._value(kind.fields[each].type, each) for each in self._chosen(kind)}
        return self._scalar(str(kind), name)

    def _chosen(self, kind: GraphQLInputObjectType) -> list[str]:
        """One of a one-of; else all that is required, and now and then what is not."""
        if kind.is_one_of:
            return [self.random.choice(sorted(kind.fields))]
        return [name for name, each in kind.fields.items() if is_required_input_field(each) or self._maybe(0.2)]

    def _scalar(self, kind: str, name: str) -> object:
        if kind in HOSTILE and self._maybe(self.hostile):
            return self.random.choice(HOSTILE[kind])
        plain = {
            "ID": self.ids,
            "Boolean": [True, False],
            "IdempotencyKey": [f"key-{self.random.getrandbits(32)}"],
            **PLAIN,
        }
        return self.random.choice(BY_NAME.get(name, plain[kind]) if kind == "String" else plain[kind])


def _selection(of: GraphQLOutputType, depth: int) -> str:
    kind = get_named_type(of)
    if isinstance(kind, GraphQLUnionType):
        parts = [f"... on {each.name}{_selection(each, depth)}" for each in kind.types if not _is_error(each)]
        return f" {{ __typename {' '.join(parts)} ... on UserError {{ code message retry retryAfterSeconds }} }}"
    if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return ""
    parts = [
        f"{name}_{kind.name}: {name}{_selection(field.type, depth - 1)}"
        for name, field in kind.fields.items()
        if not any(is_required_argument(arg) for arg in field.args.values())
        and (depth > 0 or is_leaf_type(get_named_type(field.type)))
    ]
    return f" {{ __typename {' '.join(parts)} }}"


def _is_error(kind: GraphQLObjectType) -> bool:
    return any(each.name == "UserError" for each in kind.interfaces)
