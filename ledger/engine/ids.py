"""Ids: UUIDv7 (RFC 9562, 5.7), rising within a process, whose 12 bits after the version carry the book's number."""

import os
import time
from collections.abc import Callable
from random import Random
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID  # a uuid.UUID, made eight times faster  # noqa: N811

_RANDOM_BITS = 62
_STEP_BITS = 24
BOOK_NUMBER_MAX = 4095


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class IdSource:
    """Makes ids in rising order: 48 bits of milliseconds, the book's number, 62 random bits that only grow in a tick.

    The millisecond is the machine's, not the ledger's `now`: ids are names, no statement about business time. They are
    not secrets either, so a seeded generator suffices for their random bits.
    """

    __slots__ = ("_clock_ms", "_high", "_low", "_random", "book_number")

    def __init__(self, book_number: int, seed: bytes | None = None, clock_ms: Callable[[], int] = _now_ms) -> None:
        if not 1 <= book_number <= BOOK_NUMBER_MAX:
            raise ValueError(f"a book's number is 1 to {BOOK_NUMBER_MAX}, not {book_number}")
        self.book_number = book_number
        self._random = Random(seed or os.urandom(16)).getrandbits  # noqa: S311 - ids are no secrets
        self._clock_ms = clock_ms
        self._high = 0
        self._low = 0

    def tick(self) -> None:
        """Moves to the present millisecond with fresh random bits; called once a batch."""
        high = self._clock_ms()
        if high > self._high:
            self._high = high
            self._low = self._random(_RANDOM_BITS - 1)

    def new(self) -> UUID:
        """The next id; ids of one source never fall."""
        self._low += 1 + self._random(_STEP_BITS)
        if self._low >> _RANDOM_BITS:
            self._high += 1
            self._low = self._random(_RANDOM_BITS - 1)
        value = self._high << 80 | 0x7 << 76 | self.book_number << 64 | 0b10 << 62 | self._low
        return DriverUUID(value.to_bytes(16))
