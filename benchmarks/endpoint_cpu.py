"""CPU per request of the GraphQL endpoint, no database behind it, as a multiple of a bare JSON echo's."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks.canned_endpoint import KEY_FOLDER, SPEND, WALLET, create_canned_app
from benchmarks.cpu import CpuMeter
from benchmarks.echo import create_echo_app
from benchmarks.harness import Bench
from benchmarks.http_load import Load, RequestSource, drive
from benchmarks.http_server import HOST, HttpServer, serve
from benchmarks.measurement import Goal, Measurement, Result, compare, note
from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import Role, Scope

CPU_US: Final = "cpu_us_per_request"
CONNECTIONS: Final = 64
WORKERS: Final = 2
SCOPES: Final = (Scope.POINTS_SPEND, Scope.WALLET_READ_ANY)
GOAL: Final = Goal(at_most=5.0)


@dataclass(frozen=True, slots=True)
class SpendBodies:
    """A spend with a key of its own for every request."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        spend = {"member": "bWVtYmVyOjE", "points": "100", "idempotencyKey": f"{number:032x}"}
        return orjson.dumps({"query": SPEND, "variables": {"input": spend}})


@dataclass(frozen=True, slots=True)
class WalletBodies:
    """Wallets of many members."""

    def __call__(self, number: int) -> bytes:
        """The n-th body."""
        return orjson.dumps({"query": WALLET, "variables": {"member": f"member-{number % 100_000}"}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A server under one kind of load with one token."""

    server: HttpServer
    bodies: RequestSource
    expect: bytes
    token: str
    seconds: float

    async def __call__(self) -> Measurement:
        """One round; `cpu_us_per_request` is that of all the server's processes."""
        load = Load(
            host=HOST,
            port=self.server.port,
            path="/graphql",
            bodies=self.bodies,
            expect=self.expect,
            connections=CONNECTIONS,
            seconds=self.seconds,
            headers=(("Authorization", f"Bearer {self.token}"),),
        )
        meter = CpuMeter({"server": [self.server.pid]})
        measured = await drive(load)
        microseconds = meter.seconds()["server"] / measured.operations * 1e6
        return replace(measured, notes={**measured.notes, CPU_US: microseconds})


async def measure(bench: Bench) -> list[Result]:
    """Two results: a spend and a wallet, each beside the echo of the same body."""
    with TemporaryDirectory() as folder:
        keys = Path(folder)
        token = sign_token(development_key(keys), role=Role.SERVICE, subject="till", now=time.time(), scopes=SCOPES)
        async with (
            serve(create_echo_app, workers=WORKERS) as echo,
            serve(
                create_canned_app,
                workers=WORKERS,
                environment={KEY_FOLDER: folder},
            ) as endpoint,
        ):
            rounds = await bench.interleave(
                {
                    f"{name}_{whom}": Contender(
                        server=server,
                        bodies=bodies,
                        expect=expect if server is endpoint else b"query",
                        token=token,
                        seconds=bench.scale.seconds / 2,
                    )
                    for name, bodies, expect in (
                        ("spend", SpendBodies(), b'"entryId"'),
                        ("wallet", WalletBodies(), b'"available"'),
                    )
                    for whom, server in (("ours", endpoint), ("echo", echo))
                }
            )
    return [
        compare(
            name=f"endpoint_cpu_{name}",
            unit="CPU microseconds per request",
            ours=rounds[f"{name}_ours"],
            baseline=rounds[f"{name}_echo"],
            figure=note(CPU_US),
            goal=GOAL,
            settings={"connections": CONNECTIONS, "workers": WORKERS},
        )
        for name in ("spend", "wallet")
    ]
