"""Child processes of `scrip run`: each is a `scrip` command that dies with its parent."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from graphql_api.processes.lifeline import VARIABLE

LOOK_SECONDS = 1.0
STOP_SECONDS_MORE = 5
"""What a child may take beyond `SCRIP_SHUTDOWN_SECONDS`, in which it answers clients: the last batch, and goodbye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A running `scrip NAME`."""

    name: str
    process: subprocess.Popen[bytes]
    lifeline: int

    @classmethod
    def start(cls, words: Sequence[str], environment: Mapping[str, str]) -> "Child":
        """Start `scrip WORDS` in a session of its own, so that Ctrl-C reaches it only through its parent, in order."""
        read_end, write_end = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-m", "graphql_api.processes.cli", *words],
            env={**environment, VARIABLE: str(read_end)},
            pass_fds=(read_end,),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)
        return cls(name=words[0], process=process, lifeline=write_end)

    def send_database(self, url: str) -> None:
        """Tell the child that the database is ready; one that has ended already is noticed by its code."""
        with suppress(BrokenPipeError):
            os.write(self.lifeline, url.encode() + b"\n")

    def code(self) -> int | None:
        """Return its exit code, None while it runs."""
        return self.process.poll()


def await_first_end(children: Sequence[Child], meanwhile: Callable[[], None] = lambda: None) -> Child:
    """Wait until one of them has ended, and return it; looks once a second, and does `meanwhile` then."""
    while True:
        for child in children:
            if child.code() is not None:
                return child
        meanwhile()
        time.sleep(LOOK_SECONDS)


def stop_children(children: Sequence[Child], *, shutdown_seconds: float) -> None:
    """Ask all to stop, wait while they finish what they accepted, and kill what does not."""
    deadline = time.monotonic() + shutdown_seconds + STOP_SECONDS_MORE
    for child in children:
        child.process.terminate()
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        os.close(child.lifeline)
