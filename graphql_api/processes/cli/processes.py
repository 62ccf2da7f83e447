"""`scrip run`, `scrip serve` and `scrip worker`: what stays up until it is stopped."""

import os
from typing import Annotated

import typer


def run() -> None:
    """Run everything in this terminal: database, API, worker and demo data.

    For development. Ctrl-C stops all of it; what was recorded stays in SCRIP_VAR.

    Examples:
        scrip run

        SCRIP_PORT=8001 scrip run
    """
    from graphql_api.processes.run import run_everything
    from graphql_api.settings import read_settings

    run_everything(read_settings(os.environ))


def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="API processes that share the port.")] = 1,
    shared: Annotated[bool, typer.Option("--shared", hidden=True)] = False,
) -> None:
    """Serve the GraphQL API until it is stopped; what was accepted is finished first.

    Examples:
        scrip serve

        SCRIP_DATABASE_URL=postgresql://scrip@db/scrip scrip serve --workers 4
    """
    from graphql_api.settings import read_settings

    settings = read_settings(os.environ)

    from graphql_api.processes.serve import serve_api, supervise_api

    if workers == 1:
        serve_api(settings, shared=shared)
    else:
        supervise_api(settings, workers=workers)


def worker() -> None:
    """Run the sweeps and sequence the audit log: post what is due, and sign what was recorded. Safe to run twice.

    Example:
        scrip worker
    """
    from graphql_api.processes.worker import run_worker
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings

    run_worker(read_settings(os.environ, needs=(Need.SEALING,)))
