"""Wrong codes: each costs more time than the one before, and none is held against anybody for ever."""

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.attempt_limits import AttemptLimiter


def test_wrong_codes_cost_ever_more_time() -> None:
    """The first few are free; then each doubles the wait up to its limit; a right one ends it."""
    limiter = AttemptLimiter(free=2, delay_max_seconds=60.0, forgive_seconds=3_600.0)
    waits = []
    now = 0.0
    for _ in range(12):
        limiter.failed("till", now)
        waits.append(limiter.wait_seconds("till", now))
        now += waits[-1]

    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert limiter.wait_seconds("another till", now) == 0
    limiter.succeeded("till")
    assert limiter.wait_seconds("till", now) == 0


def test_old_failures_are_forgiven() -> None:
    """One for each interval of quiet, so that slips never add up; the table never grows beyond its bound."""
    limiter = AttemptLimiter(free=0, forgive_seconds=60.0, keys_max=2)
    for _ in range(3):
        limiter.failed("a", 0.0)
    limiter.failed("a", 120.0)
    assert limiter.wait_seconds("a", 120.0) == 2.0

    limiter.failed("b", 120.0)
    limiter.failed("c", 120.0)
    assert limiter.wait_seconds("a", 120.0) == 0.0


def test_one_slip_in_each_interval_never_costs_time() -> None:
    """A busy shop of a thousand slips a day waits for none."""
    limiter = AttemptLimiter(free=2, forgive_seconds=60.0)

    for number in range(1_000):
        limiter.failed("shop", 60.0 * number)
        assert limiter.wait_seconds("shop", 60.0 * number) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=50))
def test_waits_stay_within_bounds(events: list[tuple[float, bool]]) -> None:
    """Whatever happens, a wait is between zero and the limit."""
    limiter = AttemptLimiter(delay_max_seconds=300.0)
    for at, right in sorted(events):
        if right:
            limiter.succeeded("k")
        else:
            limiter.failed("k", at)
        assert 0.0 <= limiter.wait_seconds("k", at) <= 300.0
