"""Running one operation of a valid document, one layer below graphql-core's `execute`.

The store already chose the operation and split off the fragments, so each request only coerces its variables
and executes. Root fields of a query run concurrently; those of a mutation one after the other, as specified.
"""

from collections.abc import Awaitable, Callable
from typing import TypeGuard, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, default_field_resolver
from graphql.execution.executor import default_type_resolver
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.execution import optimized_is_awaitable

from graphql_api.http.document_store import Document, Operation
from graphql_api.http.json_values import JsonObject
from graphql_api.http.strawberry_internals import OperationExecutor


class VariablesRefused(Exception):
    """The variables do not fit the operation; nothing ran."""

    code = "VARIABLES_INVALID"

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("the variables do not fit the operation")
        self.errors = errors


def coerce_variables(schema: GraphQLSchema, operation: Operation, variables: JsonObject) -> VariableValues:
    """The operation's variables as Python values; VariablesRefused when they do not fit."""
    definitions = operation.node.variable_definitions or ()
    values = get_variable_values(schema, definitions, variables, max_errors=10, hide_suggestions=True)
    if isinstance(values, list):
        raise VariablesRefused(values)
    return values


def executor_for(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    variables: VariableValues,
    context: object,
) -> OperationExecutor:
    """An executor for one run of `operation`."""
    return OperationExecutor(
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
