"""Well-typed operations of every root field with hostile values: an answer or a coded refusal, never a bug."""

from collections.abc import Iterator
from random import Random

from graphql import ExecutionResult, GraphQLField, OperationType

from graphql_api.errors import present_errors
from graphql_api.permissions import Role, Scope
from tests.integration.graphql.desk import SCHEMA
from tests.integration.graphql.hostile_document import Author, Operation
from tests.integration.graphql.people import People

SHARES = (0.1, 0.4)
"""How many of the values are hostile, each for every root field."""
ROLES = (Role.SERVICE, Role.OPERATOR, Role.MEMBER, Role.MERCHANT, Role.COMPLIANCE)
OURS = {"INTERNAL", "UNAVAILABLE", "CONTENDED", "OVERLOADED", "DEADLINE_EXCEEDED"}
"""What no input alone may cause."""


def fields() -> Iterator[tuple[str, str, GraphQLField]]:
    """Every query and mutation."""
    for kind in (OperationType.QUERY, OperationType.MUTATION):
        root = SCHEMA.get_root_type(kind)
        assert root is not None
        yield from ((kind.value, name, field) for name, field in root.fields.items())


def codes_of(result: ExecutionResult) -> set[str]:
    """What the answer refuses, in its errors and in its data."""
    codes: list[str] = []
    present_errors(result.errors or (), codes.append)
    told = [answer for answer in (result.data or {}).values() if isinstance(answer, dict)]
    return {*codes, *(str(answer["code"]) for answer in told if "retry" in answer)}


async def answered(people: People, asked: Operation) -> set[str]:
    """The codes that the first role got which may ask this; a bug fails the test."""
    for role in ROLES:
        result = await people.desk.execute(people.desk.caller(role, "ines", *Scope), asked.text, asked.variables)
        codes = codes_of(result)
        assert not codes & OURS, (asked, [error.original_error for error in result.errors or ()])
        if "FORBIDDEN" not in codes:
            return codes
    raise AssertionError(f"nobody may ask {asked}")


async def test_no_value_is_a_bug(people: People) -> None:
    """Whoever asks whatever is answered, or refused by a code of its own; and the books are right afterwards."""
    ids = [people.ines, people.otto, people.shop, (await people.earn(5))["entry"]["id"]]
    met: set[str] = set()

    for share in SHARES:
        for kind, name, field in fields():
            author = Author(random=Random(f"{name} {share}"), hostile=share, ids=ids)
            met |= await answered(people, author.operation(kind, name, field))

    assert {"INVALID_INPUT", "MEMBER_NOT_FOUND", "ENTRY_NOT_FOUND"} <= met
