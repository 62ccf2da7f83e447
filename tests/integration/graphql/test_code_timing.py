"""Time tells nothing: a voucher that is not accepted here takes as long as a code that is nobody's."""

import os
import secrets
from statistics import median
from time import perf_counter

import pytest

from ledger.vouchers.code import deal_code, open_code
from tests.integration.graphql.counter import Counter
from tests.integration.graphql.people import People

PAIRS = 2_000
WARM_UP = 100


def unknown_code(people: People) -> str:
    """A whole code that nobody has."""
    sealer, programme_id = people.desk.bank.application.sealer, people.desk.bank.programme_id
    return open_code(deal_code(secrets.token_bytes, sealer, programme_id), sealer)


@pytest.mark.bench
@pytest.mark.skipif("SCRIP_TIMING" not in os.environ, reason="a timed test, for a quiet machine: make bench")
@pytest.mark.parametrize("ask", ["redeem", "validate"])
async def test_foreign_and_unknown_codes_take_the_same_time(people: People, counter: Counter, ask: str) -> None:
    """Medians over two thousand pairs, asked in turns, are within a tenth. The bank's system asks: nobody slows it down."""
    await counter.template("THEIRS", merchantIds=[people.other_shop])
    foreign = [await counter.issued_code("THEIRS") for _ in range(20)]
    taken: dict[str, list[float]] = {"foreign": [], "unknown": []}

    for number in range(WARM_UP + PAIRS):
        codes = {"foreign": foreign[number % len(foreign)], "unknown": unknown_code(people)}
        for kind in ("foreign", "unknown") if number % 2 else ("unknown", "foreign"):
            begun = perf_counter()
            if ask == "redeem":
                answer = await counter.redeem(codes[kind], till=people.core, merchantId=people.shop)
                assert answer["code"] == "VOUCHER_NOT_FOUND"
            else:
                seen = await counter.validate(codes[kind], till=people.core, merchantId=people.shop)
                assert seen["vouchers"][0]["reasons"][0]["code"] == "VOUCHER_NOT_FOUND"
            if number >= WARM_UP:
                taken[kind].append(perf_counter() - begun)

    ratio = median(taken["foreign"]) / median(taken["unknown"])
    assert 0.9 < ratio < 1.1, ratio
