"""`redeemVoucher` over HTTP at 64 connections and two API processes, beside a bare JSON echo in as many.

Every connection is a merchant with a token of its own, and every voucher is used once.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from benchmarks.book_under_test import PROGRAMME, BookUnderTest, Population, open_book
from benchmarks.echo import create_echo_app
from benchmarks.harness import Bench
from benchmarks.http_bodies import RedeemBodies
from benchmarks.http_contender import CONNECTIONS, HttpContender
from benchmarks.http_product import MEMBERS_AT_FIRST
from benchmarks.http_server import serve_app, serve_product
from benchmarks.measurement import Goal, Result, compare
from benchmarks.vouchers_under_test import VouchersUnderTest, lay_vouchers
from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import Role
from ledger.vouchers.code import open_code

RATE_MAX: Final = 4_000
"""Redemptions a second for which vouchers are issued beforehand; a second use of one ends the benchmark."""


async def measure(bench: Bench) -> list[Result]:
    """One result: requests a second beside the echo's."""
    scale = bench.scale
    seconds = scale.seconds / 2
    a_round = int(RATE_MAX * seconds)
    population = Population(members=MEMBERS_AT_FIRST, merchants=CONNECTIONS)
    async with (
        open_book(bench, population) as book,
        serve_app(create_echo_app, workers=scale.workers) as echo,
        serve_product(workers=scale.workers, environment=book.environment) as product,
    ):
        vouchers, tokens = await lay_vouchers(book), _sign_tokens(book)
        bodies = partial(_bodies, vouchers, a_round)
        ours = HttpContender(
            server=product,
            bodies=bodies,
            expect=b'"replayed":false',
            tokens=tokens,
            seconds=seconds,
            beside={"postgres": [bench.server.files.server_pid() or 0]},
        )
        plain = HttpContender(server=echo, bodies=bodies, expect=b"query", tokens=tokens, seconds=seconds)
        # The API processes answer while the book is small, and it grows under them: their plans are as stale as later.
        await vouchers.issue(a_round)
        await ours()
        await book.grow(scale.members - MEMBERS_AT_FIRST, lots_per_member=population.lots_per_member)
        await vouchers.issue(a_round * (scale.rounds + 1))
        await bench.checkpoint()
        rounds = await bench.interleave({"ours": ours, "echo": plain})
    await bench.check_book(book.url)
    return [
        compare(
            name="http_redeem",
            unit="requests/s",
            ours=rounds["ours"],
            baseline=rounds["echo"],
            goal=Goal(at_least=0.12),
            settings={"connections": CONNECTIONS, "workers": scale.workers, "members": scale.members},
        )
    ]


def _bodies(vouchers: VouchersUnderTest, a_round: int, round_number: int) -> RedeemBodies:
    """The round's own vouchers."""
    sealer = vouchers.book.application.sealer
    own = vouchers.codes[round_number * a_round : (round_number + 1) * a_round]
    return RedeemBodies(codes=tuple(open_code(code, sealer) for code in own), round_number=round_number)


def _sign_tokens(book: BookUnderTest) -> tuple[str, ...]:
    key, now = development_key(book.application.settings.var), time.time()
    return tuple(
        sign_token(key, role=Role.MERCHANT, subject=str(shop), now=now, programme_id=PROGRAMME, merchant_id=str(shop))
        for shop in book.merchants
    )
