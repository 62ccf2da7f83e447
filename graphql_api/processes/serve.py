"""`scrip serve`: the API in one process, or in several that share the port."""

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry

from graphql_api.bootstrap import open_application
from graphql_api.http.logs import configure_logs
from graphql_api.http.serving import listening_socket, server_config
from graphql_api.processes.api import compose_api
from graphql_api.processes.children import Child, await_first_end, stop_children
from graphql_api.processes.cli.failure import CommandError
from graphql_api.processes.database import usable_database
from graphql_api.processes.engine_metrics import EngineMetrics
from graphql_api.processes.memory import settle_memory
from graphql_api.processes.recorded_life import recorded
from graphql_api.settings import Settings

LOG = structlog.get_logger("serve")
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def serve_api(settings: Settings, *, shared: bool) -> None:
    """Serve in this process until SIGINT or SIGTERM, then finish what was accepted.

    shared: other processes listen on the same port, and the kernel deals connections out to them
    """
    configure_logs(form=settings.log_format, level=settings.log_level)
    with (
        usable_database(settings) as url,
        _listening(settings, shared=shared) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, url, listener))


def supervise_api(settings: Settings, *, workers: int) -> None:
    """Serve in several processes until SIGINT or SIGTERM, then let each finish what it accepted.

    Raises CommandError where one ends by itself: all are stopped, for whoever supervises this one to start again.
    """
    with usable_database(settings) as url, tempfile.TemporaryDirectory(prefix="scrip-metrics-") as metrics:
        environment = {**os.environ, METRICS_FOLDER: metrics}
        children: list[Child] = []
        try:
            children.extend(Child.start(("serve", "--shared"), environment) for _ in range(workers))
            for child in children:
                child.send_database(url)
            ended = await_first_end(children)
        except KeyboardInterrupt:
            return
        finally:
            stop_children(children, shutdown_seconds=settings.shutdown_seconds)
    raise CommandError(f"an API process ended with code {ended.code()}, so all were stopped.")


async def _serve(settings: Settings, url: str, listener: socket.socket) -> None:
    registry = CollectorRegistry()
    async with open_application(settings, url=url, observer=EngineMetrics(registry), origin="api") as application:
        app = compose_api(application, registry)
        config = server_config(app, host=settings.host, port=settings.port, drain_seconds=settings.shutdown_seconds)
        server = _Server(config)
        settle_memory()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, server.stop)
        # What others erase must leave this process's memory too.
        application.notices.wake()
        async with recorded(application):
            LOG.info("serving", url=f"http://{settings.host}:{settings.port}/graphql")
            await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """Leaves signals to the event loop: uvicorn would raise them again while the engine still drains."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """Stop accepting and finish what was accepted."""
        self.should_exit = True


@contextmanager
def _listening(settings: Settings, *, shared: bool) -> Iterator[socket.socket]:
    try:
        listener = listening_socket(settings.host, settings.port, shared=shared)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise CommandError(
            f"cannot listen on {place} ({error.strerror}); choose another with SCRIP_HOST or SCRIP_PORT."
        ) from None
    with listener:
        yield listener
