"""Everything we take from Strawberry and graphql-core that their documentation does not promise.

Both packages are pinned exactly; tests/unit/graphql_api/http/test_strawberry_internals.py fails first when
one of these moves.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias, cast

import strawberry
from graphql import (
    ASTValidationRule,
    ExecutionResult,
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    Undefined,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_non_null_type,
    specified_rules,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetailsList, GroupedFieldSet, collect_fields
from graphql.execution.executor import Executor
from graphql.pyutils import AwaitableOrValue, Path, gather_with_cancel
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.field import StrawberryField

from graphql_api.http.direct_resolvers import Converters, direct_resolver

VALIDATION_RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
"""The rules of the specification, and the two that Strawberry adds for its input types."""

_STRAWBERRY = "strawberry-definition"
_LEAF = "scrip.leaf"
_READY = "scrip.ready"

_EXACT: dict[str, type] = {"String": str, "ID": str, "Boolean": bool}
"""The types that the specified scalars pass on unchanged."""

Coercer: TypeAlias = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A scalar or enum that is read straight off its object; values of type `exact` are coerced already."""

    attribute: str
    exact: type | None
    coerce: Coercer
    nullable: bool


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema that Strawberry built, made faster in place and once.

    Plain attributes are marked for the executor below, and resolver functions are called directly.
    """
    core = schema._schema  # noqa: SLF001
    if core.extensions.get(_READY):
        return core
    converters = Converters(schema)
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                _quicken(field, converters)
        elif isinstance(kind, GraphQLUnionType):
            _resolve_by_class(kind)
        elif isinstance(kind, GraphQLInputObjectType):
            # Strawberry enforces this itself, but neither graphql-core's validation nor its printer sees it.
            kind.is_one_of = bool(kind.extensions[_STRAWBERRY].is_one_of)
    core.extensions[_READY] = True
    return core


def _resolve_by_class(union: GraphQLUnionType) -> None:
    """Tell a union's member by the class of its value; Strawberry looks through them one by one."""
    names = {kind.extensions[_STRAWBERRY].origin: kind.name for kind in union.types}
    slowly = union.resolve_type
    assert slowly is not None

    def resolve(value: object, info: GraphQLResolveInfo[object], kind: GraphQLAbstractType) -> object:
        return names.get(type(value)) or slowly(value, info, kind)

    union.resolve_type = resolve  # type: ignore[assignment]


def _quicken(field: GraphQLField, converters: Converters) -> None:
    definition = field.extensions.get(_STRAWBERRY)
    if definition is None:
        return
    if definition.is_basic_field:
        _mark_leaf(field, definition)
    else:
        field.resolve = direct_resolver(field, definition, converters) or field.resolve


def _mark_leaf(field: GraphQLField, definition: StrawberryField) -> None:
    """Mark a plain attribute that is a scalar or enum.

    A guard put around its resolver later hides the mark: the mark names the resolver it stands for.
    """
    kind = get_nullable_type(field.type)
    if is_leaf_type(kind):
        exact = _EXACT.get(kind.name)
        coerce = cache(kind.coerce_output_value) if is_enum_type(kind) else kind.coerce_output_value
        leaf = _Leaf(definition.python_name, exact, coerce, not is_non_null_type(field.type))
        field.extensions[_LEAF] = (field.resolve, leaf)


@dataclass(slots=True)
class Selections:
    """What an operation selects, kept between its runs.

    Only for documents without directives: with @skip and @include it depends on the variables. `below` is the
    memo of graphql-core's executor, which keys on lists that live in `root` and in itself.
    """

    root: GroupedFieldSet | None = None
    below: dict[tuple[GraphQLObjectType, int], tuple[FieldDetailsList, CollectedFields]] = field(default_factory=dict)


class OperationExecutor(Executor[None]):
    """graphql-core's executor without incremental delivery, reading plain attributes without ceremony.

    Of a typical answer's fields nine in ten are plain attributes; for them it builds no resolve info, no
    arguments and no awaitable check. Anything unusual falls back to graphql-core.
    """

    selections: Selections | None = None

    def remember(self, selections: Selections) -> None:
        """Use and fill what earlier runs of the same operation collected."""
        self.selections = selections
        self._relevant_sub_fields = selections.below

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[ExecutionResult]:  # noqa: FBT001
        """Run the operation; an awaitable only when a resolver is asynchronous."""
        root_type = self.schema.get_root_type(self.operation.operation)
        if root_type is None:
            return ExecutionResult(None, [GraphQLError("The schema has no such operations.")])
        try:
            fields = self._root_fields(root_type)
            if serially is None:
                serially = self.operation.operation is OperationType.MUTATION and len(fields) > 1
            data = self.execute_root_grouped_field_set(root_type, self.root_value, fields, serially, None)
            if self.is_awaitable(data):
                return self._finish(data)
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(cast("dict[str, object] | None", data), self.collected_errors.errors or None)

    async def _finish(self, awaitable: Awaitable[dict[str, object]]) -> ExecutionResult:
        data: dict[str, object] | None
        try:
            data = await awaitable
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        return ExecutionResult(data, self.collected_errors.errors or None)

    def _root_fields(self, root_type: GraphQLObjectType) -> GroupedFieldSet:
        if self.selections is not None and self.selections.root is not None:
            return self.selections.root
        collected = collect_fields(
            self.schema, self.fragments, self.variable_values, root_type, self.operation, self.hide_suggestions
        )
        if self.selections is not None:
            self.selections.root = collected.grouped_field_set
        return collected.grouped_field_set

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: object,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: None,
    ) -> AwaitableOrValue[dict[str, object]]:
        """Resolve a selection set; whatever is asynchronous in it runs concurrently."""
        results: dict[str, object] = {}
        waiting: dict[str, Awaitable[object]] = {}
        fields = parent_type.fields
        try:
            for response_name, details in grouped_field_set.items():
                name = details[0].node.name.value
                value = _plain(fields.get(name), source_value) if name != "__typename" else parent_type.name
                if value is Undefined:
                    at = Path(path, response_name, parent_type.name)
                    value = self.execute_field(parent_type, source_value, details, at, position_context)
                    if value is Undefined:
                        continue
                    if self.is_awaitable(value):
                        waiting[response_name] = cast("Awaitable[object]", value)
                results[response_name] = value
        except Exception:
            if waiting:
                # What was started must settle, or its errors would be lost.
                self.settle_in_background(list(waiting.values()))
            raise
        return self._gathered(results, waiting) if waiting else results

    async def _gathered(self, results: dict[str, object], waiting: dict[str, Awaitable[object]]) -> dict[str, object]:
        if len(waiting) == 1:
            ((name, awaitable),) = waiting.items()
            results[name] = await awaitable
        else:
            results.update(zip(waiting, await gather_with_cancel(*waiting.values()), strict=True))
        return results

    def build_resolve_info(
        self,
        field_def: GraphQLField,
        field_nodes: list[FieldNode],
        parent_type: GraphQLObjectType,
        path: Path,
    ) -> GraphQLResolveInfo[object]:
        """The info a Strawberry resolver reads: its variables are the plain coerced values."""
        return GraphQLResolveInfo(
            field_nodes[0].name.value,
            field_nodes,
            field_def.type,
            parent_type,
            path,
            self.schema,
            self.fragment_definitions,
            self.root_value,
            self.operation,
            self.variable_values.coerced,  # type: ignore[arg-type]
            self.context_value,
            self.is_awaitable,
            self.abort_signal,
            self.async_helpers,
        )


def _plain(described: GraphQLField | None, source: object) -> object:
    """The coerced value of a plain attribute, or Undefined where graphql-core must decide.

    That is: other fields, errors, values that must not be null, and values that are no plain values.
    """
    if described is None:
        return Undefined
    marked = described.extensions.get(_LEAF)
    if marked is None or marked[0] is not described.resolve:
        return Undefined
    leaf: _Leaf = marked[1]
    value = getattr(source, leaf.attribute, Undefined)
    if type(value) is leaf.exact:
        return value
    if value is None:
        return None if leaf.nullable else Undefined
    if value is Undefined:
        return Undefined
    try:
        coerced = leaf.coerce(value)
    except Exception:  # noqa: BLE001  graphql-core coerces again and reports it with its place
        return Undefined
    return Undefined if coerced is None else coerced
