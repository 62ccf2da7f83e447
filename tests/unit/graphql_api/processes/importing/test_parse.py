"""Reading import files: every line becomes a record or a fault with a code, and reading goes on."""

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pytest

from graphql_api.processes.importing.faults import FaultCode, UnusableFile
from graphql_api.processes.importing.lines import LINE_BYTES_MAX
from graphql_api.processes.importing.parse import Line, derived_key, parse_file
from graphql_api.processes.importing.records import EarnRecord, EnrolRecord, OpeningRecord
from graphql_api.processes.importing.timing import read_history, timed
from ledger.points.opening import NEVER_EXPIRES, OpeningLot

GOOD = b'{"type": "enrol", "member": "C-1"}'


def _parse(path: Path, *lines: bytes) -> list[Line]:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return list(parse_file(path))


MALFORMED = (
    (b"{not json", FaultCode.BAD_JSON),
    (b'["a list"]', FaultCode.BAD_JSON),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "amount": 50}', FaultCode.BAD_JSON),
    (
        b'{"type": "activity", "member": "C-1", "activity": "login", "event": "7", "payload": "{\\"a\\": 1, \\"a\\": 2}"}',
        FaultCode.BAD_VALUE,
    ),
    (b'{"type": "enrol", "member": "\xff"}', FaultCode.BAD_UTF8),
    (b'{"type": "enrol", "member": "' + b"x" * LINE_BYTES_MAX + b'"}', FaultCode.LINE_TOO_LONG),
    (b'{"member": "C-1"}', FaultCode.MISSING_FIELD),
    (b'{"type": "teleport", "member": "C-1"}', FaultCode.UNKNOWN_TYPE),
    (b'{"type": 7, "member": "C-1"}', FaultCode.BAD_VALUE),
    (b'{"type": "enrol", "member": 7}', FaultCode.BAD_VALUE),
    (b'{"type": "enrol", "member": " C-1"}', FaultCode.BAD_VALUE),
    (b'{"type": "enrol", "member": "C-1", "amount": 3}', FaultCode.UNKNOWN_FIELD),
    (b'{"type": "enrol", "member": "C-1", "key": "caf\xc3\xa9"}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1"}', FaultCode.MISSING_FIELD),
    (b'{"type": "earn", "member": "C-1", "amount": 0}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": -5}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 1.5}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": true}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 1000000000000001}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "at": "2017-01-01T00:00:00"}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "asset": ""}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "reason_code": ""}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "at": "0001-01-01T00:00:00+14:00"}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "expires_on": "20170101"}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "expires_on": "2017-02-30"}', FaultCode.BAD_VALUE),
    (b'{"type": "earn", "member": "C-1", "amount": 5, "purchased": [1]}', FaultCode.BAD_VALUE),
    (b'{"type": "opening", "member": "C-1", "total": 5, "lots": 7}', FaultCode.BAD_VALUE),
    (b'{"type": "opening", "member": "C-1", "total": 5, "lots": [7]}', FaultCode.BAD_VALUE),
    (b'{"type": "opening", "member": "C-1", "total": 5, "lots": [{"amount": 5}]}', FaultCode.MISSING_FIELD),
    (
        b'{"type": "opening", "member": "C-1", "total": 5, "lots": [{"amount": 5, "granted_on": "2017-01-01", "x": 1}]}',
        FaultCode.UNKNOWN_FIELD,
    ),
)


@pytest.mark.parametrize(("bad", "code"), MALFORMED, ids=lambda value: str(value)[:50])
def test_a_malformed_line_stops_nothing(tmp_path: Path, bad: bytes, code: FaultCode) -> None:
    """It is one fault with its number and code, and its neighbours are read."""
    before, faulty, after = _parse(tmp_path / "a.jsonl", GOOD, bad, GOOD)

    assert faulty.fault is not None
    assert (faulty.number, faulty.fault.code, faulty.record) == (2, code, None)
    assert [(line.number, line.record) for line in (before, after)] == [
        (1, EnrolRecord(member="C-1", at=None)),
        (3, EnrolRecord(member="C-1", at=None)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2017-03-01 09:30:00Z",
        "20170301T093000Z",
        "2017-W09-3T09:30:00Z",
        "2017-03-01T09:30Z",
        "2017-03-01T09:30:00,5Z",
        "2017-03-01T09:30:00.1234567Z",
        "2017-03-01T09:30:00+0100",
        "2017-03-01T09:30:00+01:00:30",
        "2017-03-01T24:00:00Z",
        "2017-03-01T23:59:60Z",
        "2017-03-01",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
    ],
)
def test_an_instant_is_one_of_rfc_3339(tmp_path: Path, text: str) -> None:
    """What Python's own reader takes beyond it is refused, and so are PostgreSQL's two infinities."""
    line = b'{"type": "earn", "member": "C-1", "amount": 5, "at": "%s"}'

    small, refused = _parse(tmp_path / "a.jsonl", line % b"2017-03-01t09:30:00.5-00:00", line % text.encode())

    assert isinstance(small.record, EarnRecord)
    assert small.record.at == datetime(2017, 3, 1, 9, 30, 0, 500_000, UTC)
    assert refused.fault is not None
    assert (refused.fault.code, refused.fault.field) == (FaultCode.BAD_VALUE, "at")


def test_digits_in_a_string_are_a_number_in_json_too(tmp_path: Path) -> None:
    """Exporters quote what JavaScript would round; nothing else in a string is a number."""
    line = b'{"type": "earn", "member": "C-1", "amount": %s}'
    good = (b'"1000000000000000"', b'"010"')
    bad = (b'"1e3"', b'" 10"', b'"+10"', b'"1_000"', b'"\xd9\xa1"', b"1e3", b"1.0")

    lines = _parse(tmp_path / "a.jsonl", *(line % value for value in (*good, *bad)))

    assert [each.record.amount for each in lines if isinstance(each.record, EarnRecord)] == [10**15, 10]
    assert [each.fault and each.fault.code for each in lines[2:]] == [FaultCode.BAD_VALUE] * len(bad)


@pytest.mark.parametrize("mode", ["ab", "r+b"])
def test_a_file_that_changes_while_it_is_read_is_no_whole_one(tmp_path: Path, mode: Literal["ab", "r+b"]) -> None:
    """More came, or less is left: its end is no end, which is said instead of a sum that looks like all of it."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + b"\n" + GOOD + b"\n")
    lines = parse_file(path)
    next(lines)

    with path.open(mode) as file:
        file.write(b"{")
        file.truncate()

    with pytest.raises(UnusableFile, match=r"was changed while it was read, up to line \d; run it again"):
        list(lines)


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    """Nor has one of a header alone."""
    (tmp_path / "a.csv").touch()

    assert list(parse_file(tmp_path / "a.csv")) == _parse(tmp_path / "b.csv", b"type,member") == []


def test_sizes_add_up_to_the_file(tmp_path: Path) -> None:
    """Also over an overlong line, of which only the beginning is kept."""
    path = tmp_path / "a.jsonl"
    lines = _parse(path, GOOD, b"x" * (3 * LINE_BYTES_MAX), GOOD)

    assert sum(line.size for line in lines) == path.stat().st_size
    assert len(lines[1].text) == LINE_BYTES_MAX + 1


def test_keys_are_the_lines_own_or_of_number_and_content(tmp_path: Path) -> None:
    """Two lines that say the same are two events; the same file has the same keys again."""
    own = b'{"type": "enrol", "member": "C-1", "key": "7"}'

    keys = [line.key for line in _parse(tmp_path / "a.jsonl", GOOD, GOOD, own)]

    assert keys == [derived_key(1, GOOD), derived_key(2, GOOD), "key-7"]
    assert [line.key for line in _parse(tmp_path / "b.jsonl", GOOD, GOOD, own)] == keys


def test_blank_lines_a_byte_order_mark_and_windows_ends_are_harmless(tmp_path: Path) -> None:
    """They count as lines and say nothing."""
    lines = _parse(tmp_path / "a.jsonl", b"\xef\xbb\xbf" + GOOD + b"\r", b"", b"  ", GOOD)

    assert [(line.number, line.fault) for line in lines] == [(1, None), (4, None)]


def test_a_csv_opening_is_its_neighbouring_rows(tmp_path: Path) -> None:
    """One row a lot; another member, or another type, begins the next."""
    lines = _parse(
        tmp_path / "a.csv",
        b"type,member,total,amount,granted_on,expires_on,purchased",
        b"opening,C-1,30,10,2017-01-01,2017-12-31,",
        b"opening,C-1,30,20,2017-02-01,never,true",
        b"opening,C-2,5,5,2017-01-01,,",
        b"earn,C-2,,7,,,",
    )

    assert [line.number for line in lines] == [2, 4, 5]
    assert lines[0].record == OpeningRecord(
        member="C-1",
        asset="POINTS",
        total=30,
        reference=None,
        at=None,
        lots=(
            OpeningLot(amount=10, granted_on=date(2017, 1, 1), expires_on=date(2017, 12, 31)),
            OpeningLot(amount=20, granted_on=date(2017, 2, 1), expires_on=NEVER_EXPIRES, purchased=True),
        ),
    )
    assert isinstance(lines[2].record, EarnRecord)
    assert lines[2].record.amount == 7


def test_a_stray_quote_spoils_one_csv_line(tmp_path: Path) -> None:
    """The rest of the file is not swallowed by it; a row of the wrong length is a fault too."""
    lines = _parse(tmp_path / "a.csv", b"type,member", b'enrol,"C-1', b"enrol,C-2", b"enrol,C-3,more", b"enrol,C-4")

    assert [line.fault and line.fault.code for line in lines] == [FaultCode.BAD_CSV, None, FaultCode.BAD_CSV, None]


@pytest.mark.parametrize(("name", "header"), [("a.txt", b""), ("a.csv", b"member,amount"), ("a.csv", b"type,type")])
def test_a_file_of_no_known_form_is_refused_whole(tmp_path: Path, name: str, header: bytes) -> None:
    """Before anything is imported."""
    with pytest.raises(UnusableFile):
        _parse(tmp_path / name, header, b"enrol,C-1")


def test_line_ends_of_old_macs_are_named(tmp_path: Path) -> None:
    """The whole file is one line then, which is said of its header."""
    with pytest.raises(UnusableFile, match="a carriage return alone ends no line"):
        _parse(tmp_path / "a.csv", b"type,member\renrol,C-1\r")


def test_live_only_an_earn_may_state_a_time(tmp_path: Path) -> None:
    """What is taken is taken now; in a replay every line states a time."""
    spend = b'{"type": "spend", "member": "C-1", "amount": 5, "at": "2017-01-01T00:00:00Z"}'
    path = tmp_path / "a.jsonl"
    _parse(path, GOOD, spend, spend.replace(b"spend", b"earn"))

    live = [line.fault and line.fault.code for line in timed(parse_file(path), is_replay=False)]
    replay = [line.fault and line.fault.code for line in timed(parse_file(path), is_replay=True)]

    assert live == [None, FaultCode.AT_NEEDS_REPLAY, None]
    assert replay == [FaultCode.MISSING_FIELD, None, None]


def test_a_history_that_goes_back_names_the_line(tmp_path: Path) -> None:
    """Equal times are in order; the clock must have reached the last one; a pipe could be read through only once."""
    line = b'{"type": "enrol", "member": "C-1", "at": "2017-01-0%dT00:00:00Z"}'
    path = tmp_path / "a.jsonl"

    _parse(path, line % 2, line % 2, line % 1)
    with pytest.raises(UnusableFile, match=r"^line 3 is of 2017-01-01.*before line 2"):
        read_history(path)

    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(UnusableFile, match="is a pipe, and a replay reads its file twice"):
        read_history(tmp_path / "pipe.jsonl")

    _parse(path, line % 1, line % 3)
    with pytest.raises(UnusableFile, match=r"^line 2 is of 2017-01-03.*not reached"):
        read_history(path, datetime(2017, 1, 2, tzinfo=UTC))


def test_a_history_is_read_again_as_it_was(tmp_path: Path) -> None:
    """What took its name or was written into it between the two readings is in no order that anybody looked at."""
    line = b'{"type": "enrol", "member": "C-%d", "at": "2017-01-01T00:00:00Z"}'
    path = tmp_path / "a.jsonl"
    _parse(path, line % 1, line % 2)
    as_it_was, replaced = read_history(path), read_history(path)
    assert [each.number for each in as_it_was.lines] == [1, 2]

    stat = path.stat()
    _parse(tmp_path / "b.jsonl", line % 3, line % 4)
    os.utime(tmp_path / "b.jsonl", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (tmp_path / "b.jsonl").replace(path)
    with pytest.raises(UnusableFile, match="was changed after its times had been read; run it again when it is whole"):
        next(replaced.lines)

    written_into = read_history(path)
    with path.open("ab") as file:
        file.write(line % 5)
    with pytest.raises(UnusableFile, match="was changed after its times had been read"):
        next(written_into.lines)
