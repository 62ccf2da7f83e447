"""Asking the schema directly, as a caller of any role, without HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from inspect import isawaitable
from typing import Any
from uuid import UUID, uuid4

import pytest
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, parse, validate

from graphql_api.caller import Caller
from graphql_api.errors import CallerError
from graphql_api.field_rules import guard_schema
from graphql_api.global_ids import encode_id
from graphql_api.http.strawberry_internals import core_schema
from graphql_api.permissions import ROLE_SCOPES, Role, Scope
from graphql_api.processes.contexts import context_of
from graphql_api.request_record import RequestRecord
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from tests.bank import Bank

SCHEMA: GraphQLSchema = guard_schema(core_schema(build_schema()))


@cache
def _errors_of(text: str) -> list[GraphQLError]:
    """Why a document may not be run. Validating takes ten times as long as running it, and many ask the same."""
    try:
        return validate(SCHEMA, parse(text))
    except GraphQLError as error:
        return [error]


@dataclass(slots=True, kw_only=True)
class Desk:
    """Callers of one bank; what they are answered, and the codes of top-level errors."""

    bank: Bank
    contexts: Callable[[Caller, RequestRecord], Context]
    records: list[RequestRecord] = field(default_factory=list)

    def caller(
        self,
        role: Role,
        name: str = "ines",
        *scopes: Scope,
        merchant_id: UUID | None = None,
        programme: str | None = None,
    ) -> Caller:
        """A caller; a member's name is its external id."""
        merchant = str(merchant_id or self.bank.merchant_id) if role is Role.MERCHANT else None
        return Caller(
            role=role,
            subject=name,
            client=f"{role}:{merchant or name}",
            scopes=frozenset(scopes) or ROLE_SCOPES[role],
            programme_id=programme or str(self.bank.programme_id),
            member_external_id=name if role is Role.MEMBER else None,
            merchant_id=merchant,
        )

    async def execute(self, caller: Caller, text: str, variables: Mapping[str, Any] | None = None) -> ExecutionResult:
        """One document, run as it is."""
        record = RequestRecord(request_id=uuid4().hex)
        self.records.append(record)
        context = self.contexts(caller, record)
        errors = _errors_of(text)
        if errors:
            return ExecutionResult(data=None, errors=errors)
        answer = execute(SCHEMA, parse(text), variable_values=dict(variables or {}), context_value=context)
        return await answer if isawaitable(answer) else answer

    async def ask(self, caller: Caller, text: str, **variables: object) -> Any:
        """The data of a document that meets no error."""
        result = await self.execute(caller, text, variables)
        assert result.errors is None, [error.original_error or error for error in result.errors]
        return result.data

    async def refusal(self, caller: Caller, text: str, **variables: object) -> str:
        """The code of the first top-level error; "" where there is none."""
        result = await self.execute(caller, text, variables)
        if not result.errors:
            return ""
        original = result.errors[0].original_error
        while original is not None and not isinstance(original, CallerError):
            original = getattr(original, "original_error", None)
        return original.code if isinstance(original, CallerError) else f"bug: {result.errors[0].original_error!r}"

    async def change(self, caller: Caller, name: str, given: Mapping[str, object], select: str = "") -> dict[str, Any]:
        """What a mutation came to; `select` is of its success, errors show their code."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        text = (
            f"mutation M($input: {kind}!) {{ {name}(input: $input) {{ __typename {select} "
            "... on UserError { code message retry retryAfterSeconds } } }"
        )
        data = await self.ask(caller, text, input=dict(given))
        return dict(data[name])

    def key(self) -> str:
        """A fresh idempotency key."""
        return self.bank.key()


def gid(kind: str, uuid: UUID) -> str:
    """A global id."""
    return encode_id(kind, uuid)


@pytest.fixture
def desk(bank: Bank) -> Desk:
    """The bank's schema and those who ask it."""
    return Desk(bank=bank, contexts=context_of(bank.application))
