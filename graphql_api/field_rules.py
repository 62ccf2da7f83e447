"""What a field asks of its caller, declared beside the field and enforced in one place.

A field carries its rule in its metadata: `@field(requires(Scope.X))`, `query(resolver, requires(Scope.X), callers=BANK)`.
`guard_schema` then wraps the resolver of each such field once, when the schema is built. A root field
without a rule refuses to build, so a forgotten scope is never an open door.
Whose wallet it is stays a question for resolvers and SQL.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from graphql_api.caller import CallerContext
from graphql_api.errors import Forbidden
from graphql_api.permissions import OWN, Role, Scope

_RULE = "scrip.field_rule"
_GUARDED = "scrip.guarded"
_STRAWBERRY = "strawberry-definition"
_ALL: Final = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One field's demands.

    scopes: the caller needs one of them, of which those in OWN count for members only; empty means that every verified
        caller may.
    moves: the kind of a root field that moves value or takes a code; a document may name each kind once.
    cost: weight in the static cost, at least 0.
    page_max: the largest page a list argument `first` may ask for; multiplies the cost below the field. Of a list
        without that argument: as how many items it is charged.
    callers: the roles that may ask at all, whatever their scopes.
    """

    scopes: tuple[Scope, ...] = ()
    moves: str | None = None
    cost: int = 1
    page_max: int | None = None
    callers: frozenset[Role] = _ALL


def requires(
    *scopes: Scope, moves: str | None = None, cost: int = 1, page_max: int | None = None
) -> dict[object, object]:
    """Metadata for a field that needs one of `scopes`."""
    if not scopes:
        raise ValueError("name a scope, or use any_caller() for a field that every verified caller may read")
    return {_RULE: FieldRule(scopes=scopes, moves=moves, cost=cost, page_max=page_max)}


def any_caller(*, cost: int = 1, page_max: int | None = None) -> dict[object, object]:
    """Metadata for a field that every verified caller may read."""
    return {_RULE: FieldRule(cost=cost, page_max=page_max)}


def only_for(callers: frozenset[Role], metadata: dict[object, object]) -> dict[object, object]:
    """The metadata, for callers of these roles only."""
    rule = metadata[_RULE]
    assert isinstance(rule, FieldRule)
    return {_RULE: replace(rule, callers=callers)}


class _Definition(Protocol):
    @property
    def metadata(self) -> Mapping[object, object]: ...


def rule_of(field: GraphQLField) -> FieldRule | None:
    """The rule declared on a field of the built schema, if any."""
    definition: _Definition | None = field.extensions.get(_STRAWBERRY)
    metadata = getattr(definition, "metadata", None) or field.extensions
    rule = metadata.get(_RULE)
    return rule if isinstance(rule, FieldRule) else None


def guard_schema(schema: GraphQLSchema) -> GraphQLSchema:
    """Enforce every declared rule on `schema`, in place and once; returns it.

    Raises ValueError naming every root field that declares no rule.
    """
    if schema.extensions.get(_GUARDED):
        return schema
    roots = [root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root]
    bare = [f"{root.name}.{name}" for root in roots for name, field in root.fields.items() if not rule_of(field)]
    if bare:
        raise ValueError(f"these root fields declare neither requires(…) nor any_caller(): {', '.join(bare)}")
    for field in _object_fields(schema):
        rule = rule_of(field)
        if rule and (rule.scopes or rule.callers != _ALL):
            _guard(field, rule)
    schema.extensions[_GUARDED] = True
    return schema


def _object_fields(schema: GraphQLSchema) -> Iterator[GraphQLField]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield from kind.fields.values()


def _guard(field: GraphQLField, rule: FieldRule) -> None:
    names = " or ".join(f"`{scope}` (members)" if scope in OWN else f"`{scope}`" for scope in rule.scopes)
    if names:
        field.description = f"{field.description or ''}\n\nScope: {names}.".strip()
    refusal = f"This needs the scope {names.replace('`', '')}."
    # A subscription field is guarded where its events are asked for; its resolver then only passes them on.
    if field.subscribe is not None:
        field.subscribe = _guarded(field.subscribe, rule, refusal)
    elif field.resolve is not None:
        field.resolve = _guarded(field.resolve, rule, refusal)
    else:
        raise ValueError("a field with a scope needs a resolver to guard")


def _guarded(resolve: Callable[..., object], rule: FieldRule, refusal: str) -> Callable[..., object]:
    wanted, callers = frozenset(rule.scopes), rule.callers
    of_others = wanted - OWN

    # By position only: a field may have an argument of any name.
    def guarded(source: object, info: GraphQLResolveInfo[CallerContext], /, **arguments: object) -> object:
        caller = info.context.caller
        if wanted and (wanted if caller.role is Role.MEMBER else of_others).isdisjoint(caller.scopes):
            raise Forbidden(refusal)
        if caller.role not in callers:
            raise Forbidden("Callers of this role may not ask for this.")
        return resolve(source, info, **arguments)

    return guarded
