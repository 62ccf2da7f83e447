"""Reading the pieces of a large bundle in several processes, a bounded number of pieces at a time."""

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import ClassVar, Final

from audit.entries import MapPieces
from audit.entry_reading import Found, Piece

START_METHOD = "fork" if sys.platform == "linux" else "spawn"
"""How processes are started: forked where that is safe and quick."""


class ReaderDied(Exception):
    """A process that was reading entries has ended before its time; what it would have found is not known."""

    code: ClassVar[str] = "READER_DIED"


_AHEAD: Final = 2
"""Pieces that wait for each process, so that none is idle."""


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def reading_in(processes: int, start_method: str | None = None) -> Iterator[MapPieces]:
    """How to read pieces in that many processes; in this one where it is one, or where the system starts no others.

    A process that dies is never passed over: reading then raises ReaderDied.
    """
    pool = _start(processes, start_method or START_METHOD) if processes > 1 else None
    if pool is None:
        yield map
        return
    with pool:
        yield partial(_map, pool, processes * _AHEAD)


def _start(processes: int, start_method: str) -> ProcessPoolExecutor | None:
    try:
        pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context(start_method))
        pool.submit(os.getpid).result()
    except (OSError, ImportError, NotImplementedError, BrokenProcessPool):
        return None
    return pool


def _map(
    pool: ProcessPoolExecutor, waiting_max: int, read: Callable[[Piece], Found], pieces: Iterable[Piece], /
) -> Iterator[Found]:
    waiting: deque[Future[Found]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(read, piece))
            if len(waiting) >= waiting_max:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise ReaderDied("a process that was reading entries has died; --processes 1 needs no other") from None
