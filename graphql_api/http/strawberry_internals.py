"""Everything we take from Strawberry and graphql-core that their documentation does not promise.

Both packages are pinned exactly; tests/unit/graphql_api/http/test_strawberry_internals.py fails first when
one of these moves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import strawberry
from graphql import (
    ASTValidationRule,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    Undefined,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
    specified_rules,
)
from graphql.execution.collect_fields import FieldDetailsList
from graphql.execution.executor import Executor
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

VALIDATION_RULES: tuple[type[ASTValidationRule], ...] = (
    *specified_rules,
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
"""The rules of the specification, and the two that Strawberry adds for its input types."""

_STRAWBERRY = "strawberry-definition"
_LEAF = "scrip.leaf"

Coercer: TypeAlias = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A scalar or enum that is read straight off its object."""

    attribute: str
    coerce: Coercer
    nullable: bool


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The graphql-core schema that Strawberry built, with its plain attributes marked for the fast path."""
    core = schema._schema  # noqa: SLF001
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                _mark_leaf(field)
    return core


def _mark_leaf(field: GraphQLField) -> None:
    """Mark a field that has no resolver of its own and yields a scalar or enum.

    A guard put around its resolver later hides the mark: the mark names the resolver it stands for.
    """
    definition = field.extensions.get(_STRAWBERRY)
    kind = get_nullable_type(field.type)
    if definition is None or not definition.is_basic_field or not is_leaf_type(kind):
        return
    leaf = _Leaf(definition.python_name, kind.coerce_output_value, not is_non_null_type(field.type))
    field.extensions[_LEAF] = (field.resolve, leaf)


class OperationExecutor(Executor[None]):
    """graphql-core's executor without incremental delivery, reading plain attributes without ceremony.

    Of a typical answer's fields nine in ten are plain attributes; for them it builds no resolve info, no
    arguments and no awaitable check. Anything unusual falls back to graphql-core.
    """

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: object,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: None,
    ) -> AwaitableOrValue[object]:
        """Resolve one field."""
        name = field_details_list[0].node.name.value
        field = parent_type.fields.get(name)
        if field is not None:
            marked = field.extensions.get(_LEAF)
            if marked is not None and marked[0] is field.resolve:
                value = _read(marked[1], source)
                if value is not Undefined:
                    return value
        elif name == "__typename":
            return parent_type.name
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

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


def _read(leaf: _Leaf, source: object) -> object:
    """The coerced value, or Undefined where graphql-core must decide (errors, nulls, awaitables)."""
    value = getattr(source, leaf.attribute, Undefined)
    if value is None:
        return None if leaf.nullable else Undefined
    if value is Undefined:
        return Undefined
    try:
        coerced = leaf.coerce(value)
    except Exception:  # noqa: BLE001  graphql-core coerces again and reports it with its place
        return Undefined
    return Undefined if coerced is None else coerced
