"""What we take from inside Strawberry and graphql-core is still there and means the same."""

from importlib.metadata import version

import strawberry
from graphql import execute_sync, parse

from graphql_api.http.strawberry_internals import VALIDATION_RULES, OperationExecutor, core_schema


@strawberry.type
class Thing:
    """A thing with plain attributes."""

    name: str
    size: int | None
    tags: list[str]

    @strawberry.field
    def computed(self, times: int = 2) -> str:
        """A resolver of its own."""
        return self.name * times


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def things(self) -> list[Thing]:
        """Some, one of them broken."""
        return [
            Thing(name="a", size=1, tags=["x"]),
            Thing(name="b", size=None, tags=[]),
            Thing(name="c", size=2**40, tags=[]),
        ]


def test_the_pinned_versions_are_installed() -> None:
    """Moving either package is a decision, made here and in pyproject.toml together."""
    assert version("strawberry-graphql") == "0.341.2"
    assert version("graphql-core") == "3.3.2"


def test_the_rules_are_the_specified_ones_and_two_more() -> None:
    """Strawberry adds rules for one-of and maybe-null inputs."""
    assert [rule.__name__ for rule in VALIDATION_RULES[-2:]] == ["MaybeNullValidationRule", "OneOfInputValidationRule"]


def test_the_fast_executor_answers_as_graphql_core_does() -> None:
    """Same data, same errors, with and without the fast path."""
    document = parse("{ __typename things { __typename name size tags computed computed2: computed(times: 1) } }")
    schema = strawberry.Schema(Query)
    plain = execute_sync(schema._schema, document)

    fast = execute_sync(core_schema(schema), document, executor_class=OperationExecutor)

    assert fast.data == plain.data
    assert [error.formatted for error in fast.errors or ()] == [error.formatted for error in plain.errors or ()]
    assert len(fast.errors or ()) == 1
