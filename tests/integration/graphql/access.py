"""Asking every root field as every role."""

from collections.abc import AsyncGenerator, Awaitable, Iterator

from graphql import ExecutionResult, OperationType, subscribe

from graphql_api.errors import Forbidden
from graphql_api.permissions import Role, Scope
from graphql_api.request_record import RequestRecord
from tests.integration.graphql.any_document import document_of
from tests.integration.graphql.desk import SCHEMA, Desk

LETTERS = {role: role[0].upper() if role is not Role.SUPPORT else "H" for role in Role}
LETTERS[Role.MERCHANT] = "T"
"""A letter for each role: Member, Till (merchant), Service, Operator, Approver, Compliance, Help desk (support)."""


def root_fields() -> Iterator[tuple[str, str]]:
    """Every root field as (Type.field, the smallest document that asks for it)."""
    for operation in OperationType:
        root = SCHEMA.get_root_type(operation)
        assert root is not None
        for name, field in root.fields.items():
            yield f"{root.name}.{name}", document_of(operation.value, name, field)


async def is_let_in(desk: Desk, role: Role, document: str, *scopes: Scope) -> bool:
    """Whether a caller of the role is not told that it may not ask."""
    caller = desk.caller(role, "ines", *scopes)
    if document.startswith("subscription"):
        return await _may_subscribe(desk, role, document, *scopes)
    result = await desk.execute(caller, document)
    assert not any("bug" in str(error) for error in result.errors or ())
    return not _is_forbidden(result)


def _is_forbidden(result: ExecutionResult) -> bool:
    if any(isinstance(error.original_error, Forbidden) for error in result.errors or ()):
        return True
    answers = (result.data or {}).values()
    return any(isinstance(answer, dict) and answer.get("code") == "FORBIDDEN" for answer in answers)


async def _may_subscribe(desk: Desk, role: Role, document: str, *scopes: Scope) -> bool:
    from graphql import parse

    context = desk.contexts(desk.caller(role, "ines", *scopes), RequestRecord(request_id="r"))
    begun = subscribe(SCHEMA, parse(document), context_value=context)
    stream = await begun if isinstance(begun, Awaitable) else begun
    if isinstance(stream, ExecutionResult):
        return not _is_forbidden(stream)
    try:
        return not _is_forbidden(await anext(stream))
    except Exception as error:  # noqa: BLE001 - what a subscription ends with
        return not isinstance(getattr(error, "original_error", error), Forbidden)
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
