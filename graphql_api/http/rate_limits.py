"""How much static cost a client may ask for: one token bucket per client, in this process."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from graphql_api.http.document_limits import COST_MAX
from graphql_api.http.refusals import RequestRefused


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket that holds `capacity` cost and refills by `per_second`."""

    capacity: int
    per_second: float


def rate_of(per_second: int) -> Rate:
    """The rate of so much a second, of which three seconds' worth may be asked at once, or the largest document."""
    return Rate(max(3 * per_second, COST_MAX), per_second)


USUAL: Final = rate_of(20_000)


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client after a request."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The X-RateLimit headers; reset counts the seconds until the bucket is full again."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_seconds),
        ]


class RateLimiter:
    """Buckets per client, at most `clients_max`; the longest unused one is forgotten, which refills it.

    Each process keeps its own, so a client of N processes may reach N times the rate.
    """

    def __init__(self, rate: Rate, *, now: Callable[[], float], clients_max: int = 100_000) -> None:
        self._rate = rate
        self._now = now
        self._clients_max = clients_max
        self._buckets: dict[str, _Bucket] = {}

    def take(self, client: str, cost: int) -> Allowance:
        """Take `cost` from the client's bucket; RequestRefused 429 when it holds too little."""
        rate, now = self._rate, self._now()
        bucket = self._buckets.pop(client, None) or self._new_bucket(now)
        self._buckets[client] = bucket
        bucket.level = min(rate.capacity, bucket.level + (now - bucket.at) * rate.per_second)
        bucket.at = now
        allowed = cost <= bucket.level
        if allowed:
            bucket.level -= cost
        reset = math.ceil((rate.capacity - bucket.level) / rate.per_second)
        allowance = Allowance(rate.capacity, int(bucket.level), reset)
        if not allowed:
            raise _limited(allowance, cost, wait=(min(cost, rate.capacity) - bucket.level) / rate.per_second)
        return allowance

    def _new_bucket(self, now: float) -> _Bucket:
        if len(self._buckets) >= self._clients_max:
            del self._buckets[next(iter(self._buckets))]
        return _Bucket(self._rate.capacity, now)


def _limited(allowance: Allowance, cost: int, wait: float) -> RequestRefused:
    seconds = max(1, math.ceil(wait))
    return RequestRefused(
        429,
        f"Too much at once: this costs {cost} and {allowance.remaining} is left. Wait {seconds} s.",
        code="RATE_LIMITED",
        headers=((b"retry-after", b"%d" % seconds), *allowance.headers()),
    )
