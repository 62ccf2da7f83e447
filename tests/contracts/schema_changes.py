"""What changed in the schema since the last release, classified: breaking, dangerous or safe for existing clients."""

from collections.abc import Mapping
from pathlib import Path

from graphql import GraphQLSchema, build_schema
from graphql.utilities import BreakingChange, DangerousChange, find_schema_changes

RELEASED = Path(__file__).with_name("released.graphql")
"""The schema of the last release; there is none before the first."""


def changes(released: GraphQLSchema, present: GraphQLSchema) -> Mapping[str, list[str]]:
    """Every change by its class."""
    found: dict[str, list[str]] = {"breaking": [], "dangerous": [], "safe": []}
    for change in find_schema_changes(released, present):
        if isinstance(change, BreakingChange):
            found["breaking"].append(change.description)
        elif isinstance(change, DangerousChange):
            found["dangerous"].append(change.description)
        else:
            found["safe"].append(change.description)
    return found


def released_schema() -> GraphQLSchema | None:
    """The last release's schema, where there was a release."""
    return build_schema(RELEASED.read_text(encoding="utf-8")) if RELEASED.is_file() else None
