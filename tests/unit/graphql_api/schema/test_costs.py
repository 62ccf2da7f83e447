"""What reading costs is known from the document alone, so whatever multiplies it must say by how much."""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_wrapping_type,
)

from graphql_api.field_rules import guard_schema, rule_of
from graphql_api.http.strawberry_internals import core_schema
from graphql_api.schema.build import build_schema

SCHEMA = guard_schema(core_schema(build_schema()))
PARTS_OF_A_PAGE = {"edges", "nodes"}
"""Their field was charged for them."""


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(kind) or (is_wrapping_type(kind) and _is_list(kind.of_type))


def _fields() -> Iterator[tuple[str, GraphQLField]]:
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield from ((f"{kind.name}.{name}", field) for name, field in kind.fields.items())


def _asks_again(kind: GraphQLNamedType, seen: frozenset[str] = frozenset()) -> bool:
    """Whether something below an object of this kind is read only when it is asked for."""
    if kind.name in seen:
        return False
    if isinstance(kind, GraphQLUnionType):
        return any(_asks_again(each, seen | {kind.name}) for each in kind.types)
    if not isinstance(kind, GraphQLObjectType):
        return False
    return any(
        rule_of(field) is not None or _asks_again(get_named_type(field.type), seen | {kind.name})
        for field in kind.fields.values()
    )


def test_a_list_whose_items_can_be_asked_further_is_charged_by_item() -> None:
    """Otherwise a document of a few fields reads once for each of hundreds of items, for the price of one."""
    uncharged = [
        place
        for place, field in _fields()
        if _is_list(field.type)
        and place.rpartition(".")[2] not in PARTS_OF_A_PAGE
        and _asks_again(get_named_type(field.type))
        and getattr(rule_of(field), "page_max", None) is None
    ]

    assert uncharged == []


def test_every_page_is_charged_by_item() -> None:
    """A field that takes `first` or `last` says how large a page may be."""
    uncharged = [
        place
        for place, field in _fields()
        if {"first", "last"} & field.args.keys() and getattr(rule_of(field), "page_max", None) is None
    ]

    assert uncharged == []
