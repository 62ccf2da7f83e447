"""A server under one kind of load: a contender of the benchmarks over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.cpu import CpuMeter
from benchmarks.http_load import Load, RequestSource, drive
from benchmarks.http_server import HttpServer
from benchmarks.measurement import Measurement
from benchmarks.served_app import HOST
from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.permissions import Role, Scope

CPU_US: Final = "cpu_us_per_request"
CONNECTIONS: Final = 64
TILL_SCOPES: Final = (Scope.POINTS_SPEND, Scope.WALLET_READ_ANY)
_SERVER: Final = "api"


def sign_till_tokens(
    folder: Path, *, programme: str | None = None, tills: int = CONNECTIONS, scopes: Sequence[Scope] = TILL_SCOPES
) -> tuple[str, ...]:
    """Tokens of so many services, signed by the development key in the folder.

    A token for each connection: every till is a client of its own, with its own rate limit.
    """
    key, now = development_key(folder), time.time()
    return tuple(
        sign_token(
            key,
            role=Role.SERVICE,
            subject=f"till-{number}",
            now=now,
            scopes=scopes,
            programme_id=programme,
        )
        for number in range(tills)
    )


@dataclass(slots=True, kw_only=True)
class HttpContender:
    """A server, and what it is asked round by round.

    bodies: the requests of the n-th round, so that no round repeats another one's keys
    expect: what each right answer holds
    beside: process ids by name whose CPU time is told beside the server's
    """

    server: HttpServer
    bodies: Callable[[int], RequestSource]
    expect: bytes
    tokens: tuple[str, ...]
    seconds: float
    beside: Mapping[str, Iterable[int]] = field(default_factory=dict)
    rounds: int = 0

    async def __call__(self) -> Measurement:
        """One round. `NAME_cores` are cores in use; CPU time per request is that of all the server's processes."""
        load = Load(
            host=HOST,
            port=self.server.port,
            path="/graphql",
            bodies=self.bodies(self.rounds),
            expect=self.expect,
            connections=CONNECTIONS,
            seconds=self.seconds,
            tokens=self.tokens,
        )
        self.rounds += 1
        meter = CpuMeter({_SERVER: self.server.pids, **self.beside})
        measured = await drive(load)
        used = meter.seconds()
        notes = {f"{name}_cores": seconds * measured.rate / measured.operations for name, seconds in used.items()}
        notes[CPU_US] = used[_SERVER] / measured.operations * 1e6
        return replace(measured, notes={**measured.notes, **notes})
