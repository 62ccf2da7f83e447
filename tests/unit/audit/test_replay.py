"""Replaying: a stream has one record of each of its versions, in whatever order they come."""

from itertools import permutations

import pytest

from audit.replay import Replay


def replayed(versions: list[int]) -> Replay:
    """What records of one stream with these versions come to."""
    replay = Replay()
    for version in versions:
        replay.take({"streams": [["s", version]]})
    return replay


def test_no_order_makes_a_hole() -> None:
    """All are there in the end, and nothing of the way is kept."""
    for versions in permutations(range(1, 6)):
        replay = replayed([*versions])
        assert replay.holes() == {}
        assert (replay.reached, replay.ahead) == ({"s": 5}, {})


@pytest.mark.parametrize(
    ("versions", "said"),
    [
        ([2], "version 1 is missing"),
        ([1, 2, 4, 5], "version 3 is missing"),
        ([1, 1], "version 1 stands there twice"),
        ([3, 1, 3, 2], "version 3 stands there twice"),
        ([1, 1, 3], "version 1 stands there twice"),
        ([1, 4, 4, 3], "version 4 stands there twice"),
    ],
)
def test_a_hole_is_named_and_no_repetition_fills_it(versions: list[int], said: str) -> None:
    """As many records as versions are not yet one of each."""
    assert replayed(versions).holes() == {"s": said}
