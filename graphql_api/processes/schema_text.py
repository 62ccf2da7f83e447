"""The schema as text: what schema.graphql holds and clients generate their types from."""

from graphql import lexicographic_sort_schema, print_schema

from graphql_api.field_rules import guard_schema
from graphql_api.http.strawberry_internals import core_schema
from graphql_api.schema.build import build_schema


def schema_text() -> str:
    """The schema of this code in schema definition language, sorted, with every description and scope."""
    return print_schema(lexicographic_sort_schema(guard_schema(core_schema(build_schema())))) + "\n"
