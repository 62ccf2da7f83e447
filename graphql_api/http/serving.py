"""How uvicorn serves the application: quiet, bounded, without telling what it is."""

import socket
from typing import Final

from starlette.types import ASGIApp
from uvicorn import Config

from graphql_api.http.bounded_head import BoundedHead
from graphql_api.http.bounded_socket import BoundedSocket

MESSAGE_BYTES_MAX: Final = 262_144
"""Of a WebSocket."""


def server_config(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    drain_seconds: int = 20,
) -> Config:
    """A uvicorn configuration.

    uvicorn's access log is off: it writes paths with their query strings, which hold variables of GET requests.
    Bind to 127.0.0.1 or put a proxy that ends TLS in front; `/metrics` and `/readyz` belong to the inside.
    """
    return Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedHead,
        ws=BoundedSocket,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        access_log=False,
        # Its own handlers would write lines of another form beside ours.
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=drain_seconds,
    )


def listening_socket(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A bound TCP socket for `uvicorn.Server.serve(sockets=[…])`; `shared` lets other processes bind it too.

    The protocol is named because event loops set TCP_NODELAY only where it is: over a socket with protocol 0,
    such as uvicorn binds for its workers, each answer waits 40 ms for the client's delayed acknowledgement.
    Raises OSError (EADDRINUSE) when the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
