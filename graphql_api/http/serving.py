"""How uvicorn serves the application: quiet, bounded, without telling what it is."""

from starlette.types import ASGIApp
from uvicorn import Config


def server_config(
    app: ASGIApp,
    *,
    host: str,
    port: int,
    drain_seconds: int = 20,
    connections_max: int | None = None,
    ws_message_bytes_max: int = 262_144,
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
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=ws_message_bytes_max,
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=connections_max,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=drain_seconds,
    )
