"""Subscriptions over graphql-transport-ws, against a real server: what is heard, and what stays behind."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from graphql_api.http.app import HttpOptions
from graphql_api.permissions import Scope
from tests.e2e.http.conversation import PROTOCOL, begin, connected, receive, send
from tests.e2e.http.sample import PERSONAL
from tests.e2e.http.serving import sample_app, served


async def test_events_arrive_in_order_and_end() -> None:
    """Each event is a next message; the end of the source completes the subscription."""
    async with connected() as socket:
        await begin(socket)
        await send(socket, id="a", type="subscribe", payload={"query": "subscription { ticks(count: 3) }"})
        got = [await receive(socket) for _ in range(4)]

    assert got == [
        *({"id": "a", "type": "next", "payload": {"data": {"ticks": n}}} for n in range(3)),
        {"id": "a", "type": "complete"},
    ]


async def test_a_completed_subscription_stops_and_its_id_is_free() -> None:
    """After complete nothing more comes for an id, and it may be used again."""
    async with connected() as socket:
        await begin(socket)
        await send(socket, id="a", type="subscribe", payload={"query": "subscription { ticks(count: 99, pause: 60) }"})
        await send(socket, id="a", type="complete")
        await send(socket, id="a", type="subscribe", payload={"query": "{ hello }"})
        got = [await receive(socket) for _ in range(2)]

    assert got == [
        {"id": "a", "type": "next", "payload": {"data": {"hello": "hello you"}}},
        {"id": "a", "type": "complete"},
    ]


async def test_errors_are_masked_and_scopes_checked() -> None:
    """What may not be subscribed to is an error message; a bug in the source is masked."""
    async with connected() as socket:
        await begin(socket, Scope.DOCUMENT_ADHOC)
        await send(socket, id="a", type="subscribe", payload={"query": "subscription { ticks(count: 3) }"})
        forbidden = await receive(socket)
        await send(socket, id="b", type="subscribe", payload={"query": "subscription { nope }"})
        invalid = await receive(socket)
        await send(socket, id="c", type="subscribe", payload={"query": "subscription { failing }"})
        await receive(socket)
        failed = await receive(socket)

    assert (forbidden["type"], invalid["type"]) == ("error", "error")
    assert "FORBIDDEN" in str(forbidden)
    assert "INTERNAL" in str(failed)
    assert PERSONAL not in str(failed)


async def test_what_is_no_bug_is_not_told_as_one() -> None:
    """An operation that takes too long and a database that is lost have the codes that they have over HTTP."""
    async with connected(HttpOptions(deadline_seconds=0.05)) as socket:
        await begin(socket)
        await send(socket, id="a", type="subscribe", payload={"query": "{ slow(seconds: 30) }"})
        slow = await receive(socket)
        await send(socket, id="b", type="subscribe", payload={"query": "subscription { lost }"})
        lost = await receive(socket)

    assert (slow["type"], lost["type"]) == ("error", "error")
    assert "DEADLINE_EXCEEDED" in str(slow)
    assert "UNAVAILABLE" in str(lost)


async def test_a_denied_field_is_heard_of() -> None:
    """Whatever carries the question: no probing of fields goes unrecorded, neither of queries nor of subscriptions."""
    denied: list[str] = []
    questions = ('{ wallet(id: "w1") { id } }', "subscription { ticks(count: 1) }")
    async with (
        served(sample_app(on_denied=denied.append)) as url,
        connect(f"ws{url.removeprefix('http')}/graphql", subprotocols=[PROTOCOL]) as socket,
    ):
        await begin(socket, Scope.DOCUMENT_ADHOC)
        for number, text in enumerate(questions):
            await send(socket, id=str(number), type="subscribe", payload={"query": text})
        answers = [await receive(socket) for _ in range(3)]

    assert sorted(str(answer["type"]) for answer in answers) == ["complete", "error", "next"]
    assert denied == ["FORBIDDEN", "FORBIDDEN"]


async def test_a_client_that_vanishes_leaves_nothing_behind(capsys: pytest.CaptureFixture[str]) -> None:
    """Its subscriptions end without being reported as bugs."""
    async with served(sample_app()) as url:
        address = f"ws{url.removeprefix('http')}/graphql"
        async with connect(address, subprotocols=[PROTOCOL]) as socket:
            await begin(socket)
            for name in "abc":
                query = "subscription { ticks(count: 100000, pause: 0.001) }"
                await send(socket, id=name, type="subscribe", payload={"query": query})
            await receive(socket)
            assert _sessions()
            socket.transport.abort()
        async with asyncio.timeout(10):
            while _sessions():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
    assert "bug" not in capsys.readouterr().out


def _sessions() -> list[str]:
    """The tasks that serve connections in this process."""
    tasks = [repr(task) for task in asyncio.all_tasks() if "_serve" in repr(task.get_coro())]
    return [task for task in tasks if "Session" in task]
