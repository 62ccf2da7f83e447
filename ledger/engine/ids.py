"""Ids: UUIDv7 (RFC 9562, 5.7), rising within a process, whose 12 bits after the version carry the book's number."""

import os
import time
from collections.abc import Callable
from random import Random
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID  # a uuid.UUID, made eight times faster  # noqa: N811

_RANDOM_BITS = 62
_VERSION = 0x7 << 12
_VARIANT = 0b10 << _RANDOM_BITS
_STEP_BITS = 24
BOOK_NUMBER_MAX = 4095


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class IdSource:
    """Makes ids in rising order: 48 bits of milliseconds, the book's number, 62 random bits that only grow in a tick.

    The millisecond is the machine's, not the ledger's `now`: ids are names, no statement about business time. They are
    not secrets either, so a seeded generator suffices for their random bits.
    """

    __slots__ = ("_clock_ms", "_low", "_ms", "_prefix", "_random", "book_number")

    def __init__(self, book_number: int, seed: bytes | None = None, clock_ms: Callable[[], int] = _now_ms) -> None:
        if not 1 <= book_number <= BOOK_NUMBER_MAX:
            raise ValueError(f"a book's number is 1 to {BOOK_NUMBER_MAX}, not {book_number}")
        self.book_number = book_number
        self._random = Random(seed or os.urandom(16)).getrandbits  # noqa: S311 - ids are no secrets
        self._clock_ms = clock_ms
        self._begin(0)

    def tick(self) -> None:
        """Moves to the present millisecond with fresh random bits; called once a batch."""
        now_ms = self._clock_ms()
        if now_ms > self._ms:
            self._begin(now_ms)

    def new(self) -> UUID:
        """The next id; ids of one source never fall."""
        self._low += 1 + self._random(_STEP_BITS)
        if self._low >> _RANDOM_BITS:
            self._begin(self._ms + 1)
        return DriverUUID(self._prefix + (_VARIANT | self._low).to_bytes(8))

    def _begin(self, ms: int) -> None:
        self._ms = ms
        self._prefix = (ms << 16 | _VERSION | self.book_number).to_bytes(8)
        self._low = self._random(_RANDOM_BITS - 1)
