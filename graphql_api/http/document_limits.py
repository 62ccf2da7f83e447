"""How big a document is: one memoised pass over its selections, before it is validated.

Each fragment is measured once, so the pass is linear in the text although the counts are those after every
spread is expanded. It runs before validation, because some validation rules are quadratic in fields of one
name; so it also bears unknown fields, unknown fragments and cycles, and leaves naming those to validation.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    introspection_types,
    is_composite_type,
    is_list_type,
)

from graphql_api.field_rules import FieldRule, rule_of

COST_MAX: Final = 20_000
_FREE = FieldRule(cost=0)
_PLAIN = FieldRule()
_DESCRIBED_PER_COST = 250
_DESCRIBED_ITEMS = 8
"""As how many items a list in a type's description is charged: its fields, their arguments, the values of an enum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document that is served; each figure is inclusive.

    The full introspection query needs depth 16 and about 250 fields.
    """

    text_bytes_max: int = 32_768
    tokens_max: int = 4_000
    depth_max: int = 20
    fields_max: int = 1_000
    aliases_max: int = 100
    root_fields_max: int = 50
    cost_max: int = COST_MAX
    repeats_max: int = 50
    nesting_max: int = 60


@dataclass(slots=True)
class Measure:
    """Figures of one selection set after expansion; `moved` counts fields directly in it that move value or take codes.

    `repeats` is how often one response name occurs directly in it: fields to be merged are compared in pairs.
    `described` is how many fields of types' descriptions are answered, in which every type can name every other.
    `nesting` counts braces and spreads inside each other, `depth` only fields: collecting fields recurses.
    """

    depth: int = 0
    nesting: int = 1
    fields: int = 0
    aliases: int = 0
    cost: int = 0
    described: int = 0
    direct: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    repeats: int = 0

    def absorb(self, other: "Measure") -> None:
        """Add a spread's selections to this set, as if they were written here."""
        self.depth = max(self.depth, other.depth)
        self.nesting = max(self.nesting, 1 + other.nesting)
        self.fields += other.fields
        self.aliases += other.aliases
        self.cost += other.cost
        self.described += other.described
        self.direct += other.direct
        self.moved.update(other.moved)
        self.names.update(other.names)
        self.repeats = max(self.repeats, other.repeats, *self.names.values(), 0)


def measure_operations(document: DocumentNode, schema: GraphQLSchema) -> list[tuple[OperationDefinitionNode, Measure]]:
    """Each operation of `document` with its measure. Fragments that none of them spreads are validated too, and count for
    the first. Raises RecursionError on absurd nesting.
    """
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    meter = _Meter(schema, {node.name.value: node for node in fragments})
    measured = [
        (node, meter.selections(node.selection_set, schema.get_root_type(node.operation)))
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    for _, first in measured[:1]:
        for node in fragments:
            if not meter.has_measured(node):
                stray = meter.definition(node)
                stray.direct = 0
                first.absorb(stray)
    for _, measure in measured:
        measure.cost += measure.described // _DESCRIBED_PER_COST
    return measured


def exceeded(measure: Measure, limits: DocumentLimits) -> list[str]:
    """One sentence for each limit that `measure` breaks; empty when the document may run."""
    figures = (
        ("levels of nesting", measure.depth, limits.depth_max),
        ("levels of fragments and fields", measure.nesting, limits.nesting_max),
        ("fields", measure.fields, limits.fields_max),
        ("aliases", measure.aliases, limits.aliases_max),
        ("root fields", measure.direct, limits.root_fields_max),
        ("repetitions of one field", measure.repeats, limits.repeats_max),
        ("cost", measure.cost, limits.cost_max),
    )
    found = [
        f"The document has {_short(count)} {what} after expansion; {most} is the limit."
        for what, count, most in figures
        if count > most
    ]
    found.extend(
        f"A document has one '{kind}' field at most, after expansion; this one has {_short(count)}."
        for kind, count in measure.moved.items()
        if count > 1
    )
    return found


def _short(count: int) -> str:
    """Spreads double per fragment, so a count can have hundreds of digits; nobody needs them."""
    return str(count) if count < 1_000_000 else "over a million"


class _Meter:
    """The pass itself; its memo holds one measure per fragment."""

    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._memo: dict[str, Measure] = {}
        self._all_types = cast("GraphQLObjectType", introspection_types["__Schema"]).fields["types"]

    def fragment(self, name: str) -> Measure:
        known = self._memo.get(name)
        if known is not None:
            return known
        self._memo[name] = Measure()  # what a cycle finds
        node = self._fragments.get(name)
        if node is not None:
            self._memo[name] = self.definition(node)
        return self._memo[name]

    def has_measured(self, node: FragmentDefinitionNode) -> bool:
        """Whether a spread led here; of several fragments of one name, none leads to any but the last."""
        name = node.name.value
        return name in self._memo and self._fragments[name] is node

    def definition(self, node: FragmentDefinitionNode) -> Measure:
        return self.selections(node.selection_set, self._schema.get_type(node.type_condition.name.value))

    def selections(self, node: SelectionSetNode, parent: GraphQLNamedType | None) -> Measure:
        total = Measure()
        spread: set[str] = set()
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                self._add_field(total, selection, parent)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._schema.get_type(condition.name.value) if condition else parent
                total.absorb(self.selections(selection.selection_set, inner))
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in spread:
                # A second spread of the same fragment in one set selects nothing more.
                spread.add(selection.name.value)
                total.absorb(self.fragment(selection.name.value))
        return total

    def _add_field(self, total: Measure, node: FieldNode, parent: GraphQLNamedType | None) -> None:
        definition = self._definition(node, parent)
        rule = _rule(node, definition)
        total.fields += 1
        total.direct += 1
        total.cost += 0 if _describes(parent) else rule.cost
        total.described += _describes(parent)
        total.depth = max(total.depth, 1)
        if node.alias:
            total.aliases += 1
        name = (node.alias or node.name).value
        total.names[name] += 1
        total.repeats = max(total.repeats, total.names[name])
        if rule.moves:
            total.moved[rule.moves] += 1
        if node.selection_set:
            inner = get_named_type(definition.type) if definition else None
            below = self.selections(node.selection_set, inner if is_composite_type(inner) else None)
            total.depth = max(total.depth, 1 + below.depth)
            total.nesting = max(total.nesting, 1 + below.nesting)
            total.fields += below.fields
            total.aliases += below.aliases
            total.cost += below.cost * _page_size(node, definition, rule)
            total.described += below.described * self._described_items(definition)
            total.repeats = max(total.repeats, below.repeats)

    def _described_items(self, definition: GraphQLField | None) -> int:
        """Of a list of descriptions: as many as there are types of the schema, or as one type has of its parts."""
        if definition is None or not is_list_type(get_nullable_type(definition.type)):
            return 1
        named = get_named_type(definition.type)
        if not _describes(named):
            return 1
        return len(self._schema.type_map) if definition is self._all_types else _DESCRIBED_ITEMS

    def _definition(self, node: FieldNode, parent: GraphQLNamedType | None) -> GraphQLField | None:
        # Introspection is found by the two names alone: get_field wants to know the query type.
        if parent is None or not is_composite_type(parent):
            return None
        return self._schema.get_field(parent, node.name.value)


def _describes(kind: GraphQLNamedType | None) -> bool:
    """Whether it is one of the types that describe types."""
    return kind is not None and kind.name.startswith("__")


def _rule(node: FieldNode, definition: GraphQLField | None) -> FieldRule:
    if node.name.value.startswith("__"):
        return _FREE
    return (definition and rule_of(definition)) or _PLAIN


def _page_size(node: FieldNode, definition: GraphQLField | None, rule: FieldRule) -> int:
    """How many items the field may return: by a literal `first` or `last`, the default, or the most for a variable."""
    page_max = rule.page_max
    if page_max is None or definition is None:
        return 1
    given = [argument.value for argument in node.arguments or () if argument.name.value in {"first", "last"}]
    if given:
        return max(_literal(value, page_max) for value in given)
    default = getattr(definition.args.get("first"), "default_value", None)
    return default if isinstance(default, int) else page_max


def _literal(value: ValueNode, most: int) -> int:
    if isinstance(value, IntValueNode) and len(value.value) < 10:
        return min(max(int(value.value), 1), most)
    return most
