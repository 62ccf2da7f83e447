"""Who guesses codes, counted by till, by merchant and by network, in all processes alike.

A wrong code is told to the other processes by a notice, so that a client gains nothing by being served by several. What
is right costs nothing: only wrong codes, and the first right one after them, are told. Throttling itself bounds how
many notices a guesser causes.
"""

import base64
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from graphql_api.attempt_limits import AttemptLimiter
from graphql_api.notices import Notices

CHANNEL: Final = "scrip_attempts"
PENDING_MAX: Final = 10_000
_KEY_BYTES: Final = 12
_PAYLOAD_KEYS_MAX: Final = 400
_WRONG, _RIGHT = b"-", b"+"
IN_FLIGHT_MAX: Final = 256
"""Attempts of one merchant at the same moment: more than its tills make, and all that a burst of guesses gets."""
_PROCESS_BYTES: Final = 8


class Attempt(NamedTuple):
    """Who tries a code. A merchant's server may name no till, and nobody may know where it calls from."""

    merchant_id: UUID
    terminal: str | None = None
    network: str | None = None


class CodeGuesses:
    """Counts wrong codes and says how long the next attempt must wait; a channel of `notices`.

    A till that is typed at badly must not stop its whole shop at once, nor a shop the street that it shares a network
    with; many tills of one shop that guess must, and many shops of one network.
    """

    def __init__(self, notices: Notices, *, now: Callable[[], float] = time.monotonic) -> None:
        self._notices = notices
        self._now = now
        self._process = secrets.token_bytes(_PROCESS_BYTES)
        self._limiters = {
            b"t": AttemptLimiter(free=5, forgive_seconds=600.0),
            b"m": AttemptLimiter(free=50, forgive_seconds=30.0),
            b"n": AttemptLimiter(free=100, forgive_seconds=15.0),
        }
        self._in_flight: dict[bytes, int] = {}
        self._pending: list[bytes] = []
        notices.add(self)

    @contextmanager
    def attempting(self, attempt: Attempt) -> Iterator[float]:
        """How long the attempt must wait; where that is 0, it is in flight until the end of the block."""
        merchant = _keys_of(attempt)[1]
        before = self._in_flight.get(merchant, 0)
        self._in_flight[merchant] = before + 1
        try:
            yield self.wait_seconds(attempt) or float(before >= IN_FLIGHT_MAX)
        finally:
            left = self._in_flight.pop(merchant) - 1
            if left:
                self._in_flight[merchant] = left

    def wait_seconds(self, attempt: Attempt) -> float:
        """How long the next attempt must wait; 0 when it may come now."""
        now = self._now()
        return max(self._limiters[key[:1]].wait_seconds(key, now) for key in _keys_of(attempt))

    def failed(self, attempt: Attempt) -> None:
        """Notes a wrong code."""
        for key in _keys_of(attempt):
            self._limiters[key[:1]].failed(key, self._now())
            self._tell(_WRONG + key)

    def succeeded(self, attempt: Attempt) -> None:
        """Notes a right code: the till starts afresh; its shop does not, or one right code would buy fifty guesses."""
        key = _keys_of(attempt)[0]
        if self._limiters[b"t"].succeeded(key):
            self._tell(_RIGHT + key)

    def _tell(self, told: bytes) -> None:
        self._pending.append(told)
        if len(self._pending) > PENDING_MAX:
            del self._pending[0]
        self._notices.wake()

    # -- as a channel ------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """One channel for all books: a till guesses the same whatever it asks for."""
        return CHANNEL

    def hear(self, payload: str) -> None:
        """Counts what other processes saw."""
        try:
            raw = base64.b64decode(payload, validate=True)
        except ValueError:
            return
        if raw[:_PROCESS_BYTES] == self._process:
            return
        size = 1 + _KEY_BYTES
        for at in range(_PROCESS_BYTES, len(raw) - size + 1, size):
            self._count(raw[at : at + 1], raw[at + 1 : at + size])

    def _count(self, how: bytes, key: bytes) -> None:
        limiter = self._limiters.get(key[:1])
        if limiter is None:
            return
        if how == _WRONG:
            limiter.failed(key, self._now())
        else:
            limiter.succeeded(key)

    def miss(self) -> None:
        """What others saw meanwhile is not counted here; what this process sees is."""

    def take(self) -> Sequence[str]:
        """All that waits, in payloads of bounded size."""
        told, self._pending = self._pending, []
        parts = range(0, len(told), _PAYLOAD_KEYS_MAX)
        return [base64.b64encode(self._process + b"".join(told[at : at + _PAYLOAD_KEYS_MAX])).decode() for at in parts]

    def give_back(self, payloads: Sequence[str]) -> None:
        """Dropped: old attempts are worth little, and new ones count wherever they are made."""


@lru_cache(maxsize=10_000)
def _keys_of(attempt: Attempt) -> tuple[bytes, ...]:
    """A key for each thing that wrong codes are counted by, the till's first. Nothing can be read from them."""
    merchant = attempt.merchant_id.bytes
    keys = _key(b"t", merchant + (attempt.terminal or "").encode()), _key(b"m", merchant)
    return keys if attempt.network is None else (*keys, _key(b"n", attempt.network.encode()))


def _key(kind: bytes, content: bytes) -> bytes:
    return kind + blake2b(content, digest_size=_KEY_BYTES - 1, person=kind).digest()
