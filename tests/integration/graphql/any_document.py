"""The smallest document that asks for a root field, made from the schema: required arguments hold something plausible."""

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

PLAUSIBLE: dict[str, str] = {
    "ID": '"RW50cnk6AAAAAAAAAAAAAAAAAAAAAA"',
    "String": '"plausible"',
    "Int": "1",
    "Boolean": "false",
    "Points": '"1"',
    "MinorUnits": '"1"',
    "DateTime": '"2020-01-01T00:00:00Z"',
    "Date": '"2020-01-01"',
    "IdempotencyKey": '"key"',
    "JSON": "{}",
}


def document_of(operation: str, name: str, field: GraphQLField) -> str:
    """The document."""
    given = [f"{key}: {_value(arg.type)}" for key, arg in field.args.items() if is_required_argument(arg)]
    arguments = f"({', '.join(given)})" if given else ""
    return f"{operation} {{ {name}{arguments}{_selection(field)} }}"


def _value(kind: GraphQLInputType) -> str:
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{_value(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        return f"{{{', '.join(_input_fields(kind))}}}"
    return str(PLAUSIBLE[str(kind)])


def _input_fields(kind: GraphQLInputObjectType) -> list[str]:
    fields = list(kind.fields.items())[:1] if kind.is_one_of else list(kind.fields.items())
    return [f"{name}: {_value(each.type)}" for name, each in fields if kind.is_one_of or is_required_input_field(each)]


def _selection(field: GraphQLField) -> str:
    kind = get_named_type(field.type)
    if isinstance(kind, GraphQLUnionType):
        return " { __typename ... on UserError { code } }"
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        return " { __typename }"
    return ""
