"""The worker's rounds: at once while there is more, at intervals otherwise, and never ended by a failure."""

import asyncio

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from audit.rollback import LogRolledBack
from graphql_api.processes.worker import Round, pause_seconds, run_rounds
from graphql_api.processes.worker_metrics import RoundMetrics


async def test_a_round_repeats_at_once_while_it_finds_work() -> None:
    """A backlog is worked off without pauses."""
    stop = asyncio.Event()
    backlog = [3, 2, 1, 0]

    async def work() -> int:
        done = backlog.pop(0)
        if done == 0:
            stop.set()
        return done

    async with asyncio.timeout(30):
        await run_rounds([Round(name="expiry", work=work, pause_seconds=60)], stop, RoundMetrics(CollectorRegistry()))

    assert backlog == []


async def test_a_failing_round_is_tried_again() -> None:
    """A database that restarts ends no worker."""
    stop = asyncio.Event()
    outcomes: list[Exception | int] = [ConnectionError("gone"), ConnectionError("gone"), 0]

    async def work() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        stop.set()
        return outcome

    async with asyncio.timeout(30):
        await run_rounds(
            [Round(name="expiry", work=work, pause_seconds=0.001)], stop, RoundMetrics(CollectorRegistry())
        )

    assert outcomes == []


def test_a_round_that_failed_for_an_hour_is_tried_again_within_seconds() -> None:
    """The pauses grow to ten seconds; one that is longer stays as it is."""

    async def work() -> int:
        return 0

    often = Round(name="sequence", work=work, pause_seconds=0.4)
    seldom = Round(name="reconcile", work=work, pause_seconds=60)

    assert [pause_seconds(often, failures) for failures in (0, 1, 3, 6, 1000)] == [0.4, 0.8, 3.2, 10, 10]
    assert [pause_seconds(seldom, failures) for failures in (0, 1, 1000)] == [60, 60, 60]


async def test_a_failing_round_says_why_without_values() -> None:
    """A log that was rolled back is told in our words; of what is not ours stands the kind and the place, never the words."""
    stop = asyncio.Event()
    outcomes: list[Exception | int] = [LogRolledBack("it knows 9 entries"), OSError(28, "x"), ValueError("Ada"), 0]

    async def work() -> int:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        stop.set()
        return outcome

    with capture_logs() as logged:
        async with asyncio.timeout(30):
            await run_rounds(
                [Round(name="sequence", work=work, pause_seconds=0.001)], stop, RoundMetrics(CollectorRegistry())
            )

    rolled_back, lost, bug = logged
    assert (rolled_back["error"], rolled_back["reason"]) == ("audit.rollback.LogRolledBack", "it knows 9 entries")
    assert (lost["error"], lost["errno"], lost.get("traceback")) == ("builtins.OSError", "ENOSPC", None)
    assert bug["traceback"]
    assert "Ada" not in str(bug)


async def test_a_worker_without_rounds_waits_to_be_stopped() -> None:
    """It does not end by itself."""
    stop = asyncio.Event()
    running = asyncio.create_task(run_rounds([], stop, RoundMetrics(CollectorRegistry())))
    await asyncio.sleep(0.05)

    assert not running.done()

    stop.set()
    async with asyncio.timeout(30):
        await running
