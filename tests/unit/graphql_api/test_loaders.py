"""The batching loader gathers what is asked at once, and never answers with what was read before the question."""

import asyncio
from collections.abc import Sequence

import pytest

from graphql_api.loaders import BatchLoader


class Source:
    """Counts what it is asked, and answers slowly."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()

    async def load(self, keys: Sequence[int]) -> Sequence[str]:
        """The keys as text, once the gate is open."""
        self.batches.append(list(keys))
        await self.gate.wait()
        if 13 in keys:
            raise LookupError(13)
        return [str(key) for key in keys]


async def test_what_is_asked_in_one_turn_is_one_load() -> None:
    """Ten questions, one statement, each with its own answer."""
    source = Source()
    source.gate.set()
    loader = BatchLoader(source.load)

    answers = await asyncio.gather(*(loader.load(key) for key in range(10)))

    assert answers == [str(key) for key in range(10)]
    assert source.batches == [list(range(10))]


async def test_questions_wait_while_enough_loads_are_under_way() -> None:
    """Two loads at a time; what comes meanwhile is the third, in parts of the largest size."""
    source = Source()
    loader = BatchLoader(source.load, batch_max=3, in_flight_max=2)

    futures = [loader.load(key) for key in range(8)]
    await asyncio.sleep(0.01)
    under_way = [*source.batches]
    source.gate.set()
    answers = await asyncio.gather(*futures)

    assert under_way == [[0, 1, 2], [3, 4, 5]]
    assert source.batches[2:] == [[6, 7]]
    assert answers == [str(key) for key in range(8)]


async def test_the_same_key_is_read_again_each_time() -> None:
    """Nothing is remembered."""
    source = Source()
    source.gate.set()
    loader = BatchLoader(source.load)

    await loader.load(1)
    await loader.load(1)

    assert source.batches == [[1], [1]]


async def test_a_failed_load_fails_those_who_asked_and_nobody_else() -> None:
    """The next load works."""
    source = Source()
    source.gate.set()
    loader = BatchLoader(source.load)

    with pytest.raises(LookupError):
        await loader.load(13)

    assert await loader.load(1) == "1"


async def test_a_load_that_answers_too_little_fails_whoever_got_nothing() -> None:
    """Instead of letting them wait for ever."""

    async def load(keys: Sequence[int]) -> list[str]:
        return [str(key) for key in keys[:1]]

    loader = BatchLoader(load)

    first, second = loader.load(1), loader.load(2)

    assert await first == "1"
    with pytest.raises(ValueError, match="shorter"):
        await second


async def test_nobody_waits_for_an_answer_that_nobody_wants() -> None:
    """A question that was given up before its load is not asked."""
    source = Source()
    source.gate.set()
    loader = BatchLoader(source.load)

    given_up = loader.load(1)
    given_up.cancel()

    assert await loader.load(2) == "2"
    assert source.batches == [[2]]
