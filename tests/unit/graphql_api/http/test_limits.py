"""Limits: rates per client, and the size of documents."""

import contextlib
import time

import pytest
from graphql import GraphQLObjectType, build_schema, get_introspection_query, parse

from graphql_api.field_rules import guard_schema, requires
from graphql_api.http.document_limits import DocumentLimits, Measure, exceeded, measure_operations
from graphql_api.http.document_store import DocumentRefused, DocumentStore
from graphql_api.http.rate_limits import Rate, RateLimiter, rate_of
from graphql_api.http.refusals import RequestRefused
from graphql_api.permissions import Scope

SCHEMA = build_schema(
    """
    type Query { node(first: Int! = 20): Node other: Int }
    type Node { id: ID node: Node nodes(first: Int = 10, last: Int): [Node] all: [Node] }
    type Mutation { spend(n: Int): Int refund: Int rename: Int }
    """
)
MUTATION = SCHEMA.mutation_type
NODE = SCHEMA.type_map["Node"]
assert MUTATION is not None
assert isinstance(NODE, GraphQLObjectType)
for moving in ("spend", "refund"):
    MUTATION.fields[moving].extensions.update(requires(Scope.POINTS_SPEND, moves=moving, cost=10))
NODE.fields["nodes"].args["first"].default_value = 10  # as Strawberry sets it
NODE.fields["nodes"].extensions.update(requires(Scope.WALLET_READ, page_max=100))
NODE.fields["all"].extensions.update(requires(Scope.WALLET_READ, page_max=30))


def measure(text: str) -> Measure:
    """The measure of the only operation."""
    ((_, found),) = measure_operations(parse(text), SCHEMA)
    return found


@pytest.mark.parametrize(
    ("text", "depth", "fields", "aliases", "cost"),
    [
        ("{ other }", 1, 1, 0, 1),
        ("{ node { id } }", 2, 2, 0, 2),
        ("{ a: node { b: id } }", 2, 2, 2, 2),
        ("{ node { ...F ...F } } fragment F on Node { id node { id } }", 3, 4, 0, 4),
        ("{ node { ... on Node { id } ... { id } } }", 2, 3, 0, 3),
        ("{ node { nodes { id } } }", 3, 3, 0, 12),
        ("{ node { nodes(first: 50) { id } } }", 3, 3, 0, 52),
        ("{ node { nodes(first: 5000) { id } } }", 3, 3, 0, 102),
        ("query($n: Int) { node { nodes(first: $n) { id } } }", 3, 3, 0, 102),
        ("{ node { nodes(last: 70) { id } } }", 3, 3, 0, 72),
        ("{ node { nodes(first: 1, last: 70) { id } } }", 3, 3, 0, 72),
        ("{ node { all { id } } }", 3, 3, 0, 32),
        ("{ node { nodes { nodes { id } } } }", 4, 4, 0, 112),
        ("{ __typename __schema { types { name } } }", 3, 4, 0, 0),
        ("{ nope { nope } ...Nope }", 2, 2, 0, 2),
        ("{ ...A } fragment A on Query { other ...B } fragment B on Query { other ...A }", 1, 2, 0, 2),
        ("{ other } fragment F on Node { node { id id } } fragment G on Node { id }", 2, 5, 0, 5),
        ("{ other } fragment F on Node { id ...G } fragment G on Node { ...F }", 1, 3, 0, 3),
        ("{ node { ...F } } fragment F on Node { id id id } fragment F on Node { id }", 2, 5, 0, 5),
    ],
)
def test_a_document_is_measured_after_expansion(text: str, depth: int, fields: int, aliases: int, cost: int) -> None:
    """Depth, fields, aliases and cost count what would run, and bear nonsense."""
    found = measure(text)

    assert (found.depth, found.fields, found.aliases, found.cost) == (depth, fields, aliases, cost)


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("mutation { spend }", {"spend": 1}),
        ("mutation { spend refund rename }", {"spend": 1, "refund": 1}),
        ("mutation { a: spend(n: 1) b: spend(n: 2) }", {"spend": 2}),
        ("mutation { ...F b: spend(n: 2) } fragment F on Mutation { a: spend(n: 1) }", {"spend": 2}),
        ("mutation { ... { a: spend(n: 1) } ... on Mutation { b: spend(n: 2) } }", {"spend": 2}),
        ("mutation { ...F ...G } fragment F on Mutation { a: spend } fragment G on Mutation { ...F }", {"spend": 2}),
        ("mutation($s: Boolean!) { a: spend @skip(if: $s) b: spend }", {"spend": 2}),
    ],
)
def test_value_moving_fields_are_counted(text: str, moved: dict[str, int]) -> None:
    """Aliases, fragments and directives hide none: a document guesses one code at most."""
    found = measure(text)

    assert dict(found.moved) == moved
    assert bool(exceeded(found, DocumentLimits())) == (max(moved.values()) > 1)


def test_descriptions_cost_by_what_they_answer() -> None:
    """A type names others, and so on: a short document can ask for millions of names, and the answer holds everybody up."""
    fields = "fields { name type { fields { name } } args { name } }"
    once = measure(f"{{ __schema {{ types {{ {fields} }} }} }}")
    often = measure("{ __schema { " + " ".join(f"a{n}: types {{ {fields} }}" for n in range(90)) + " } }")

    types = len(SCHEMA.type_map)
    assert once.described == 1 + types * (1 + 8 * (3 + 1 + 8 * 1 + 8 * 1))
    assert once.cost == once.described // 250
    assert often.described == 90 * once.described
    assert measure(get_introspection_query()).cost > once.cost


def test_measuring_is_linear_in_spreads() -> None:
    """A document whose expansion has 2^60 fields is measured and refused at once."""
    parts = [
        f"fragment F{n} on Node {{ a{n}: node {{ ...F{n + 1} }} b{n}: node {{ ...F{n + 1} }} }}" for n in range(60)
    ]
    text = "{ node { ...F0 } } " + " ".join(parts) + " fragment F60 on Node { id }"
    started = time.process_time()

    with pytest.raises(DocumentRefused) as refused:
        DocumentStore(SCHEMA, limits=DocumentLimits(tokens_max=10_000)).by_text(text)

    assert "over a million fields" in str(refused.value.errors)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "text",
    [
        "{" + "other " * 3_000 + "}",
        "{" + "node { " + "id " * 45 + "} " * 1 + ("node { " + "id " * 45 + "} ") * 40 + "}",
        "{" + " ".join(f"... {{ a{n}: other }}" for n in range(90)) + "}",
        "{ node " + "{ node " * 60 + "{ id }" + " }" * 60 + " }",
        "{ other } fragment F on Node {" + "node { node { id } } " * 480 + "}",
        "{ node { ...F } } fragment F on Node {" + "node { node { id } } " * 470 + "} fragment F on Node { id }",
        "fragment F on Node {" + "node { node { id } } " * 480 + "}",
    ],
)
def test_no_document_is_slow_to_refuse_or_accept(text: str) -> None:
    """The limits also bound what validation may cost: comparing fields of one name is quadratic."""
    store = DocumentStore(SCHEMA, limits=DocumentLimits())
    started = time.process_time()

    with contextlib.suppress(DocumentRefused):
        store.by_text(text)

    assert time.process_time() - started < 1.0


def test_the_store_is_bounded_and_keeps_valid_documents_only() -> None:
    """The oldest document makes room; nonsense takes none."""
    store = DocumentStore(SCHEMA, limits=DocumentLimits(), capacity=2)
    first = store.by_text("{ other }")
    assert store.by_text("{ other }") is first

    for text in ("{ a: other }", "{ b: other }"):
        store.by_text(text)
    with pytest.raises(DocumentRefused):
        store.by_text("{ nope }")

    assert store.by_text("{ other }") is not first


def test_the_store_is_bounded_in_length_too() -> None:
    """A thousand of the largest documents would take gigabytes; small ones are not pushed out by their number."""
    store = DocumentStore(SCHEMA, limits=DocumentLimits(), length_max=1_000)
    small = store.by_text("{ other }")
    large = [f"{{ other }} #{'x' * 480}{n}" for n in range(3)]

    store.by_text(large[0])
    assert store.by_text("{ other }") is small
    for text in large[1:]:
        store.by_text(text)

    assert [store.knows(text) for text in ("{ other }", *large)] == [False, False, True, True]


def test_a_root_field_without_a_rule_refuses_to_start() -> None:
    """A forgotten scope is never an open door."""
    with pytest.raises(ValueError, match=r"Query\.other"):
        guard_schema(build_schema("type Query { other: Int }"))


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_a_bucket_refills() -> None:
    """Cost is taken, refused without taking, and comes back with time up to the capacity."""
    clock = Clock()
    limiter = RateLimiter(Rate(capacity=10, per_second=2), now=clock)
    assert limiter.take("c", 8).remaining == 2
    with pytest.raises(RequestRefused) as refused:
        limiter.take("c", 5)

    clock.now = 1.5
    again = limiter.take("c", 5)
    clock.now = 1_000.0
    full = limiter.take("c", 0)

    assert dict(refused.value.headers)[b"retry-after"] == b"2"
    assert (again.remaining, again.reset_seconds) == (0, 5)
    assert full.remaining == 10


def test_a_client_may_save_three_seconds_up() -> None:
    """What SCRIP_CLIENT_COST_PER_SECOND says is the steady rate."""
    limiter = RateLimiter(rate_of(10_000), now=Clock())

    assert (limiter.take("s", 30_000).limit, limiter.take("t", 20_000).remaining) == (30_000, 10_000)
    with pytest.raises(RequestRefused):
        limiter.take("s", 1)


def test_whatever_may_run_at_all_may_run_at_every_rate() -> None:
    """Else the largest document would be told to wait, and to wait again."""
    clock = Clock()
    limiter = RateLimiter(rate_of(1), now=clock)
    largest = DocumentLimits().cost_max

    limiter.take("s", largest)
    with pytest.raises(RequestRefused) as refused:
        limiter.take("s", largest)
    clock.now += float(dict(refused.value.headers)[b"retry-after"])

    assert limiter.take("s", largest).remaining == 0


def test_the_bucket_table_is_bounded() -> None:
    """The longest unused client is forgotten first."""
    limiter = RateLimiter(Rate(1, 0.001), now=Clock(), clients_max=2)
    for client in ("a", "b", "c"):
        limiter.take(client, 1)

    assert limiter.take("a", 1).remaining == 0
    with pytest.raises(RequestRefused):
        limiter.take("c", 1)
