"""Running a process that does nothing but bulk work: loading the demo, importing a file."""

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import uvloop

from graphql_api.processes.command_logs import log_beside_answers
from graphql_api.processes.memory import settle_memory

T = TypeVar("T")

Progress = Callable[[str, int], None]
"""Told what is being done, or what came of it so far, and how much more is done: bytes of a file, events of the demo."""


def run_bulk(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs the coroutine to its end on a fast event loop, with the garbage collector out of the way."""
    log_beside_answers()
    before = gc.get_threshold()
    settle_memory()
    try:
        with _cancelled_by_sigterm(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work())
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _cancelled_by_sigterm() -> Iterator[None]:
    """A script has SIGINT ignored for what it runs in the background, and the command line takes SIGTERM as Ctrl-C, which
    a runner takes as the end of its work only where SIGINT has its handler. It has so meanwhile, blocked: it never comes.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
