"""Running a process that does nothing but bulk work: loading the demo, importing a file."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import uvloop

T = TypeVar("T")

_ALLOCATIONS_BETWEEN_COLLECTIONS: Final = 200_000
"""A list of 1,000 commands makes some 100,000 rows and values, all freed by their reference counts. With the default
of 700 the collector walks them a hundred times a list, a fifth of the whole CPU time."""


def run_bulk(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs the coroutine to its end on a fast event loop, with the garbage collector out of the way."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
