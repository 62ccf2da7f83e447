"""What is sent and read of PostgreSQL's protocol, byte by byte."""

import asyncio
import struct
from collections.abc import Sequence

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.wire.messages import Answered, Answers, Described, Execution, prepare


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message of the server."""
    return kind + struct.pack("!i", len(body) + 4) + body


READY = message(b"Z", b"T")
DONE = message(b"C", b"SELECT 1\0")
WRONG = message(b"E", b"SERROR\0VERROR\0C23505\0Mduplicate key\0tjournal_entries\0nentries_pk\0\0")


def test_a_statement_is_parsed_and_described_under_its_name() -> None:
    """Close, Parse, Describe: the name may stand for an attempt that failed, and the server finds out the types."""
    assert prepare(b"s1", "SELECT $1") == b"C\0\0\0\x08Ss1\0" + b"P\0\0\0\x13s1\0SELECT $1\0\0\0" + b"D\0\0\0\x08Ss1\0"


def test_an_execution_binds_its_arguments() -> None:
    """Bind and Execute: all values binary, NULL by its length, all rows asked for."""
    bind = b"B\0\0\0\x1c" + b"\0s1\0" + b"\0\1\0\1" + b"\0\2" + b"\0\0\0\2ab" + b"\xff\xff\xff\xff" + b"\0\1\0\1"
    assert Execution(b"s1", 2).with_arguments([b"ab", None]) == bind + b"E\0\0\0\x09\0\0\0\0\0"


def test_a_statement_without_parameters_is_always_the_same_messages() -> None:
    """Bind and Execute, made once."""
    bind = b"B\0\0\0\x12" + b"\0s1\0" + b"\0\1\0\1" + b"\0\0" + b"\0\1\0\1"
    assert Execution(b"s1", 0).whole == bind + b"E\0\0\0\x09\0\0\0\0\0"


def read_in_pieces(data: bytes, cuts: Sequence[int]) -> Answers:
    """The answers of a stream that comes in pieces. Needs a running loop."""
    answers = Answers()
    begins = [0, *sorted(cut % (len(data) + 1) for cut in cuts)]
    for begin, end in zip(begins, [*begins[1:], len(data)], strict=True):
        if begin < end:
            answers.read(data[begin:end])
    return answers


@given(st.lists(st.integers(0, 10_000), max_size=8))
def test_messages_may_come_in_pieces(cuts: list[int]) -> None:
    """Wherever they are cut, the rows of each statement are the same; notices and settings are nobody's answer."""
    stream = (
        message(b"2")
        + DONE
        + message(b"2")
        + message(b"D", b"first")
        + message(b"N", b"SNOTICE\0Mnothing\0\0")
        + message(b"D", b"second")
        + message(b"S", b"TimeZone\0UTC\0")
        + DONE
        + READY
    )

    async def read() -> Answers:
        answers = read_in_pieces(stream, cuts)
        await answers.whole
        return answers

    answers = asyncio.run(read())
    assert answers.rows == [[], [b"first", b"second"]]
    assert answers.tag == b"SELECT 1"


async def test_a_description_names_the_types() -> None:
    """Of the parameters, and of the columns where there are any."""
    column = b"id\0" + struct.pack("!IhIhih", 16_384, 1, 2950, 16, -1, 0)
    other = b"\0" + struct.pack("!IhIhih", 0, 0, 20, 8, -1, 0)
    answers = Answers()
    answers.read(
        message(b"1")
        + message(b"t", struct.pack("!hII", 2, 2951, 1009))
        + message(b"T", b"\0\2" + column + other)
        + message(b"1")
        + message(b"t", b"\0\0")
        + message(b"n")
        + READY
    )
    await answers.whole
    assert answers.described == [
        Described([2951, 1009], [Answered(16_384, 1, 2950), Answered(0, 0, 20)]),
        Described([], ()),
    ]


async def test_an_error_is_told_when_the_server_is_ready_again() -> None:
    """The driver's own exception, with what the server said; what ran before it has its rows."""
    answers = Answers()
    answers.read(message(b"2") + DONE + WRONG)
    assert not answers.whole.done()
    answers.read(READY)

    with pytest.raises(asyncpg.UniqueViolationError, match="duplicate key") as raised:
        await answers.whole
    assert raised.value.table_name == "journal_entries"
    assert raised.value.constraint_name == "entries_pk"
    assert answers.rows == [[]]


@pytest.mark.parametrize("last_words", [b"", WRONG])
async def test_a_connection_that_is_lost_ends_the_wait(last_words: bytes) -> None:
    """Also after an error that the server said before it hung up, which is named as the cause."""
    answers = Answers()
    answers.read(message(b"2") + last_words)
    answers.lose(None)
    answers.lose(None)

    with pytest.raises(asyncpg.ConnectionDoesNotExistError) as raised:
        await answers.whole
    assert isinstance(raised.value.__cause__, asyncpg.UniqueViolationError) == bool(last_words)


async def test_what_is_no_message_is_refused() -> None:
    """A length that cannot be is no reason to read for ever."""
    with pytest.raises(asyncpg.InternalClientError):
        Answers().read(b"D\xff\xff\xff\xff")


async def test_an_error_in_another_encoding_is_still_that_error() -> None:
    """Its text is read as far as it can be."""
    answers = Answers()
    answers.read(message(b"E", b"C42P01\0Mno table \xff\xfe\0\0") + READY)
    with pytest.raises(asyncpg.UndefinedTableError, match="no table"):
        await answers.whole


async def test_nobody_is_told_who_no_longer_waits() -> None:
    """An answer that comes after its caller has gone is read and dropped."""
    answers = Answers()
    answers.whole.cancel()
    answers.read(DONE + READY)
    answers.read(WRONG + READY)
    answers.lose(None)
    assert answers.whole.cancelled()
