"""Replies: what an accepted command answers, as a value."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def reply(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass, as the type checker enforces it.

    At run time it is an ordinary one: a frozen one takes four times as long to make (a call for each field), one with
    slots twice as long to serialise, and every command makes and freezes one.
    """
    return dataclass(kw_only=True, unsafe_hash=True)(cls)
