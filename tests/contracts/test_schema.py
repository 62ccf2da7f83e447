"""What the GraphQL schema promises as a whole: words on everything, and unions that one document can select from."""

import re
from collections.abc import Iterator
from itertools import combinations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
    is_specified_scalar_type,
)

from graphql_api.field_rules import guard_schema, rule_of
from graphql_api.http.strawberry_internals import core_schema
from graphql_api.schema.build import build_schema
from graphql_api.schema.refusals import ERROR_TYPES
from ledger.book.refusal import RefusalCode

VALUE_MOVING = {
    "adjustPoints", "approveRequest", "cancelPending", "captureHold", "closeMember", "confirmPending", "earnPoints",
    "earnPointsList", "holdPoints", "refundEarn", "releaseHold", "reverseEntry", "spendPoints", "spendPointsList",
    "transferPoints",
    "topUpVoucherStock", "issueVoucher", "issueVoucherList", "claimVoucher", "giftVoucher", "voidVoucher", "lockVoucher",
    "renewVoucherLock", "releaseVoucherLock", "redeemVoucher", "redeemVouchers", "reverseRedemption",
    "reportActivity", "reportActivities", "topUpCampaignBudget",
}  # fmt: skip
"""Mutations that move value: a document may hold one of each kind, and each has an idempotency key."""

KEYED_BY_EVENT = {"reportActivity", "reportActivities"}
"""Whose items have their source's own event id as the key."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema of this code."""
    return guard_schema(core_schema(build_schema()))


def _described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, kind in schema.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", each.description) for value, each in kind.values.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", each.description) for field, each in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, output in kind.fields.items():
                yield f"{name}.{field}", output.description
                yield from ((f"{name}.{field}({arg})", each.description) for arg, each in output.args.items())


def test_everything_is_described(schema: GraphQLSchema) -> None:
    """Types, fields, arguments, enum values and scalars all say what they are."""
    assert [name for name, text in _described(schema) if not text or not text.strip()] == []


def test_a_description_stands_alone(schema: GraphQLSchema) -> None:
    """Whoever looks a field up sees it without its neighbours, which the schema sorts by name."""
    leaning = re.compile(r"(Or|And|But|Likewise|Since when)\b|… |.*, likewise", re.DOTALL)

    assert [name for name, text in _described(schema) if leaning.match(text or "")] == []


def test_a_guarded_field_names_its_scope(schema: GraphQLSchema) -> None:
    """The description of a field with a scope ends with it."""
    silent = [
        f"{kind.name}.{name}"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if (rule := rule_of(field)) and not all(f"`{scope}`" in (field.description or "") for scope in rule.scopes)
    ]

    assert silent == []


def test_members_of_a_union_agree_on_fields_of_one_name(schema: GraphQLSchema) -> None:
    """A document that selects two members of a union is invalid where one name has two types."""
    clashes = [
        f"{union.name}: {one.name}.{name} and {other.name}.{name}"
        for union in schema.type_map.values()
        if isinstance(union, GraphQLUnionType)
        for one, other in combinations(union.types, 2)
        for name in one.fields.keys() & other.fields.keys()
        if str(one.fields[name].type) != str(other.fields[name].type)
    ]

    assert clashes == []


def test_every_refusal_has_a_type_that_is_a_user_error(schema: GraphQLSchema) -> None:
    """One type per code, all of them selectable by `... on UserError`."""
    interface = schema.type_map["UserError"]
    assert isinstance(interface, GraphQLInterfaceType)

    names = {each.name for each in schema.get_implementations(interface).objects}

    assert len(ERROR_TYPES) == len(RefusalCode)
    assert names == {each.__name__ for each in ERROR_TYPES.values()}


def test_every_mutation_answers_with_its_result(schema: GraphQLSchema) -> None:
    """`verbNoun(input: VerbNounInput!): VerbNounResult!`, a union of successes and errors."""
    assert schema.mutation_type is not None

    for name, field in schema.mutation_type.fields.items():
        pascal = f"{name[0].upper()}{name[1:]}"
        assert str(field.type) == f"{pascal}Result!"
        assert {key: str(arg.type) for key, arg in field.args.items()} == {"input": f"{pascal}Input!"}


def test_what_moves_value_is_marked_and_has_a_key(schema: GraphQLSchema) -> None:
    """The HTTP side counts marked fields; a key makes their outcome known after any failure."""
    assert schema.mutation_type is not None
    fields = schema.mutation_type.fields

    marked = {name for name, field in fields.items() if (rule := rule_of(field)) and rule.moves}
    for name in marked - KEYED_BY_EVENT:
        given = schema.type_map[f"{name[0].upper()}{name[1:]}Input"]
        assert isinstance(given, GraphQLInputObjectType)
        key = str(given.fields["idempotencyKey"].type)
        assert key == ("IdempotencyKey" if name.endswith("List") else "IdempotencyKey!")

    event = schema.type_map["ReportActivityInput"]
    assert isinstance(event, GraphQLInputObjectType)
    assert {str(event.fields[name].type) for name in ("source", "eventId")} == {"String!"}
    assert marked == VALUE_MOVING


def test_no_amount_is_a_float_or_a_short_integer(schema: GraphQLSchema) -> None:
    """Float appears nowhere; the 32-bit Int only where nothing is counted in points or money."""
    words = ("amount", "points", "minor", "posted", "held", "available", "owed")
    wrong = [
        f"{kind.name}.{name}: {field.type}"
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType | GraphQLInterfaceType)
        and not is_introspection_type(kind)
        for name, field in kind.fields.items()
        if "Float" in str(field.type) or ("Int" in str(field.type).split("!")[0:1] and name.lower().startswith(words))
    ]

    assert wrong == []
