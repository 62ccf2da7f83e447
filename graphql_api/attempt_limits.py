"""Slowing down whoever guesses codes: a delay that doubles with each wrong attempt."""

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(slots=True)
class _Failures:
    count: int
    at: float


class AttemptLimiter:
    """Counts wrong attempts per key, such as (merchant, terminal), and says how long the next must wait.

    The first `free` wrong attempts cost nothing; each further one doubles the wait from one second up to
    `delay_max_seconds`. A right attempt forgets the key; without one, each `forgive_seconds` forgives one wrong attempt,
    so that a busy shop's slips never add up. Pure: times are passed in. Bounded: beyond `keys_max` the longest unused
    key is forgotten.
    """

    def __init__(
        self,
        *,
        free: int = 5,
        delay_max_seconds: float = 300.0,
        forgive_seconds: float = 600.0,
        keys_max: int = 100_000,
    ) -> None:
        self._free = free
        self._delay_max_seconds = delay_max_seconds
        self._forgive_seconds = forgive_seconds
        self._keys_max = keys_max
        self._failures: dict[Hashable, _Failures] = {}

    def wait_seconds(self, key: Hashable, now: float) -> float:
        """How long until `key` may try again; 0 when it may now."""
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        excess = failures.count - self._free
        if excess <= 0:
            return 0.0
        delay = min(self._delay_max_seconds, 2.0 ** min(excess - 1, 60))
        return max(0.0, failures.at + delay - now)

    def failed(self, key: Hashable, now: float) -> None:
        """Note a wrong attempt."""
        failures = self._failures.pop(key, None) or _Failures(0, now)
        forgiven = int((now - failures.at) // self._forgive_seconds)
        failures.count = max(0, failures.count - forgiven) + 1
        failures.at = now
        while len(self._failures) >= self._keys_max:
            del self._failures[next(iter(self._failures))]
        self._failures[key] = failures

    def succeeded(self, key: Hashable) -> bool:
        """Note a right attempt: the key starts afresh. Returns whether there was anything to forget."""
        return self._failures.pop(key, None) is not None
