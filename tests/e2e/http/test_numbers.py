"""Numbers in documents and bodies: what is too large is refused in our own words."""

import httpx
import orjson
import pytest

from tests.e2e.http.serving import bearer

HEADERS = bearer() | {"content-type": "application/json", "accept": "application/graphql-response+json"}
ENDLESS = "9" * 5_000
DOCUMENTS = {
    "an argument": "{ wallet(id: 1) { lots(first: %s) { remaining } } }",
    "a field of an input": '{ wallet(id: "w1") { id } again: pick(pick: {a: %s}) }',
    "a default": "query($a: Int = %s) { wallet(id: 1) { lots(first: $a) { remaining } } }",
    "an id": "{ wallet(id: %s) { id } }",
    "any JSON": "{ hello(extra: {deep: [%s]}) }",
    "points": 'mutation { spend(input: {idempotencyKey: "a", points: %s, code: "x"}) { __typename } }',
}


@pytest.mark.parametrize("number", [ENDLESS, f"-{ENDLESS}", "1e400", "-1e400", f"{ENDLESS}.5"])
@pytest.mark.parametrize("where", DOCUMENTS)
async def test_a_number_without_end_is_refused_in_a_document(
    client: httpx.AsyncClient, where: str, number: str
) -> None:
    """Wherever it stands, with its place; neither as an infinity, nor as null, nor in the words of a library."""
    text = DOCUMENTS[where] % number

    answer = await client.post("/graphql", content=orjson.dumps({"query": text}), headers=HEADERS)

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "message": "A number is too large.",
            "extensions": {"code": "DOCUMENT_INVALID"},
            "locations": [{"line": 1, "column": text.index(number) + 1}],
        }
    ]


@pytest.mark.parametrize("number", [ENDLESS, "1e400", "NaN", "-Infinity"])
async def test_a_number_without_end_is_refused_in_a_body(client: httpx.AsyncClient, number: str) -> None:
    """What JSON does not know is no JSON."""
    body = b'{"query": "query($e: JSON) { hello(extra: $e) }", "variables": {"e": {"a": %s}}}' % number.encode()

    answer = await client.post("/graphql", content=body, headers=HEADERS)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (400, {"code": "REQUEST_MALFORMED"})


async def test_digits_in_texts_and_comments_are_no_numbers(client: httpx.AsyncClient) -> None:
    """The counterpart: only numbers are looked at."""
    text = f'{{ hello(name: "1e400 {ENDLESS}", extra: -0) }} # 1e400'

    answer = await client.post("/graphql", content=orjson.dumps({"query": text}), headers=HEADERS)

    assert answer.json()["data"] == {"hello": f"hello 1e400 {ENDLESS}"}
