"""A flash sale over HTTP: 20,000 members claim the last 1,000 pieces from 256 connections, in two API processes.

Each member claims once, through one of 256 services of the bank with a token of its own. Exactly the pieces are given
away, and everybody else is refused with OUT_OF_STOCK; any other answer ends the benchmark. What limits the rate shows
in the cores that API processes, PostgreSQL and the load generator use. The baselines are the promises.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import asyncpg

from benchmarks.book_under_test import PROGRAMME, BookUnderTest, Population, open_book
from benchmarks.cpu import CpuMeter
from benchmarks.harness import Bench
from benchmarks.http_bodies import ClaimBodies
from benchmarks.http_contender import sign_till_tokens
from benchmarks.http_load import Load, drive
from benchmarks.http_product import asked_of
from benchmarks.http_server import HttpServer, serve_product
from benchmarks.measurement import Goal, Measurement, Result, Setting, compare, p99_ms
from benchmarks.served_app import HOST
from benchmarks.vouchers_under_test import lay_stock, lay_vouchers
from graphql_api.permissions import Scope

CONNECTIONS: Final = 256
CLAIMS: Final = 20_000
CLAIMS_SHORT: Final = 500
CLAIMS_PER_PIECE: Final = 20
SECONDS_MAX: Final = 120.0
PROMISE: Final = Measurement(operations=0, rate=1_500.0, p50_ms=0.0, p99_ms=1_000.0)
_ISSUED: Final = """
    SELECT count(*) FROM book.vouchers v JOIN registry.voucher_templates t ON t.id = v.template_id WHERE t.code = $1
"""


class NotExact(Exception):
    """More or fewer vouchers were given away than there were pieces, or claims were left unanswered."""


async def measure(bench: Bench) -> list[Result]:
    """Two results: answers a second beside 1,500, and the 99th percentile beside a second."""
    claims = CLAIMS_SHORT if bench.scale.short else CLAIMS
    tokens = sign_till_tokens(bench.folder, programme=PROGRAMME, tills=CONNECTIONS, scopes=(Scope.VOUCHER_CLAIM,))
    async with (
        open_book(bench, Population(members=claims, lots_per_member=0)) as book,
        serve_product(workers=bench.scale.workers, environment=book.environment) as product,
    ):
        await lay_vouchers(book)
        sale = _Sale(bench, book, product, tokens, claims)
        # One more, which warms up.
        rounds = [await sale.run(number) for number in range(bench.scale.rounds + 1)][1:]
    await bench.check_book(book.url)
    settings: dict[str, Setting] = {
        "baseline_is": "the promise",
        "connections": CONNECTIONS,
        "workers": bench.scale.workers,
        "claims": claims,
        "pieces": sale.pieces,
    }
    promises = [PROMISE] * len(rounds)
    return [
        compare(
            name="flash_sale",
            unit="answers/s",
            ours=rounds,
            baseline=promises,
            goal=Goal(at_least=1),
            settings=settings,
        ),
        compare(
            name="flash_sale_p99",
            unit="ms (p99)",
            ours=rounds,
            baseline=promises,
            figure=p99_ms,
            goal=Goal(at_most=1),
            settings=settings,
        ),
    ]


class _Sale:
    """The same sale again and again, each of a template of its own."""

    def __init__(
        self, bench: Bench, book: BookUnderTest, server: HttpServer, tokens: tuple[str, ...], claims: int
    ) -> None:
        self._bench = bench
        self._book = book
        self._server = server
        self._tokens = tokens
        self._claims = claims
        self.pieces = claims // CLAIMS_PER_PIECE

    async def run(self, number: int) -> Measurement:
        """One sale; raises NotExact or BadAnswers where it is not as it should be."""
        template = f"FLASH-{number}"
        await lay_stock(self._book, template=template, pieces=self.pieces)
        await self._bench.checkpoint()
        load = Load(
            host=HOST,
            port=self._server.port,
            path="/graphql",
            bodies=ClaimBodies(members=asked_of(self._book).members, template=template),
            expect=b'"__typename":"VoucherClaimed"',
            refusal=b'"code":"OUT_OF_STOCK"',
            connections=CONNECTIONS,
            seconds=SECONDS_MAX,
            requests_max=self._claims,
            tokens=self._tokens,
        )
        meter = CpuMeter({"api": self._server.pids, "postgres": [self._bench.server.files.server_pid() or 0]})
        measured = await drive(load)
        seconds = measured.operations / measured.rate
        cores = {f"{name}_cores": used / seconds for name, used in meter.seconds().items()}
        await self._require_exact(template, measured)
        self._bench.console.print(
            f"  sale {number}: {measured.rate:,.0f}/s, p50 {measured.p50_ms:.0f} ms, p99 {measured.p99_ms:.0f} ms",
            style="dim",
        )
        return replace(measured, notes={**measured.notes, **cores})

    async def _require_exact(self, template: str, measured: Measurement) -> None:
        connection = await asyncpg.connect(self._book.url)
        try:
            issued = int(await connection.fetchval(_ISSUED, template))
        finally:
            await connection.close()
        told = measured.operations - int(measured.notes["refused"])
        if (measured.operations, told, issued) != (self._claims, self.pieces, self.pieces):
            raise NotExact(
                f"{measured.operations:,} of {self._claims:,} claims answered; {issued:,} of {self.pieces:,} pieces "
                f"given away, {told:,} told so."
            )
