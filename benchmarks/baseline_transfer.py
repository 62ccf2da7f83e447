"""The plain PL/pgSQL transfer under pgbench: what a hand-written ledger does on the same server."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import asyncpg

from benchmarks.harness import Bench
from benchmarks.measurement import Measurement, summarise

SCHEMA: Final = Path(__file__).with_name("plain_transfer.sql")
SCRIPT: Final = Path(__file__).with_name("plain_transfer.pgbench")

MERCHANTS: Final = 10
OPENING_BALANCE: Final = 1_000_000_000
TRANSACTIONS: Final = 10
"""Of each client where the load is too short for pgbench, which counts whole seconds."""
THREADS_MAX: Final = 2
"""pgbench needs little; more threads than cores would only take turns."""


class PgbenchFailed(Exception):
    """pgbench ended with an error, which is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLedger:
    """A database with the plain ledger: members 1…n and, after them, the merchants they pay."""

    url: str
    pgbench: Path
    members: int
    merchants: int

    async def transfer(self, *, clients: int, seconds: float) -> Measurement:
        """Transfers of one unit from random members to random merchants, each with a new key."""
        length = f"--time={round(seconds)}" if seconds >= 1 else f"--transactions={TRANSACTIONS}"
        with TemporaryDirectory() as folder:
            command = [
                *(str(self.pgbench), "--no-vacuum", "--protocol=prepared", f"--file={SCRIPT}"),
                *(f"--client={clients}", f"--jobs={min(clients, THREADS_MAX)}", length, "--log"),
                *(f"--define=members={self.members}", f"--define=merchants={self.merchants}", self.url),
            ]
            process = await asyncio.create_subprocess_exec(
                *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
            )
            output, _ = await process.communicate()
            if process.returncode != 0:
                raise PgbenchFailed(output.decode())
            measured = _read_logs(Path(folder))
            if measured is not None:
                return measured
        # A second is not enough for all clients to connect on a machine that is busy elsewhere.
        return await self.transfer(clients=clients, seconds=2 * max(1, seconds))


async def create_plain_ledger(bench: Bench, *, merchants: int = MERCHANTS) -> PlainLedger:
    """Fill a new database `plain`; every member can pay for as long as any benchmark lasts."""
    url = await bench.create_database("plain")
    members = bench.scale.members
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA.read_text())
        await connection.execute(
            "INSERT INTO accounts SELECT id, CASE WHEN id <= $1 THEN $3::bigint ELSE 0 END "
            "FROM generate_series(1, $1::bigint + $2) AS id",
            members,
            merchants,
            OPENING_BALANCE,
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return PlainLedger(url=url, pgbench=bench.server.binaries / "pgbench", members=members, merchants=merchants)


def _read_logs(folder: Path) -> Measurement | None:
    """Rate and latencies from pgbench's own logs: client, number, microseconds, script, end in seconds and µs. None where
    nothing ended in time.
    """
    latencies_ms: list[float] = []
    ends: list[float] = []
    for path in folder.glob("pgbench_log.*"):
        for line in path.read_text().splitlines():
            _, _, microseconds, _, end_seconds, end_microseconds, *_ = line.split()
            latencies_ms.append(int(microseconds) / 1_000)
            ends.append(int(end_seconds) + int(end_microseconds) / 1_000_000)
    if not ends:
        return None
    begin = min(end - latency / 1_000 for end, latency in zip(ends, latencies_ms, strict=True))
    return summarise(latencies_ms, seconds=max(ends) - begin)
