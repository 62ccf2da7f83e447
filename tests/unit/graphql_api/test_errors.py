"""What callers are told where the database cannot be asked: to send the same again, and nothing of a bug."""

from typing import cast

import pytest
import strawberry
from asyncpg.exceptions import DiskFullError, InvalidPasswordError, QueryCanceledError, ReadOnlySQLTransactionError
from graphql import GraphQLError

from graphql_api.errors import present_errors
from graphql_api.field_rules import any_caller
from graphql_api.http.credentials import ANONYMOUS
from graphql_api.permissions import Role
from graphql_api.request_record import RequestRecord
from graphql_api.schema.context import Context, Info, Ledger
from graphql_api.schema.descriptions import object_type
from graphql_api.schema.mutation import mutation
from graphql_api.schema.refusals import EVERY_REQUEST

LOST = [
    ConnectionRefusedError("10.0.0.1"),
    DiskFullError("no space left on device"),
    InvalidPasswordError("password authentication failed for scrip_api"),
    QueryCanceledError("statement timeout while locking tuple (0,1)"),
    ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
]


@object_type
class Kept:
    """It was kept.

    replayed: whether it had been kept before
    """

    replayed: bool


async def _told_by_mutation(lost: Exception) -> object:
    """The answer of a mutation that meets the loss."""

    async def keep(info: Info) -> object:
        """Keep something."""
        del info
        raise lost

    field = mutation(keep, any_caller(), succeeds=Kept, refusals=EVERY_REQUEST, callers=frozenset(Role))
    root: type = object_type(type("Mutation", (), {"__doc__": "Writes.", "keep": field}))
    schema = strawberry.Schema(query=Kept, mutation=root)
    context = Context(caller=ANONYMOUS, request=RequestRecord(request_id="r"), ledger=cast("Ledger", None))
    answered = await schema.execute(
        "mutation { keep { ... on UserError { code retryAfterSeconds } } }", context_value=context
    )
    assert answered.errors is None
    return answered.data


@pytest.mark.parametrize("lost", LOST, ids=lambda lost: type(lost).__name__)
async def test_a_lost_database_is_unavailable(lost: Exception) -> None:
    """A query says so in its errors, a mutation by the refusal that it declares; neither shows the driver's words."""
    noted: list[str] = []

    (shown,) = present_errors([GraphQLError("x", path=["me"], original_error=lost)], noted.append)
    told = await _told_by_mutation(lost)

    assert (shown["extensions"], noted) == ({"code": "UNAVAILABLE", "retryAfterSeconds": 1}, ["UNAVAILABLE"])
    assert str(lost) not in str(shown)
    assert told == {"keep": {"code": "UNAVAILABLE", "retryAfterSeconds": 1}}


def test_everything_else_is_masked() -> None:
    """A bug shows a reference to its log line and no words of its own."""
    (shown,) = present_errors([GraphQLError("x", path=["me"], original_error=KeyError("Ada"))])

    assert shown["message"] == "Something went wrong on our side. Quote the reference when you report it."
    assert "Ada" not in str(shown)
