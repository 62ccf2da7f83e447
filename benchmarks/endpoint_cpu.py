"""CPU per request of the GraphQL endpoint, no database behind it, as a multiple of a bare JSON echo's."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.canned_endpoint import KEY_FOLDER, create_canned_app
from benchmarks.echo import create_echo_app
from benchmarks.harness import Bench
from benchmarks.http_bodies import CannedSpendBodies, CannedWalletBodies
from benchmarks.http_contender import CONNECTIONS, CPU_US, HttpContender, sign_till_tokens
from benchmarks.http_server import serve_app
from benchmarks.measurement import Goal, Result, compare, note

GOAL: Final = Goal(at_most=5.0)


async def measure(bench: Bench) -> list[Result]:
    """Two results: a spend and a wallet, each beside the echo of the same body."""
    with TemporaryDirectory() as folder:
        tokens = sign_till_tokens(Path(folder))
        async with (
            serve_app(create_echo_app, workers=bench.scale.workers) as echo,
            serve_app(create_canned_app, workers=bench.scale.workers, environment={KEY_FOLDER: folder}) as endpoint,
        ):
            rounds = await bench.interleave(
                {
                    f"{name}_{whom}": HttpContender(
                        server=server,
                        bodies=bodies,
                        expect=expect if server is endpoint else b"query",
                        tokens=tokens,
                        seconds=bench.scale.seconds / 2,
                    )
                    for name, bodies, expect in (
                        ("spend", lambda _: CannedSpendBodies(), b'"entryId"'),
                        ("wallet", lambda _: CannedWalletBodies(), b'"available"'),
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
            settings={"connections": CONNECTIONS, "workers": bench.scale.workers},
        )
        for name in ("spend", "wallet")
    ]
