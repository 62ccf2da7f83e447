"""Processes that run commands at the same moment, each with an engine of its own."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID

from graphql_api.bootstrap import open_application
from graphql_api.settings import Settings
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome

RACERS = 3
WAIT_SECONDS_MAX = 60

Commands = Sequence[Command[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command came to: a refusal's code or "", the entry, and whether it was a replay."""

    code: str
    entry_id: UUID | None
    replayed: bool


@dataclass(frozen=True, slots=True)
class Racers:
    """What a test holds: one pipe to each process."""

    pipes: Sequence["Connection[Any, Any]"]

    async def race(self, url: str, settings: Settings, each: Sequence[Commands]) -> list[list[Result]]:
        """Runs each list in a process of its own, all its commands at once; the results in their order."""
        assert len(each) <= len(self.pipes)
        shares = [*each, *([[]] * (len(self.pipes) - len(each)))]
        for pipe, commands in zip(self.pipes, shares, strict=True):
            pipe.send((url, settings, list(commands)))
        answers = [await asyncio.to_thread(_receive, pipe) for pipe in self.pipes]
        failed = [answer for answer in answers if isinstance(answer, str)]
        assert not failed, failed[0]
        return answers[: len(each)]


def _receive(pipe: "Connection[Any, Any]") -> Any:
    assert pipe.poll(WAIT_SECONDS_MAX), "a racer does not answer"
    return pipe.recv()


@contextmanager
def running_racers() -> Iterator[Racers]:
    """Starts the processes, and ends them afterwards."""
    # Each is forked from one process that has imported the product, not from this one with its threads.
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    barrier = context.Barrier(RACERS)
    pipes: list[Connection[Any, Any]] = []
    processes: list[BaseProcess] = []
    for _ in range(RACERS):
        ours, theirs = context.Pipe()
        process: BaseProcess = context.Process(target=_serve, args=(theirs, barrier), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        yield Racers(pipes)
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join(10)
            process.kill()
            process.join()
            process.close()


def _serve(pipe: "Connection[Any, Any]", barrier: Barrier) -> None:
    while True:
        try:
            url, settings, commands = pipe.recv()
        except EOFError:
            return
        try:
            answer: object = asyncio.run(_run(url, settings, commands, barrier))
        except Exception as error:  # noqa: BLE001 - told to the test
            barrier.abort()
            answer = repr(error)
        pipe.send(answer)


async def _run(url: str, settings: Settings, commands: Commands, barrier: Barrier) -> list[Result]:
    async with open_application(settings, url=url) as application:
        await asyncio.to_thread(barrier.wait, WAIT_SECONDS_MAX)
        outcomes = await asyncio.gather(*(application.engine.execute(command) for command in commands))
    return [_result(outcome) for outcome in outcomes]


def _result(outcome: Outcome[Any]) -> Result:
    code = "" if outcome.refusal is None else outcome.refusal.code.value
    return Result(code=code, entry_id=getattr(outcome.reply, "entry_id", None), replayed=outcome.replayed)
