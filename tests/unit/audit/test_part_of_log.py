"""A bundle of a part of the log: proven without the rest, and what is missing from it is named."""

from audit.checkpoint import Checkpoint
from audit.compose import Chosen, compose
from audit.drill_log import KEY, encode
from audit.signing import sign_checkpoint
from audit.verdict import Answer, Question
from tests.unit.audit.drilled_bundles import log, part_of, verdict_of


def test_a_part_of_the_log_is_proven_without_the_rest() -> None:
    """Some entries and a few nodes lead to the root; what is not shown is said."""
    verdict = verdict_of(part_of([3, 4, 150, 299]))

    assert verdict.failing == frozenset()
    assert verdict.results[Question.COMPLETENESS].answer is Answer.NOT_SHOWN
    assert verdict.results[Question.INTEGRITY].facts == {"entries": 4, "size": 300}


def test_a_stream_is_whole_or_the_hole_is_named() -> None:
    """With its head, a stream that lacks a version fails."""
    indexes = [number for number, record in enumerate(log().records) if record["subjects"] == _member(0)]
    stream = log().records[0]["streams"][0][0]
    head = max(log().records[number]["streams"][0][1] for number in indexes if "streams" in log().records[number])

    whole = verdict_of(part_of(indexes, heads={stream: head}))
    holed = verdict_of(part_of(indexes[:5] + indexes[6:], heads={stream: head}))
    cut = verdict_of(part_of(indexes[:-1], heads={stream: head}))

    assert whole.results[Question.COMPLETENESS].summary == "every entry of 1 streams"
    assert whole.failing == frozenset()
    assert holed.results[Question.COMPLETENESS].findings == [(f"stream {stream}", "version 6 is missing")]
    assert cut.results[Question.COMPLETENESS].findings == [(f"stream {stream}", f"version {head} is missing")]


def test_what_says_why_parts_are_gone_is_no_part_of_the_range() -> None:
    """Somebody was restricted and then erased after the range: only the erasure came along, and nothing is missing."""
    records = [*log().records]
    erased = records[150]["subjects"][0]
    records[149] = {**records[149], "streams": [[erased, 1]], "type": "subject_restricted"}
    records[150] = {**records[150], "streams": [[erased, 2]]}
    bundled = part_of([*range(140), 150], whole=(0, 140), of=log().with_records(records))
    holed = part_of([*range(149), 150], whole=(0, 151), of=log().with_records(records))

    assert verdict_of(bundled).failing == frozenset(), verdict_of(bundled).as_text()
    assert (f"stream {erased}", "version 1 is missing") in verdict_of(holed).results[Question.COMPLETENESS].findings


def test_an_empty_range_is_called_one() -> None:
    """It has no last entry that could be named."""
    summary = verdict_of(part_of([], whole=(7, 7))).results[Question.COMPLETENESS].summary

    assert summary == "an empty range, before entry 7"


def test_a_part_of_the_log_proves_its_past_where_it_was_asked_to() -> None:
    """With the peaks of the earlier tree history holds; without them it is not proven, and that fails."""
    assert verdict_of(part_of([250, 260], since=(200,)), seen_at=200).failing == frozenset()
    assert verdict_of(part_of([250, 260]), seen_at=200).failing == {Question.HISTORY}


def test_a_range_beyond_all_measure_is_answered() -> None:
    """A manifest may claim anything, also what no memory holds."""
    size = 10**17
    checkpoint = sign_checkpoint(Checkpoint(origin=KEY.name, size=size, root=bytes(32)), KEY, log().signed_at)
    chosen = Chosen(entries={0: encode(log().records[0]), 2: encode(log().records[2])}, range=(0, size))

    verdict = verdict_of(compose(chosen, checkpoint=checkpoint, nodes={}, about={}, key=KEY))

    missing = f"{size - 2} entries between 0 and {size - 1} are missing"
    assert ("entry 1", missing) in verdict.results[Question.COMPLETENESS].findings


def _member(number: int) -> list[str]:
    return list(log().records[number]["subjects"])
