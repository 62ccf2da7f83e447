"""The product over HTTP beside the bare echo: real API processes on a real book, tokens checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.book_under_test import PROGRAMME, BookUnderTest, Population, open_book
from benchmarks.echo import create_echo_app
from benchmarks.harness import Bench
from benchmarks.http_contender import CONNECTIONS, HttpContender, sign_till_tokens
from benchmarks.http_load import RequestSource
from benchmarks.http_server import serve_app, serve_product
from benchmarks.measurement import Goal, Result, compare
from graphql_api.global_ids import encode_id

MEMBERS_AT_FIRST = 200
LOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom requests are about, as global ids."""

    members: tuple[str, ...]
    merchants: tuple[str, ...]


Bodies = Callable[[Asked, int], RequestSource]
"""The requests about these members and merchants in the n-th round."""


async def measure_beside_echo(bench: Bench, *, name: str, bodies: Bodies, expect: bytes, goal: Goal) -> list[Result]:
    """One result: requests a second of `scrip serve` beside the echo of the same bodies.

    The API processes answer from the first members on, and the book grows under them: their plans are as stale as in
    a process that has been up since the book was small.
    """
    population = Population(members=MEMBERS_AT_FIRST, lots_per_member=LOTS)
    tokens = sign_till_tokens(bench.folder, programme=PROGRAMME)
    seconds = bench.scale.seconds / 2
    async with (
        open_book(bench, population) as book,
        serve_app(create_echo_app, workers=bench.scale.workers) as echo,
        serve_product(workers=bench.scale.workers, environment=book.environment) as product,
    ):
        beside = {"postgres": [bench.server.files.server_pid() or 0]}
        source = partial(_requests, book, bodies)
        ours = HttpContender(
            server=product, bodies=source, expect=expect, tokens=tokens, seconds=seconds, beside=beside
        )
        plain = HttpContender(server=echo, bodies=source, expect=b"query", tokens=tokens, seconds=seconds)
        await ours()
        await book.grow(bench.scale.members - MEMBERS_AT_FIRST, lots_per_member=LOTS)
        await bench.checkpoint()
        rounds = await bench.interleave({"ours": ours, "echo": plain})
    await bench.check_book(book.url)
    return [
        compare(
            name=name,
            unit="requests/s",
            ours=rounds["ours"],
            baseline=rounds["echo"],
            goal=goal,
            settings={"connections": CONNECTIONS, "workers": bench.scale.workers, "members": bench.scale.members},
        )
    ]


def asked_of(book: BookUnderTest) -> Asked:
    """Everybody in the book as it is now."""
    return Asked(
        members=tuple(encode_id("Member", member) for member in book.members),
        merchants=tuple(encode_id("Merchant", merchant) for merchant in book.merchants),
    )


def _requests(book: BookUnderTest, bodies: Bodies, round_number: int) -> RequestSource:
    return bodies(asked_of(book), round_number)
