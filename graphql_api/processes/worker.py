"""The worker process: rounds of work that is due, at their intervals, until it is asked to stop.

What the rounds are, `rounds_of` says. A round is safe to run twice and in two processes.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import monotonic, perf_counter

import structlog
from prometheus_client import CollectorRegistry

from audit.process_life import ClockWatch
from audit.rollback import LogRolledBack
from audit.signing import SigningKey
from audit.static_files import StaticFiles
from audit.tree import TreeDamaged
from graphql_api.audit_log.log_key import load_log_key
from graphql_api.bootstrap import Application, open_application
from graphql_api.errors import describe_exception, name_exception
from graphql_api.http.logs import configure_logs
from graphql_api.processes.cli.failure import CommandError
from graphql_api.processes.database import usable_database
from graphql_api.processes.engine_metrics import EngineMetrics
from graphql_api.processes.export_rounds import ExportRounds
from graphql_api.processes.key_rounds import KeyRounds
from graphql_api.processes.log_rounds import LogRounds
from graphql_api.processes.memory import settle_memory
from graphql_api.processes.reconciling_round import ReconcilingRound
from graphql_api.processes.recorded_life import recorded
from graphql_api.processes.setting_folder import require_folder
from graphql_api.processes.worker_metrics import LogMetrics, RoundMetrics, metrics_page
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError
from ledger.campaigns.figure_roll_up import roll_up_figures
from ledger.engine.roll_up import roll_up
from ledger.engine.sweep import SweepCount
from ledger.engine.writer import LOST
from ledger.points.sweeps import sweep_due
from ledger.tiers.sweeps import TierSweepCount, sweep_tiers
from ledger.vouchers.sweeps import PackSweepCount, sweep_packs, sweep_vouchers

PAUSE_SECONDS_MAX = 60.0
RETRY_SECONDS_MAX = 10.0
"""However long the database was away, work goes on within seconds of it."""
SWEEP_PAUSE_SECONDS = 1.0
ROLL_UP_PAUSE_SECONDS = 15.0
SEQUENCE_PAUSE_SECONDS = 0.4
PUBLISH_PAUSE_SECONDS = 10.0
ERASURE_PAUSE_SECONDS = 5.0
CLOCK_PAUSE_SECONDS = 10.0
EXPORT_PAUSE_SECONDS = 5.0
LOG_FOLDER_MODE = 0o750
"""As the log's files: entries are nobody else's."""
LOG = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One kind of due work: `work` does a bounded batch and returns how much it did."""

    name: str
    work: Callable[[], Awaitable[int]]
    pause_seconds: float


def run_worker(settings: Settings) -> None:
    """Work until SIGINT or SIGTERM; the batch at hand is finished first.

    Raises CommandError where the database's audit log is not a continuation of what is known of it, and SettingsError
    where in production nothing would be known of it, or its folder cannot be written.
    """
    _require_memory(settings)
    if settings.log_folder:
        require_folder("SCRIP_LOG_FOLDER", settings.log_folder, mode=LOG_FOLDER_MODE)
    configure_logs(form=settings.log_format, level=settings.log_level)
    key = load_log_key(settings)
    with usable_database(settings) as url:
        asyncio.run(_work(settings, key, url))


def _require_memory(settings: Settings) -> None:
    """A worker that knows no checkpoint at its start signs whatever a restored or rewritten database holds."""
    is_known = settings.log_folder or settings.log_known_checkpoint
    if settings.environment is Environment.PRODUCTION and not is_known:
        raise SettingsError(
            ("SCRIP_LOG_FOLDER and SCRIP_LOG_KNOWN_CHECKPOINT are missing; a worker needs one, to know the log again.",)
        )


def rounds_of(application: Application, log: LogRounds) -> Sequence[Round]:
    """Return the rounds of all features."""
    reader, engine, units = application.reader, application.engine, application.units
    whole = ReconcilingRound(application=application)
    exports = ExportRounds(application=application, key=log.key)
    keys = KeyRounds(application=application, clock=ClockWatch(application.audit.acts, monotonic))
    counted = (
        ("due", "due events posted", partial(sweep_due, reader, engine), SWEEP_PAUSE_SECONDS),
        ("vouchers", "vouchers expired", partial(sweep_vouchers, reader, engine), SWEEP_PAUSE_SECONDS),
        ("tiers", "tiers reviewed", partial(sweep_tiers, reader, engine), SWEEP_PAUSE_SECONDS),
        ("packs", "packs of tiers tried", partial(sweep_packs, reader, engine), SWEEP_PAUSE_SECONDS),
        ("roll_up", "open accounts rolled up", partial(roll_up, reader, units), ROLL_UP_PAUSE_SECONDS),
        ("figures", "figures rolled up", partial(roll_up_figures, reader, units), ROLL_UP_PAUSE_SECONDS),
    )
    return (
        *(Round(name=name, work=partial(_do, words, work), pause_seconds=each) for name, words, work, each in counted),
        Round(name="sequence", work=log.sequence, pause_seconds=SEQUENCE_PAUSE_SECONDS),
        Round(name="publish", work=log.publish, pause_seconds=PUBLISH_PAUSE_SECONDS),
        Round(name="erasures", work=keys.settle_erasures, pause_seconds=ERASURE_PAUSE_SECONDS),
        Round(name="revived", work=keys.find_revived, pause_seconds=PAUSE_SECONDS_MAX),
        Round(name="expiry", work=keys.expire, pause_seconds=PAUSE_SECONDS_MAX),
        Round(name="turnover", work=keys.turn_over, pause_seconds=PAUSE_SECONDS_MAX),
        Round(name="exports", work=exports.make_due, pause_seconds=EXPORT_PAUSE_SECONDS),
        Round(name="reconcile", work=whole.reconcile, pause_seconds=PAUSE_SECONDS_MAX),
        Round(name="clock", work=keys.watch_clock, pause_seconds=CLOCK_PAUSE_SECONDS),
    )


async def _do(words: str, work: Callable[[], Awaitable[int | SweepCount | TierSweepCount | PackSweepCount]]) -> int:
    """Does the work, logs what it came to where it came to anything, and returns how much was due: the first count."""
    came = await work()
    counts = {"count": came} if isinstance(came, int) else asdict(came)
    due: int = next(iter(counts.values()))
    if due:
        LOG.info(words, **counts)
    return due


async def _work(settings: Settings, key: SigningKey, url: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    registry = CollectorRegistry()
    metrics = RoundMetrics(registry)
    log = LogRounds(
        url=url,
        key=key,
        known_at=settings.log_known_checkpoint,
        files=StaticFiles(settings.log_folder) if settings.log_folder else None,
        metrics=LogMetrics(registry),
    )
    async with open_application(settings, url=url, observer=EngineMetrics(registry), origin="worker") as application:
        await _open_log(log)
        settle_memory()
        with metrics_page(registry, host=settings.host, port=settings.worker_port):
            async with recorded(application):
                await run_rounds(rounds_of(application, log), stop, metrics)
        log.close()


async def _open_log(log: LogRounds) -> None:
    try:
        await log.open()
    except (LogRolledBack, TreeDamaged) as error:
        raise CommandError(f"the audit log may not be continued: {error}.") from None


async def repeat(due: Round, stop: asyncio.Event, metrics: RoundMetrics) -> None:
    """Run one kind of work until `stop`: at once while there is more, else after its pause.

    A failure is logged and tried again after a growing pause; a database that restarts ends no worker.
    """
    failures = 0
    while not stop.is_set():
        started = perf_counter()
        try:
            done = await due.work()
        except Exception as error:  # noqa: BLE001 - whatever it is, the round is tried again
            failures += 1
            done = 0
            metrics.failed(due.name)
            # Not LOG.exception: a traceback quotes values, which may be personal.
            LOG.error("round failed", round=due.name, failures=failures, **_told(error))  # noqa: TRY400
        else:
            failures = 0
            metrics.succeeded(due.name, done, perf_counter() - started)
        if done == 0:
            await _pause(stop, pause_seconds(due, failures))


def pause_seconds(due: Round, failures: int) -> float:
    """How long the round waits after so many failures in a row: ever longer, within a bound, and never less than else."""
    return max(due.pause_seconds, min(due.pause_seconds * 2.0 ** min(failures, 10), RETRY_SECONDS_MAX))


def _told(error: Exception) -> dict[str, object]:
    """What an operator needs of it: the message only where it is ours, where it was raised only where it may be a bug."""
    match error:
        case LogRolledBack() | TreeDamaged():
            return {**name_exception(error), "reason": str(error)}
        case _ if isinstance(error, LOST):
            return name_exception(error)
        case _:
            return describe_exception(error)


async def run_rounds(rounds: Sequence[Round], stop: asyncio.Event, metrics: RoundMetrics) -> None:
    """Run all kinds of work side by side until `stop`."""
    async with asyncio.TaskGroup() as group:
        group.create_task(stop.wait())
        for due in rounds:
            group.create_task(repeat(due, stop, metrics))


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
