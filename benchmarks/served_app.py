"""`python -m benchmarks.served_app MODULE:FACTORY PORT`: one API process of a benchmark, served as `scrip serve` serves."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Final

import uvicorn
import uvloop
from starlette.applications import Starlette

from graphql_api.http.serving import listening_socket, server_config
from graphql_api.processes.memory import settle_memory

HOST: Final = "127.0.0.1"


def main(factory: str, port: int) -> None:
    """Serve what the factory makes on a port that other processes share, until SIGTERM."""
    module, _, name = factory.partition(":")
    app = getattr(import_module(module), name)()
    uvloop.run(_serve(app, port))


async def _serve(app: Starlette, port: int) -> None:
    with listening_socket(HOST, port, shared=True) as listener:
        server = uvicorn.Server(server_config(app, host=HOST, port=port))
        settle_memory()
        await server.serve(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
