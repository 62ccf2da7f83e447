"""Malformed requests: every one gets a 4xx with a JSON error body, never a 5xx."""

import gzip

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.http.serving import bearer, client_of, sample_app

JSON = {"content-type": "application/json"}
HELLO = b'{"query": "{ hello }"}'
DEEP = 5_000


def asked(**fields: object) -> bytes:
    """A body with these fields."""
    return orjson.dumps(fields)


BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"   ",
    "null": b"null",
    "number": b"7",
    "string": b'"{ hello }"',
    "true": b"true",
    "array": b"[]",
    "batch": b'[{"query": "{ hello }"}, {"query": "{ hello }"}]',
    "no query": b"{}",
    "typo": b'{"qeury": "{ hello }"}',
    "empty query": b'{"query": ""}',
    "null query": b'{"query": null}',
    "query number": b'{"query": 1}',
    "query array": b'{"query": ["{ hello }"]}',
    "query object": b'{"query": {"a": 1}}',
    "query bool": b'{"query": false}',
    "operation name number": b'{"query": "{ hello }", "operationName": 1}',
    "operation name object": b'{"query": "{ hello }", "operationName": {}}',
    "variables string": b'{"query": "{ hello }", "variables": "{}"}',
    "variables array": b'{"query": "{ hello }", "variables": []}',
    "variables number": b'{"query": "{ hello }", "variables": 0}',
    "variables bool": b'{"query": "{ hello }", "variables": false}',
    "extensions string": b'{"query": "{ hello }", "extensions": "x"}',
    "extensions array": b'{"query": "{ hello }", "extensions": [1]}',
    "persisted string": b'{"extensions": {"persistedQuery": "x"}}',
    "persisted version": b'{"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "00"}}}',
    "persisted hash number": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 5}}}',
    "document id number": b'{"documentId": 5}',
    "document id bare": b'{"documentId": "abc"}',
    "document id and query": b'{"documentId": "sha256:00", "query": "{ hello }"}',
    "query twice": b'{"query": "{ hello }", "query": "{ hello }"}',
    "variable twice": b'{"query":"{ hello }","variables":{"name":"a","name":"b"}}',
    "cut off": b'{"query": "{ hello',
    "trailing comma": b'{"query": "{ hello }",}',
    "trailing text": b'{"query": "{ hello }"} x',
    "two objects": HELLO + HELLO,
    "single quotes": b"{'query': '{ hello }'}",
    "NaN": b'{"query": "{ hello }", "variables": {"a": NaN}}',
    "infinity": b'{"query": "{ hello }", "variables": {"a": 1e999}}',
    "deep arrays": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep variables": b'{"query": "{ hello }", "variables": {"a":' + b"[" * DEEP + b"]" * DEEP + b"}}",
    "raw NUL": b'{"query": "{ hello }\x00"}',
    "escaped NUL": rb'{"query": "{ hello }", "variables": {"name": "a\u0000b"}}',
    "NUL in a literal": rb'{"query": "{ hello(name: \"\\u0000\") }"}',
    "NUL in braces": rb'{"query": "{ hello(name: \"\\u{0}\") }"}',
    "NUL behind an escape of JSON": rb'{"query": "{ hello(name: \"\u005cu0000\") }"}',
    "lone surrogate": rb'{"query": "{ hello }", "variables": {"name": "\ud800"}}',
    "reversed surrogates": rb'{"query": "{ hello }", "operationName": "\udc00\ud800"}',
    "invalid UTF-8": b'{"query": "{ hello }\xff\xfe"}',
    "overlong UTF-8": b'{"query": "\xc0\xaf"}',
    "UTF-8 surrogate": b'{"query": "\xed\xa0\x80"}',
    "UTF-16": '{"query": "{ hello }"}'.encode("utf-16"),
    "UTF-32": '{"query": "{ hello }"}'.encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf" + HELLO,
    "form": b"query=%7B+hello+%7D",
    "multipart": b'--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n{ hello }\r\n--x--',
    "gzip unannounced": gzip.compress(HELLO),
    "huge integer text": b'{"query": ' + b"9" * 10_000 + b"}",
    "GraphQL itself": b"{ hello }",
}

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


def assert_refused(answer: httpx.Response) -> None:
    """The answer is a 4xx with GraphQL errors and no data."""
    assert 400 <= answer.status_code < 500, answer.text
    body = orjson.loads(answer.content)
    assert "data" not in body
    assert all(isinstance(error["message"], str) and error["extensions"]["code"] for error in body["errors"])
    assert answer.headers["vary"] == "Accept"


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


@pytest.mark.parametrize("name", BODIES)
async def test_a_malformed_body_is_refused(client: httpx.AsyncClient, name: str) -> None:
    """Whatever is no GraphQL request in JSON is a 400."""
    answer = await client.post("/graphql", content=BODIES[name], headers=JSON | bearer())

    assert answer.status_code == 400
    assert_refused(answer)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_bad_document_is_refused(client: httpx.AsyncClient, name: str) -> None:
    """Whatever is no valid document within the limits is a 400 for clients of the newer media type."""
    headers = JSON | bearer() | {"accept": "application/graphql-response+json"}

    answer = await client.post("/graphql", content=asked(query=DOCUMENTS[name]), headers=headers)

    assert answer.status_code == 400
    assert_refused(answer)


HEADERS: dict[str, tuple[int, dict[str, str]]] = {
    "no content type": (415, {}),
    "text": (415, {"content-type": "text/plain"}),
    "form": (415, {"content-type": "application/x-www-form-urlencoded"}),
    "multipart": (415, {"content-type": "multipart/form-data; boundary=x"}),
    "application/graphql": (415, {"content-type": "application/graphql"}),
    "nearly JSON": (415, {"content-type": "application/jsonx"}),
    "garbage type": (415, {"content-type": ";;;=;"}),
    "latin-1": (415, {"content-type": "application/json; charset=iso-8859-1"}),
    "two charsets": (415, {"content-type": "application/json; charset=utf-8; charset=utf-16"}),
    "gzip": (415, JSON | {"content-encoding": "gzip"}),
    "unknown encoding": (415, JSON | {"content-encoding": "rot13"}),
    "accepts HTML": (406, JSON | {"accept": "text/html"}),
    "accepts images": (406, JSON | {"accept": "image/*;q=0.8, text/plain"}),
    "accepts nothing": (406, JSON | {"accept": "application/json;q=0"}),
    "accepts latin-1": (406, JSON | {"accept": "application/json; charset=iso-8859-1"}),
    "garbage accept": (406, JSON | {"accept": ",;q=,;;q=x"}),
    "no credential": (401, JSON | {"authorization": ""}),
    "basic": (401, JSON | {"authorization": "Basic b2xnYTpvbGdh"}),
    "bearer alone": (401, JSON | {"authorization": "Bearer"}),
    "bearer blanks": (401, JSON | {"authorization": "Bearer    "}),
    "no token": (401, JSON | {"authorization": "Bearer nonsense"}),
    "dots": (401, JSON | {"authorization": "Bearer ..."}),
    "unsigned": (401, JSON | {"authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."}),
    "long token": (401, JSON | {"authorization": "Bearer " + "a" * 20_000}),
    "odd key": (401, JSON | {"authorization": "Bearer scrip_live_"}),
    "unknown key": (401, JSON | {"authorization": f"Bearer scrip_live_abcdefgh_{'0' * 64}"}),
}


@pytest.mark.parametrize("name", HEADERS)
async def test_bad_headers_are_refused(client: httpx.AsyncClient, name: str) -> None:
    """Headers that ask for what is not served, or prove nothing, get the status of their kind."""
    status, headers = HEADERS[name]

    answer = await client.post("/graphql", content=HELLO, headers=bearer() | headers)

    assert answer.status_code == status
    assert_refused(answer)
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_other_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    """Only GET and POST are served, and the answer says so."""
    answer = await client.request(method, "/graphql", content=HELLO, headers=JSON | bearer())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert_refused(answer)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "query=",
        "query={ hello }&query={ hello }",
        "query={ hello }&variables=[]",
        "query={ hello }&variables=x",
        "query={ hello }&variables=7",
        "query={ hello }&extensions=%22x%22",
        "query=%FF%FE",
        "query=%ED%A0%80",
        "query={ hello }%00",
        "&".join(f"a{n}=1" for n in range(100)),
    ],
)
async def test_a_malformed_query_string_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """A GET is parsed as strictly as a body."""
    answer = await client.get(f"/graphql?{query}", headers=bearer())

    assert answer.status_code == 400
    assert_refused(answer)


async def test_a_mutation_by_get_is_refused(client: httpx.AsyncClient) -> None:
    """GET is for queries: links and prefetches must not move points."""
    mutation = 'mutation { spend(input: {idempotencyKey: "a", points: 1, code: "x"}) { __typename } }'

    answer = await client.get("/graphql", params={"query": mutation}, headers=bearer())

    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_a_long_body_is_refused() -> None:
    """A body over the limit is a 413, whether or not its length is announced."""

    async def chunks() -> object:
        for _ in range(100):
            yield b" " * 1_000

    async with client_of(sample_app()) as client:
        announced = await client.post("/graphql", content=b" " * 2_000_000, headers=JSON | bearer())
        huge = await client.post("/graphql", content=b"{}", headers=JSON | bearer() | {"content-length": "9" * 30})
        odd = await client.post("/graphql", content=b"{}", headers=JSON | bearer() | {"content-length": "-1"})

    assert (announced.status_code, huge.status_code, odd.status_code) == (413, 413, 400)
    assert_refused(announced)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["query", "variables", "x"]), inner),
        ).map(lambda value: __import__("json").dumps(value).encode()),
        st.text(alphabet='{}()[]:!$@."hello#query \n', max_size=80).map(lambda text: asked(query=text)),
    )
)
async def test_no_body_causes_a_server_error(client: httpx.AsyncClient, body: bytes) -> None:
    """Whatever is sent, the answer is JSON and no 5xx."""
    answer = await client.post("/graphql", content=body, headers=JSON | bearer())

    assert answer.status_code < 500
    assert isinstance(orjson.loads(answer.content), dict)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["authorization", "accept", "content-type", "content-encoding", "x-request-id"]),
    value=st.binary(max_size=60),
)
async def test_no_header_causes_a_server_error(client: httpx.AsyncClient, name: str, value: bytes) -> None:
    """Whatever a header holds, the answer is JSON and no 5xx."""
    headers = {key.encode(): text.encode() for key, text in (JSON | bearer()).items()} | {name.encode(): value}

    answer = await client.post("/graphql", content=HELLO, headers=headers)

    assert answer.status_code < 500
    assert isinstance(orjson.loads(answer.content), dict)
