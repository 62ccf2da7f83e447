"""Malformed bodies and query strings: every one gets a 4xx with a JSON error body, never a 5xx."""

import gzip

import httpx
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.http.refused import HELLO, JSON, asked, assert_refused
from tests.e2e.http.serving import bearer, client_of, sample_app

DEEP = 5_000

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


@pytest.mark.parametrize("name", BODIES)
async def test_a_malformed_body_is_refused(client: httpx.AsyncClient, name: str) -> None:
    """Whatever is no GraphQL request in JSON is a 400."""
    answer = await client.post("/graphql", content=BODIES[name], headers=JSON | bearer())

    assert answer.status_code == 400
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
