"""Direct resolvers get exactly what Strawberry would have given them."""

# Strawberry's decorators return Any.
# mypy: disable-error-code="untyped-decorator"

from datetime import datetime
from enum import Enum
from typing import Annotated

import pytest
import strawberry
from graphql import GraphQLSchema, execute_sync, parse
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from graphql_api.http.strawberry_internals import core_schema
from graphql_api.scalars import SCALAR_MAP
from ledger.book.units import Points


@strawberry.enum
class Colour(Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


@strawberry.input
class Inner:
    """An input within an input."""

    points: Points
    colours: list[Colour] | None = None
    again: "Inner | None" = None


@strawberry.input
class Outer:
    """An input with every kind of field."""

    inner: Inner
    many: list[Inner]
    at: datetime | None
    note: str = "none"
    labels: list[str] = strawberry.field(default_factory=lambda: ["x"])
    unset: str | None = strawberry.UNSET
    maybe: strawberry.Maybe[int | None]
    renamed: int = strawberry.field(name="otherName", default=3)


class Never(BasePermission):
    """Nobody."""

    message = "never"

    def has_permission(self, source: object, info: strawberry.Info, **kwargs: object) -> bool:
        """No."""
        return False


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def plain(self, a: int = 1, b: str | None = None, first_name: str = "Ada") -> str:
        """Simple arguments."""
        return repr((a, b, first_name))

    @strawberry.field
    def nested(self, info: strawberry.Info, outer: Outer, colour: Colour = Colour.RED) -> str:
        """An input and the info."""
        return repr((outer, colour, info.field_name, info.variable_values))

    @strawberry.field
    def lists(self, grid: list[list[int]], inputs: list[Inner] | None = None) -> str:
        """Lists of lists and of inputs."""
        return repr((grid, inputs))

    @strawberry.field
    def renamed(self, value: Annotated[int, strawberry.argument(name="theValue")]) -> str:
        """An argument with another name."""
        return repr(value)

    @strawberry.field(permission_classes=[Never])
    def closed(self) -> str:
        """Behind a permission."""
        return "open"


QUERIES = [
    ("{ plain }", {}),
    ('{ plain(a: 5, b: null, firstName: "Bo") }', {}),
    ("query($a: Int = 7, $b: String) { plain(a: $a, b: $b) }", {}),
    ("query($a: Int! = 7) { plain(a: $a) }", {"a": 9}),
    ("{ nested(outer: {inner: {points: 1}, many: []}) }", {}),
    (
        "query($o: Outer!, $c: Colour!) { nested(outer: $o, colour: $c) }",
        {
            "o": {
                "inner": {"points": "5", "colours": ["RED", "BLUE"], "again": {"points": 6}},
                "many": [{"points": 1}, {"points": 2, "colours": None}],
                "at": "2026-01-01T00:00:00Z",
                "note": "n",
                "labels": [],
                "unset": None,
                "maybe": None,
                "otherName": 4,
            },
            "c": "BLUE",
        },
    ),
    ("{ lists(grid: [[1, 2], [3]]) }", {}),
    ("{ lists(grid: 1, inputs: {points: 2}) }", {}),
    ("{ lists(grid: [], inputs: null) }", {}),
    ("{ renamed(theValue: 3) }", {}),
    ("{ closed }", {}),
]


def schema() -> strawberry.Schema:
    """A fresh schema."""
    return strawberry.Schema(Query, config=StrawberryConfig(scalar_map=dict(SCALAR_MAP)))


def answer(core: GraphQLSchema, query: str, variables: dict[str, object]) -> object:
    """Data and errors."""
    result = execute_sync(core, parse(query), variable_values=variables)
    return result.data, [error.message for error in result.errors or ()]


@pytest.mark.parametrize(("query", "variables"), QUERIES)
def test_arguments_are_those_of_strawberry(query: str, variables: dict[str, object]) -> None:
    """Defaults, nulls, unset values, names, enums, lists and inputs arrive alike."""
    theirs = answer(schema()._schema, query, variables)

    ours = answer(core_schema(schema()), query, variables)

    assert ours == theirs


def test_permissions_stay_in_force() -> None:
    """A field with a permission class keeps Strawberry's resolver."""
    assert answer(core_schema(schema()), "{ closed }", {}) == (None, ["never"])
