"""A child of `scrip run` waits for the database and never outlives its parent, however the parent ends."""

import os
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic

import pytest

from graphql_api.processes.children import Child, await_first_end, stop_children
from graphql_api.processes.lifeline import VARIABLE

CHILD = """
from graphql_api.processes.lifeline import database_from_parent
import threading
print(database_from_parent(), flush=True)
threading.Event().wait(30)
"""


@pytest.fixture
def child() -> Iterator[Child]:
    """A process that waits for its parent's word and then for its end."""
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env={**os.environ, VARIABLE: str(read_end)},
        pass_fds=(read_end,),
        stdout=subprocess.PIPE,
    )
    os.close(read_end)
    yield Child(name="child", process=process, lifeline=write_end)
    process.kill()
    process.communicate()


def first_line(child: Child) -> bytes:
    """Return what the child printed first, waiting for it."""
    assert child.process.stdout is not None
    return child.process.stdout.readline()


def test_a_child_learns_the_database_from_its_parent(child: Child) -> None:
    """It imports meanwhile and connects when it is told where."""
    child.send_database("postgresql://here/scrip")

    assert first_line(child) == b"postgresql://here/scrip\n"
    assert child.code() is None


def test_a_child_ends_with_its_parent(child: Child) -> None:
    """The kernel closes the pipe of a parent that was killed."""
    child.send_database("postgresql://here/scrip")
    first_line(child)

    os.close(child.lifeline)

    assert child.process.wait(10) != 0


def test_a_child_that_still_waits_ends_with_its_parent(child: Child) -> None:
    """Also when the parent failed before the database was ready."""
    os.close(child.lifeline)

    assert child.process.wait(10) == 0
    assert first_line(child) == b""


def test_children_are_stopped_together(child: Child) -> None:
    """Nothing is left running, and the first that ends is named."""
    child.send_database("postgresql://here/scrip")
    first_line(child)

    stop_children([child], shutdown_seconds=15)

    assert await_first_end([child]) is child


def test_children_are_looked_at_once_a_second(child: Child) -> None:
    """A terminal that is left open all day costs next to nothing, and what is done meanwhile is a look at the database."""
    began, looks = monotonic(), 0

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            child.process.kill()

    assert await_first_end([child], look) is child
    assert (looks, monotonic() - began >= 2) == (2, True)
