"""`scrip run`: the whole product in one terminal, for development.

The order up is database, migrations, API and worker; the order down is the reverse, and nothing stays behind.
A run that was killed is recovered from by the next one: locks and lifelines die with their process, and a
PostgreSQL that survived is adopted. One that was killed under a run is started again.
"""

import errno
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graphql_api.processes.children import Child, await_first_end, stop_children
from graphql_api.processes.cli.failure import CommandError
from graphql_api.processes.cli.output import print_news
from graphql_api.processes.demo.cast_file import DemoCast, remembered_cast
from graphql_api.processes.embedded import own_server, revive_server
from graphql_api.processes.setting_folder import require_folder
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError

PORT_WAIT_SECONDS = 5
READY_SECONDS_MAX = 60


def run_everything(settings: Settings) -> None:
    """Run until Ctrl-C, SIGTERM, or the end of a child."""
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError(("`scrip run` is for development; in production start `scrip serve` and `scrip worker`.",))
    require_folder("SCRIP_VAR", settings.var)
    try:
        _run(settings)
    except KeyboardInterrupt:
        print_news("Stopped.")


def _run(settings: Settings) -> None:
    with _stop_on_signals(), _only_run_in(settings.var):
        _await_free_port(settings.host, settings.port)
        # Children import their libraries while this process migrates, and connect when they are told to.
        with _database(settings) as url, _running_children(settings) as children:
            _migrate(url, settings.book_schema)
            cast = _demo(settings, url)
            for child in children:
                child.send_database(url)
            _await_ready(settings, children)
            _greet(settings, cast)
            ended = await_first_end(children, lambda: _keep_database(settings))
        raise CommandError(f"the process '{ended.name}' ended with code {ended.code()}, so everything was stopped.")


def _demo(settings: Settings, url: str) -> DemoCast | None:
    cast = remembered_cast(settings.var, url)
    if cast is not None:
        return cast
    # Imported here because it brings the whole product with it, which a second start must not wait for.
    from graphql_api.processes.demo.first_load import first_load

    return first_load(settings, url)


def _greet(settings: Settings, cast: DemoCast | None) -> None:
    # Imported here because its token library is slow to import and nobody waits for it earlier.
    from graphql_api.processes.welcome import welcome

    print_news(welcome(settings, cast))


@contextmanager
def _running_children(settings: Settings) -> Iterator[list[Child]]:
    children: list[Child] = []
    environment = {"SCRIP_LOG_LEVEL": "warning", **os.environ}
    try:
        children.extend(Child.start((name,), environment) for name in ("serve", "worker"))
        yield children
    finally:
        stop_children(children, shutdown_seconds=settings.shutdown_seconds)


def _migrate(url: str, book_schema: str) -> None:
    from migrations.apply import migrate

    outcome = migrate(url, book_schema=book_schema)
    if outcome.before != outcome.after:
        print_news(f"Migrated from {outcome.before or 'an empty database'} to {outcome.after}.")


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    if settings.database_url:
        yield settings.database_url
        return
    with own_server(settings.var) as server:
        yield server.url


def _keep_database(settings: Settings) -> None:
    """API and worker outlast a database that restarts, and refuse meanwhile what needs it."""
    if settings.database_url is None and revive_server(settings.var):
        print_news("PostgreSQL had ended and was started again; what was acknowledged is there.")


@contextmanager
def _stop_on_signals() -> Iterator[None]:
    """Unwind at the first signal; later ones must not interrupt the unwinding."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def unwind(number: int, _frame: object) -> None:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    # Set explicitly: a shell that starts us in the background makes us ignore SIGINT.
    for each in numbers:
        signal.signal(each, unwind)
    yield


@contextmanager
def _only_run_in(var: Path) -> Iterator[None]:
    with (var / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CommandError(
                f"Scrip already runs in {var} (process {file.read().strip() or 'unknown'}); stop it, "
                "or set SCRIP_VAR and SCRIP_PORT for a second one."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _await_free_port(host: str, port: int) -> None:
    """Wait a little for the port, which a run that was just killed may hold for a moment longer."""
    deadline = time.monotonic() + PORT_WAIT_SECONDS
    while not _is_free(host, port):
        if time.monotonic() > deadline:
            raise CommandError(
                f"port {port} on {host} is in use by another program; stop that, or choose another port: "
                f"SCRIP_PORT={port + 1} make run"
            )
        time.sleep(0.1)


def _is_free(host: str, port: int) -> bool:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise CommandError(f"SCRIP_HOST={host} is no address of this machine ({error.strerror}).") from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise CommandError(f"port {port} is reserved for root; choose one above 1023 with SCRIP_PORT.") from None
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CommandError(f"SCRIP_HOST={host} is no address of this machine.") from None
            return False
    return True


def _await_ready(settings: Settings, children: list[Child]) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not _answers(settings.host, settings.port):
        for child in children:
            if child.code() is not None:
                raise CommandError(f"the process '{child.name}' ended with code {child.code()} while starting.")
        if time.monotonic() > deadline:
            raise CommandError(f"the API did not answer within {READY_SECONDS_MAX} seconds.")
        time.sleep(0.05)


def _answers(host: str, port: int) -> bool:
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
