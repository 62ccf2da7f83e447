"""The API process: uvicorn around the application that `graphql_api.bootstrap` composes."""

import os
from importlib import import_module

import uvicorn

from graphql_api.processes.database import usable_database
from graphql_api.settings import Settings

API = "graphql_api.bootstrap:create_api"
"""Called without arguments in every API process; reads the settings from the environment."""


def serve_api(settings: Settings, *, workers: int) -> None:
    """Serve until SIGINT or SIGTERM, then finish what was accepted."""
    # Before the database is asked for: a child of `scrip run` imports while its parent starts it.
    import_module(API.partition(":")[0])
    with usable_database(settings) as url:
        # The application is built in each worker process, which reads its environment.
        os.environ["SCRIP_DATABASE_URL"] = url
        uvicorn.run(
            API,
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=workers,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            lifespan="on",
            log_level=settings.log_level.value,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=settings.shutdown_seconds,
        )
