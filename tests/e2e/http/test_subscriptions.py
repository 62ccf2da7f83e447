"""Subscriptions over graphql-transport-ws, against a real server."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from graphql_api.http.app import HttpOptions
from graphql_api.http.development_tokens import sign_token
from graphql_api.http.rate_limits import Rate
from graphql_api.http.subscriptions import SubscriptionLimits
from graphql_api.permissions import Role, Scope
from tests.e2e.http.sample import PERSONAL
from tests.e2e.http.serving import KEY, bearer, sample_app, served

PROTOCOL = Subprotocol("graphql-transport-ws")
DEFAULTS = HttpOptions()


@asynccontextmanager
async def connected(
    options: HttpOptions = DEFAULTS, *, origin: str | None = None, protocol: Subprotocol = PROTOCOL
) -> AsyncIterator[ClientConnection]:
    """An open connection to a server of its own."""
    async with served(sample_app(options)) as url:
        address = f"ws{url.removeprefix('http')}/graphql"
        async with connect(
            address, subprotocols=[protocol], additional_headers={"origin": origin} if origin else None
        ) as socket:
            yield socket


async def send(socket: ClientConnection, **message: object) -> None:
    """Send one message."""
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> dict[str, object]:
    """The next message."""
    return dict(json.loads(await asyncio.wait_for(socket.recv(), 30)))


async def begin(socket: ClientConnection, *scopes: Scope) -> None:
    """Open the connection as an operator."""
    await send(socket, type="connection_init", payload={"Authorization": bearer(*scopes)["authorization"]})
    assert await receive(socket) == {"type": "connection_ack"}


async def close_code(socket: ClientConnection) -> int:
    """The code with which the server closes."""
    try:
        while True:
            await receive(socket)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0


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


async def test_pings_are_answered() -> None:
    """A ping gets a pong, before and after opening."""
    async with connected() as socket:
        await send(socket, type="ping")
        assert await receive(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["not JSON"], 4400),
        (["[]"], 4400),
        (['{"type": "start"}'], 4400),
        (['{"type": "ping", "type": "ping"}'], 4400),
        (['{"type": "subscribe"}'], 4400),
        (['{"type": "subscribe", "id": "a", "payload": {"query": 5}}'], 4400),
        (['{"type": "subscribe", "id": "a", "payload": {"query": "{ hello }"}}'], 4401),
        (['{"type": "connection_init"}'], 4403),
        (['{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}'], 4403),
        (['{"type": "connection_init", "payload": {"Authorization": 5}}'], 4400),
    ],
)
async def test_a_broken_conversation_is_closed(messages: list[str], code: int) -> None:
    """The protocol's close codes tell what was wrong."""
    async with connected() as socket:
        for message in messages:
            await socket.send(message)

        assert await close_code(socket) == code


async def test_binary_messages_are_refused() -> None:
    """Messages are text."""
    async with connected() as socket:
        await socket.send(b"\x00\xff")

        assert await close_code(socket) == 4400


@pytest.mark.parametrize("said", ["a" * 18_000, "\U0001f600" * 4_500])
async def test_nobody_says_much_before_saying_who_it_is(said: str) -> None:
    """Reading is work: until it can be charged, little is read, by the bytes that came."""
    async with connected() as socket:
        for at in range(0, len(said), len(said) // 3):
            await socket.send(
                json.dumps({"type": "pong", "payload": {"a": said[at:][: len(said) // 3]}}, ensure_ascii=False)
            )

        assert await close_code(socket) == 1009


SCARCE = HttpOptions(rate=Rate(capacity=400, per_second=0.001))
FILLER: dict[str, object] = {"a": [{}] * 9_000}


async def test_messages_that_ask_nothing_are_charged_by_their_length() -> None:
    """As what is asked is; short ones cost nothing."""
    async with connected(SCARCE) as socket:
        await begin(socket)
        for _ in range(500):
            await send(socket, type="pong")
        for _ in range(3):
            await send(socket, type="pong", payload=FILLER)

        assert await close_code(socket) == 4429


async def test_what_is_taken_back_at_once_is_charged_all_the_same() -> None:
    """Reading it was the work."""
    asked = {"query": "{ hello }", "variables": FILLER}
    async with connected(SCARCE) as socket:
        await begin(socket)
        for _ in range(3):
            await send(socket, id="a", type="subscribe", payload=asked)
            await send(socket, id="a", type="complete")
        heard = await receive(socket)
        while heard["type"] != "error":
            heard = await receive(socket)

    assert "RATE_LIMITED" in str(heard)


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


async def test_limits_of_a_connection() -> None:
    """A second init, an id in use, however long, and one subscription too many close the connection."""
    slow = {"query": "subscription { ticks(count: 1, pause: 60) }"}
    long = "ä" * 256
    codes = []
    for extra in ("init", "again", "more"):
        async with connected(HttpOptions(subscriptions=SubscriptionLimits(per_connection=2))) as socket:
            await begin(socket)
            await send(socket, id=long, type="subscribe", payload=slow)
            if extra == "init":
                await send(socket, type="connection_init")
            if extra == "again":
                await send(socket, id=long, type="subscribe", payload=slow)
            if extra == "more":
                await send(socket, id="b", type="subscribe", payload=slow)
                await send(socket, id="c", type="subscribe", payload=slow)
            codes.append(await close_code(socket))

    assert codes == [4429, 4409, 4429]


@pytest.mark.parametrize(("role", "merchant_id"), [(Role.MEMBER, None), (Role.MERCHANT, "m-1")])
async def test_one_client_cannot_take_all_connections(role: Role, merchant_id: str | None) -> None:
    """One too many is closed, a place that was left is free again, and the bank's own have none of this limit."""
    limits = HttpOptions(subscriptions=SubscriptionLimits(per_client=1))
    client = sign_token(KEY, role=role, subject="m-1", merchant_id=merchant_id, now=time.time())
    async with served(sample_app(limits)) as url:

        async def opened(authorization: str = f"Bearer {client}") -> ClientConnection:
            socket = await connect(f"ws{url.removeprefix('http')}/graphql", subprotocols=[PROTOCOL])
            await send(socket, type="connection_init", payload={"Authorization": authorization})
            assert await receive(socket) == {"type": "connection_ack"}
            return socket

        async def is_open(socket: ClientConnection) -> bool:
            try:
                await send(socket, type="ping")
                return await receive(socket) == {"type": "pong"}
            except ConnectionClosed:
                return False

        first = await opened()
        assert await close_code(await opened()) == 4429
        assert await is_open(first)
        await first.close()
        async with asyncio.timeout(30):
            while not await is_open(await opened()):
                pass
        assert [await is_open(await opened(bearer()["authorization"])) for _ in range(2)] == [True, True]


async def test_a_silent_connection_is_closed() -> None:
    """Who opens a socket must say who it is in time."""
    limits = SubscriptionLimits(init_timeout_seconds=0.05)
    async with connected(HttpOptions(subscriptions=limits)) as socket:
        assert await close_code(socket) == 4408


async def test_who_says_nothing_gives_way_to_the_next() -> None:
    """Where all places are taken, the longest silent one is closed; who has said who it is keeps its place."""
    limits = SubscriptionLimits(connections_max=2)
    async with served(sample_app(HttpOptions(subscriptions=limits))) as url, AsyncExitStack() as sockets:
        address = f"ws{url.removeprefix('http')}/graphql"

        async def opened() -> ClientConnection:
            return await sockets.enter_async_context(connect(address, subprotocols=[PROTOCOL]))

        silent = await opened()
        known = [await opened()]
        await begin(known[0])
        known.append(await opened())
        assert await close_code(silent) == 4408
        await begin(known[1])
        with pytest.raises(InvalidStatus):
            await opened()
        for socket in known:
            await send(socket, type="ping")
            assert await receive(socket) == {"type": "pong"}


async def test_a_connection_has_a_lifetime() -> None:
    """An old connection is closed, so that its credential is looked at again."""
    limits = SubscriptionLimits(lifetime_seconds=0.2)
    async with connected(HttpOptions(subscriptions=limits)) as socket:
        await begin(socket)
        assert await close_code(socket) == 1001


async def test_another_subprotocol_is_refused() -> None:
    """The older graphql-ws protocol is not spoken."""
    async with connected(protocol=Subprotocol("graphql-ws")) as socket:
        assert await close_code(socket) == 4406


async def test_an_unknown_origin_is_refused() -> None:
    """A web page may connect only from a listed origin; clients that are no browsers send none."""
    options = HttpOptions(allowed_origins=frozenset({"https://app.bank.example"}))
    async with connected(options, origin="https://app.bank.example") as socket:
        await begin(socket)
    with pytest.raises(InvalidStatus):
        async with connected(options, origin="https://evil.example"):
            pass
