"""Running a process that does nothing but bulk work: loading the demo, importing a file."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop

from graphql_api.processes.collector import settle_collector

T = TypeVar("T")

Progress = Callable[[str, int], None]
"""Told what is being done, or what came of it so far, and how much more is done: bytes of a file, events of the demo."""


def run_bulk(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs the coroutine to its end on a fast event loop, with the garbage collector out of the way."""
    before = gc.get_threshold()
    settle_collector()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
