"""Running one operation of a valid document, one layer below graphql-core's `execute`.

The store already chose the operation and split off the fragments, so each request only coerces its variables
and executes. Root fields of a query run concurrently; those of a mutation one after the other, as specified.
"""

from collections.abc import Awaitable, Callable
from typing import TypeGuard, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, Undefined, default_field_resolver
from graphql.execution.executor import default_type_resolver
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities import coerce_input_value
from strawberry.execution import optimized_is_awaitable

from graphql_api.http.bodies import GraphqlRequest
from graphql_api.http.document_store import Document, Operation
from graphql_api.http.strawberry_internals import OperationExecutor


class VariablesRefused(Exception):
    """The variables do not fit the operation; nothing ran."""

    code = "VARIABLES_INVALID"

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("the variables do not fit the operation")
        self.errors = errors


def coerce_variables(schema: GraphQLSchema, operation: Operation, asked: GraphqlRequest) -> VariableValues:
    """The operation's variables as Python values; VariablesRefused when they do not fit."""
    if not operation.variables:
        return _NONE
    definitions = operation.node.variable_definitions or ()
    try:
        # Defaults, absent and wrong values: graphql-core decides, and says what is wrong.
        values = _fitting(operation, asked) or get_variable_values(
            schema, definitions, asked.variables, max_errors=10, hide_suggestions=True
        )
    except GraphQLError as error:  # Strawberry raises it from within for one-of inputs
        raise VariablesRefused([error]) from None
    if isinstance(values, list):
        raise VariablesRefused(values)
    return values


_NONE = VariableValues({}, {})
_EXPLAINED_BYTES_MAX = 65_536
"""Finding out what is wrong takes five times as long as finding that something is: three seconds of a megabyte."""


def _fitting(operation: Operation, asked: GraphqlRequest) -> VariableValues | None:
    """The coerced values when every variable is given and fits; None otherwise.

    VariablesRefused, which only names the variable, where one of a large request does not fit.
    """
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, object] = {}
    try:
        for signature in operation.variables:
            given = asked.variables.get(signature.name, Undefined)
            if given is Undefined:
                continue
            value = coerce_input_value(given, signature.type)
            if value is Undefined and asked.size > _EXPLAINED_BYTES_MAX:
                raise VariablesRefused([GraphQLError(f"Variable '${signature.name}' has an invalid value.")])
            if value is Undefined:
                return None
            sources[signature.name] = VariableValueSource(signature, given)
            coerced[signature.name] = value
    except RecursionError:
        return None
    return VariableValues(sources, coerced) if len(coerced) == len(operation.variables) else None


def executor_for(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    variables: VariableValues,
    context: object,
) -> OperationExecutor:
    """An executor for one run of `operation`."""
    executor = OperationExecutor(
        schema,
        document.fragment_definitions,
        document.fragments,
        None,
        context,
        operation.node,
        variables,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        is_awaitable=cast("Callable[[object], TypeGuard[Awaitable[object]]]", optimized_is_awaitable),
        hide_suggestions=True,
    )
    if operation.selections is not None:
        executor.remember(operation.selections)
    return executor


async def run_operation(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    variables: VariableValues,
    context: object,
) -> ExecutionResult:
    """Run a query or mutation to its result; resolvers' errors are in it, never raised."""
    result = executor_for(schema, document, operation, variables, context).execute_operation()
    if optimized_is_awaitable(result):
        result = await cast("Awaitable[ExecutionResult]", result)
    return cast("ExecutionResult", result)
