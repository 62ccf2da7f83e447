"""Calling a schema's resolver functions without Strawberry's layers around them.

Strawberry works out on each call which arguments a function takes and how each input type is built. Here that
is done once per field, when the schema is built; a request only walks the plan. Fields with extensions or
permission classes, and types we do not know, stay with Strawberry.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import TypeAlias, cast

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo
from strawberry.relay.types import GlobalID
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import _is_leaf_type, convert_argument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, StrawberryType
from strawberry.types.enum import has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

Convert: TypeAlias = Callable[[object], object]
Plan: TypeAlias = list[tuple[str, str, Convert]]
"""GraphQL name, Python name, and how the value is converted."""
Resolver: TypeAlias = Callable[..., object]


def direct_resolver(field: GraphQLField, definition: StrawberryField, converters: "Converters") -> Resolver | None:
    """A resolver that calls the function behind `field` itself, or None where Strawberry must."""
    base = definition.base_resolver
    if base is None or definition.extensions or field.subscribe is not None or not callable(base.wrapped_func):
        return None
    if base.parent_parameter or base.root_parameter:
        return None
    plan = converters.plan_arguments(definition)
    function = cast("Resolver", base.wrapped_func)
    info_name = base.info_parameter.name if base.info_parameter else None
    info_class = converters.config.info_class
    takes_source = base.self_parameter is not None

    def resolve(source: object, info: GraphQLResolveInfo[object], /, **given: object) -> object:
        arguments = {python: convert(given[name]) for name, python, convert in plan if name in given}
        if info_name:
            arguments[info_name] = info_class(_raw_info=info, _field=definition)
        return function(source, **arguments) if takes_source else function(**arguments)

    return resolve


class Converters:
    """How GraphQL input becomes Python values, worked out once per type of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self.config: StrawberryConfig = schema.config
        self._scalars = schema.schema_converter.scalar_registry
        self._inputs: dict[type, Convert] = {}

    def plan_arguments(self, definition: StrawberryField) -> Plan:
        """The plan of a field's arguments."""
        name_of = self.config.name_converter.from_argument
        return [(name_of(given), given.python_name, self._converter(given.type)) for given in definition.arguments]

    def _converter(self, kind: StrawberryType | type) -> Convert:
        if isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
            return self._converter(kind.of_type)
        if isinstance(kind, LazyType):
            return self._converter(kind.resolve_type())
        if isinstance(kind, StrawberryList):
            return _list_of(self._converter(kind.of_type))
        if kind is not GlobalID and (_is_leaf_type(kind, self._scalars) or has_enum_definition(kind)):
            return _as_it_is
        if isinstance(kind, type) and _is_plain_input(kind):
            return self._inputs.get(kind) or self._input(kind)
        return self._by_strawberry(kind)

    def _input(self, kind: type) -> Convert:
        """A converter that builds the input's dataclass; inputs that contain themselves find it in the memo."""
        definition = strawberry.types.get_object_definition(kind, strict=True)
        plan: Plan = []
        absent = {field.python_name: None for field in definition.fields if not (_has_default(field))}

        def build(value: object) -> object:
            if value is None or value is UNSET:
                return value
            given = cast("Mapping[str, object]", value)
            built: dict[str, object] = dict(absent)
            for name, python, convert in plan:
                if name in given:
                    built[python] = convert(given[name])
            return kind(**built)

        self._inputs[kind] = build
        name_of = self.config.name_converter.from_field
        for field in definition.fields:
            inner = self._converter(field.resolve_type(type_definition=definition))
            plan.append((name_of(field), field.python_name, inner))
        return build

    def _by_strawberry(self, kind: StrawberryType | type) -> Convert:
        return lambda value: convert_argument(value, kind, self._scalars, self.config)


def _is_plain_input(kind: type) -> bool:
    definition = strawberry.types.get_object_definition(kind)
    return definition is not None and definition.is_input and definition.from_input is None


def _has_default(field: StrawberryField) -> bool:
    return field.default_value is not MISSING or field.default_factory is not MISSING


def _as_it_is(value: object) -> object:
    return value


def _list_of(convert: Convert) -> Convert:
    def convert_items(value: object) -> object:
        if value is None or value is UNSET:
            return value
        # Copied even when its items need nothing: a default value is shared by all requests.
        return [convert(item) for item in cast("list[object]", value)]

    return convert_items
