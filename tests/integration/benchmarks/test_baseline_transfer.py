"""The plain ledger that the spend benchmarks are compared with keeps its own books right."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
from rich.console import Console

from benchmarks.baseline_transfer import PlainLedger, create_plain_ledger
from benchmarks.harness import SHORT, Bench, open_bench

pytestmark = pytest.mark.bench
REPLAY = "SELECT transfer(1, 'a key', 1, 501, 7)"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A bench in its short form, with the members that the tests name."""
    with open_bench(var=tmp_path, scale=replace(SHORT, members=500), console=Console(quiet=True)) as opened:
        yield opened


@pytest.fixture
async def ledger(bench: Bench) -> PlainLedger:
    """A plain ledger of 500 members and ten merchants."""
    return await create_plain_ledger(bench)


async def test_pgbench_moves_what_it_counts(ledger: PlainLedger) -> None:
    """As many transfers as pgbench logged, two entries for each, balances equal to their sums."""
    measurement = await ledger.transfer(clients=4, seconds=1)

    connection = await asyncpg.connect(ledger.url)
    [[transfers, entries, gained]] = await connection.fetch(
        "SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM entries), "
        "(SELECT sum(balance)::bigint FROM accounts WHERE id > 500)"
    )
    await connection.close()
    assert transfers == measurement.operations == gained
    assert entries == 2 * transfers


async def test_the_same_key_moves_once(ledger: PlainLedger) -> None:
    """A second call with the key of an earlier one answers with its transfer and moves nothing."""
    connection = await asyncpg.connect(ledger.url)

    assert await connection.fetchval(REPLAY) == await connection.fetchval(REPLAY)

    assert await connection.fetchval("SELECT balance FROM accounts WHERE id = 501") == 7
    await connection.close()
