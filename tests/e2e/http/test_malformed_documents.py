"""Documents and variables that do not fit: every one is a 400, and nothing runs."""

import httpx
import pytest

from tests.e2e.http.refused import JSON, asked, assert_refused
from tests.e2e.http.serving import bearer

DOCUMENTS: dict[str, str] = {
    "unclosed": "{ hello",
    "nothing": "#",
    "control characters": "{ hello \x01 }",
    "unknown field": "{ nope }",
    "schema definition": "type A { a: Int }",
    "fragment only": "fragment F on Query { hello }",
    "fragment cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "self spread": "{ ...A } fragment A on Query { ...A }",
    "unknown fragment": "{ ...Nope }",
    "two anonymous": "{ hello } { hello }",
    "same name twice": "query A { hello } query A { hello }",
    "deep selection": "{ a" * 1_000 + " }" * 1_000,
    "deep list literal": "{ hello(extra: " + "[" * 1_500 + "]" * 1_500 + ") }",
    "deep object literal": "{ hello(extra: " + "{a:" * 800 + "1" + "}" * 800 + ") }",
    "many tokens": "{ hello " + "hello " * 10_000 + "}",
    "too long": "{ hello } #" + "x" * 40_000,
    "many aliases": "{" + " ".join(f"a{n}: hello" for n in range(200)) + "}",
    "one field often": "{" + "hello " * 500 + "}",
    "exponential spreads": "{ ...F0 }"
    + " ".join(
        f"fragment F{n} on Query {{ a{n}: wallet(id: 1) {{ ...G{n} }} ...F{n + 1} ...H{n} }}"
        f"fragment H{n} on Query {{ ...F{n + 1} }} fragment G{n} on Wallet {{ id }}"
        for n in range(60)
    )
    + " fragment F60 on Query { hello }",
    "huge integer": "{ wallet(id: 1) { lots(first: " + "9" * 400 + ") { remaining } } }",
    "float for an integer": "{ wallet(id: 1) { lots(first: 1e9) { remaining } } }",
    "huge points": 'mutation { spend(input: {idempotencyKey: "a", points: '
    + "9" * 6_000
    + ', code: "x"}) { __typename } }',
    "points as a float": 'mutation { spend(input: {idempotencyKey: "a", points: 1.0, code: "x"}) { __typename } }',
    "wrong argument type": '{ slow(seconds: "x") }',
    "spend twice": (
        'mutation { a: spend(input: {idempotencyKey: "a", points: 1, code: "x"}) { __typename }'
        ' b: spend(input: {idempotencyKey: "b", points: 1, code: "y"}) { __typename } }'
    ),
    "unknown directive": "{ hello @nope }",
    "defer": "{ ... @defer { hello } }",
    "variable undefined": "{ hello(name: $x) }",
    "required variable missing": "query($x: String!) { hello(name: $x) }",
    "variable of unknown type": "query($x: Nope) { hello }",
    "surrogate escape": '{ hello(name: "\\uD800") }',
}

VARIABLES: dict[str, object] = {
    "two of one": {"a": 1, "b": "x"},
    "none of one": {},
    "null of one": {"a": None},
    "null": None,
    "wrong inside": {"a": "x"},
    "unknown inside": {"c": 1},
    "list": [1, 2],
    "number": 5,
    "deep": {"a": [[[[[[[[1]]]]]]]]},
    "too large": {"a": 2**31},
    "float": {"a": 1.5},
    "huge": {"a": 2**63},
}


@pytest.mark.parametrize("name", VARIABLES)
async def test_wrong_variables_are_refused(client: httpx.AsyncClient, name: str) -> None:
    """Variables that do not fit are a 400 for clients of the newer media type; nothing runs."""
    headers = JSON | bearer() | {"accept": "application/graphql-response+json"}
    body = asked(query="query($p: Pick!) { pick(pick: $p) }", variables={"p": VARIABLES[name]})

    answer = await client.post("/graphql", content=body, headers=headers)

    assert answer.status_code == 400
    assert_refused(answer)
    assert answer.json()["errors"][0]["extensions"]["code"] == "VARIABLES_INVALID"


async def test_a_one_of_input_takes_one(client: httpx.AsyncClient) -> None:
    """The counterpart of the refusals."""
    body = asked(query="query($p: Pick!) { pick(pick: $p) }", variables={"p": {"a": 1}})

    answer = await client.post("/graphql", content=body, headers=JSON | bearer())

    assert answer.json()["data"] == {"pick": "a 1"}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_bad_document_is_refused(client: httpx.AsyncClient, name: str) -> None:
    """Whatever is no valid document within the limits is a 400 for clients of the newer media type."""
    headers = JSON | bearer() | {"accept": "application/graphql-response+json"}

    answer = await client.post("/graphql", content=asked(query=DOCUMENTS[name]), headers=headers)

    assert answer.status_code == 400
    assert_refused(answer)
