"""What callers are told where the database cannot be asked: to send the same again, and nothing of a bug."""

import pytest
from asyncpg.exceptions import DiskFullError, InvalidPasswordError, QueryCanceledError, ReadOnlySQLTransactionError
from graphql import GraphQLError

from graphql_api.errors import present_errors
from graphql_api.schema.mutation import _telling_of_loss
from ledger.book.refusal import Refusal, RefusalCode

LOST = [
    ConnectionRefusedError("10.0.0.1"),
    DiskFullError("no space left on device"),
    InvalidPasswordError("password authentication failed for scrip_api"),
    QueryCanceledError("statement timeout while locking tuple (0,1)"),
    ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
]


@pytest.mark.parametrize("lost", LOST, ids=lambda lost: type(lost).__name__)
async def test_a_lost_database_is_unavailable(lost: Exception) -> None:
    """A query says so in its errors, a mutation by the refusal that it declares; neither shows the driver's words."""
    noted: list[str] = []

    async def resolve() -> object:
        raise lost

    (shown,) = present_errors([GraphQLError("x", path=["me"], original_error=lost)], noted.append)
    with pytest.raises(Refusal) as refused:
        await _telling_of_loss(resolve)()

    assert (shown["extensions"], noted) == ({"code": "UNAVAILABLE", "retryAfterSeconds": 1}, ["UNAVAILABLE"])
    assert str(lost) not in str(shown)
    assert refused.value.code == RefusalCode.UNAVAILABLE


def test_everything_else_is_masked() -> None:
    """A bug shows a reference to its log line and no words of its own."""
    (shown,) = present_errors([GraphQLError("x", path=["me"], original_error=KeyError("Ada"))])

    assert shown["message"] == "Something went wrong on our side. Quote the reference when you report it."
    assert "Ada" not in str(shown)
