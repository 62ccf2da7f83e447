"""The worker process: rounds of work that is due, at their intervals, until it is asked to stop.

What the rounds are, `rounds_of` says. A round is safe to run twice and in two processes.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from graphql_api.bootstrap import Application, open_application
from graphql_api.http.logs import configure_logs
from graphql_api.processes.collector import settle_collector
from graphql_api.processes.database import usable_database
from graphql_api.settings import Settings
from ledger.engine.roll_up import roll_up
from ledger.points.sweeps import sweep_due

PAUSE_SECONDS_MAX = 60.0
SWEEP_PAUSE_SECONDS = 1.0
ROLL_UP_PAUSE_SECONDS = 15.0
LOG = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One kind of due work: `work` does a bounded batch and returns how much it did."""

    name: str
    work: Callable[[], Awaitable[int]]
    pause_seconds: float


def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; the batch at hand is finished first."""
    configure_logs(form=settings.log_format.value, level=settings.log_level.value)
    with usable_database(settings) as url:
        asyncio.run(_work(settings, url))


def rounds_of(application: Application) -> Sequence[Round]:
    """Return the rounds of all features."""
    return (
        Round(name="due", work=partial(_sweep, application), pause_seconds=SWEEP_PAUSE_SECONDS),
        Round(name="roll_up", work=partial(_roll_up, application), pause_seconds=ROLL_UP_PAUSE_SECONDS),
    )


async def _sweep(application: Application) -> int:
    swept = await sweep_due(application.reader, application.engine)
    if swept.wallets:
        LOG.info("due events posted", wallets=swept.wallets, lines=swept.versions)
    return swept.wallets


async def _roll_up(application: Application) -> int:
    accounts = await roll_up(application.reader, application.units)
    if accounts:
        LOG.info("open accounts rolled up", accounts=accounts)
    return accounts


async def _work(settings: Settings, url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_application(settings, url=url, origin="worker") as application:
        settle_collector()
        await run_rounds(rounds_of(application), stop)


async def repeat(due: Round, stop: asyncio.Event) -> None:
    """Run one kind of work until `stop`: at once while there is more, else after its pause.

    A failure is logged and tried again after a growing pause; a database that restarts ends no worker.
    """
    failures = 0
    while not stop.is_set():
        try:
            done = await due.work()
            failures = 0
        except Exception:
            failures += 1
            done = 0
            LOG.exception("round failed", round=due.name, failures=failures)
        if done == 0:
            await _pause(stop, min(due.pause_seconds * 2 ** min(failures, 10), PAUSE_SECONDS_MAX))


async def run_rounds(rounds: Sequence[Round], stop: asyncio.Event) -> None:
    """Run all kinds of work side by side until `stop`."""
    async with asyncio.TaskGroup() as group:
        group.create_task(stop.wait())
        for due in rounds:
            group.create_task(repeat(due, stop))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
