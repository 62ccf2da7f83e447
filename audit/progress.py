"""How far reading the log is, for whoever waits."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many more events are read, and of how many in all."""


def unwatched(_more: int, _of: int) -> None:
    """Nobody waits."""
