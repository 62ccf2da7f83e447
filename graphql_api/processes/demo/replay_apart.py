"""Replaying the journey in several processes: each has its share of the households, and an engine of its own.

Members have nothing to do with one another but where they compete for a budget: until the last of it is gone, one
process replays everybody's events in their order.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from graphql_api.bootstrap import Application, open_application
from graphql_api.processes.bulk import run_bulk
from graphql_api.processes.demo.journey_events import CampaignStart, Event
from graphql_api.processes.demo.replay import Progress, Replay
from graphql_api.processes.demo.replay_terms import ReplayTerms
from graphql_api.processes.demo.share import Share
from graphql_api.settings import Settings
from ledger.programme.clock import ReplayClock


class ShareLost(Exception):
    """A process that replayed a share ended before its time; what it did stands, and running again does the rest."""


async def replay_journey(application: Application, terms: ReplayTerms, processes: int, progress: Progress) -> None:
    """Replays all of it, this process included in the count. ShareLost where another one ends before its time."""
    replay = terms.replay(application, progress)
    for is_ordered, events in _parts(terms):
        if is_ordered:
            await replay.run(events, lane_count=1)
            continue
        mine, *others = (Share(number, processes) for number in range(processes))
        with _replaying(others, application, terms) as tellings:
            run = replace(replay, share=mine).run(mine.of_events(events))
            await _first_error(run, *(_follow(told, progress) for told in tellings))


def _parts(terms: ReplayTerms) -> Iterator[tuple[bool, Iterator[Event]]]:
    """The events in two parts: those that keep everybody's order, and the others."""
    until = terms.ordered_until
    return groupby(terms.events(), key=lambda event: event.at < until)


async def _first_error(*works: Coroutine[object, object, None]) -> None:
    """Waits for all; where one fails, ends the others and raises what that one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def _replaying(shares: list[Share], application: Application, terms: ReplayTerms) -> Iterator[list[Connection]]:
    """Processes that replay the shares beside the block, and where each tells what it has done; they end with it."""
    started = [_start(share, application, terms) for share in shares]
    try:
        yield [told for _, told in started]
    finally:
        for process, _ in started:
            process.terminate()
            process.join()


def _start(share: Share, application: Application, terms: ReplayTerms) -> tuple[BaseProcess, Connection]:
    """Spawned, not forked: this one has connections and a running loop."""
    context = multiprocessing.get_context("spawn")
    told, telling = context.Pipe(duplex=False)
    arguments = (share, application.settings, application.database.url, terms, telling)
    process = context.Process(target=_replay_share, args=arguments, name=f"share-{share.number}", daemon=True)
    process.start()
    telling.close()
    return process, told


async def _follow(told: Connection, progress: Progress) -> None:
    try:
        while more := await asyncio.to_thread(told.recv):
            progress(more)
    except EOFError:
        raise ShareLost("a process that replayed a share has ended before its time; run the same again.") from None


# -- in the other process ------------------------------------------------------------------------------------------------


def _replay_share(share: Share, settings: Settings, url: str, terms: ReplayTerms, telling: Connection) -> None:
    """Replays the share; tells how many events more are done, and 0 at the end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="lifeline", daemon=True).start()
    run_bulk(lambda: _run_share(share, settings, url, terms, telling))
    telling.send(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


async def _run_share(share: Share, settings: Settings, url: str, terms: ReplayTerms, telling: Connection) -> None:
    def progress(more: int) -> None:
        if more:
            telling.send(more)

    async with open_application(settings, url=url, clock=ReplayClock()) as application:
        replay = replace(terms.replay(application, progress), share=share)
        for is_ordered, events in _parts(terms):
            if is_ordered:
                await _learn(replay, events)
            else:
                await replay.run(share.of_events(events))


async def _learn(replay: Replay, events: Iterator[Event]) -> None:
    """What went out before is not replayed here, but may be used."""
    for event in events:
        if isinstance(event, CampaignStart):
            await replay.vouchers.issued(event)
