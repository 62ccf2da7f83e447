"""Plain records: the pattern takes what the log usually writes, and never reads in it what JSON would not."""

import json
from datetime import UTC, datetime
from typing import Any, NoReturn
from uuid import UUID

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.act import Act
from audit.csv_text import csv_line
from audit.plain_record import read_plain
from audit.record import SealedPart, encode_record

ID = UUID("01a20320-93be-7001-819d-72960996c594")
STREAM = UUID("f258e567-9301-8464-9ddf-0b26b985c44a")
AT = datetime(2026, 11, 22, 11, 59, 56, 352508, tzinfo=UTC)
PART = SealedPart(ID, "private", STREAM, "value/2026-11", 1, b"sealed")
FULL = Act(
    ID,
    AT,
    "spend",
    "merchant:7",
    "service:till",
    resource_id=ID,
    subject_id=STREAM,
    streams=((STREAM, 3), (ID, 17)),
    facts={"amount": 5, "asset": "POINTS", "reason": "sale", "till": ""},
    accepted=False,
    code="NOT_ENOUGH",
    request_id=bytes(16),
    programme_id=ID,
    balances=((100, 0), (-5, 20)),
    flows=((STREAM, -10), (ID, 10)),
)


def no_integer(digits: str) -> NoReturn:
    """Refuse what is no integer."""
    raise ValueError(digits)


def read_as_json(line: bytes) -> dict[str, Any]:
    """Return the record; ValueError where it is not canonical."""
    record: dict[str, Any] = json.loads(line.decode(), parse_float=no_integer, parse_constant=no_integer)
    if json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != line:
        raise ValueError("not canonical")
    return record


def agrees_with_json(line: bytes) -> bool:
    """Return whether the pattern took the line; it must then read what JSON reads."""
    plain = read_plain(41, line)
    if plain is None:
        return False
    record = read_as_json(line)
    assert plain.cells == csv_line(41, record).encode()
    assert plain.recorded == UUID(record["id"]).int >> 80
    assert plain.stated == int(datetime.fromisoformat(record["at"]).timestamp() * 1000)
    assert plain.type == record["type"].encode()
    assert orjson.loads(b'[["%s]]' % plain.streams if plain.streams else b"[]") == record.get("streams", [])
    named = [
        (record["id"], each["name"], each["hash"], each["subject"], each["epoch"]) for each in record.get("parts", ())
    ]
    assert [tuple(text.decode() for text in plain.part)] == named if plain.part else not named
    return True


@pytest.mark.parametrize("parts", [(), (PART,)])
@pytest.mark.parametrize("event", [FULL, Act(ID, AT, "enrol", "staff:ada", "staff:ada")])
def test_what_the_log_writes_is_plain(event: Act, parts: tuple[SealedPart, ...]) -> None:
    """With everything in it and with nothing, so that verifying stays fast."""
    assert agrees_with_json(encode_record(event, origin="api", retention_class="value", parts=parts))


TEXTS = st.text(st.sampled_from('aZ9:;,.=-+@ "\\\n\u00e9\uff1d\u4e2d{}[]'), max_size=8)
USUAL = st.just("staff:7") | st.text(st.sampled_from("aZ9:;,. {}[]\u4e2d"), max_size=8) | TEXTS
NUMBERS = st.integers(-9, 99) | st.integers(-(10**16), 10**16)
RECORDS = st.fixed_dictionaries(
    {"actor": USUAL, "class": USUAL, "origin": USUAL, "outcome": USUAL, "type": USUAL}
    | {"at": st.sampled_from([*["2026-11-22T11:59:56.352508Z"] * 5, AT.isoformat(), "2026-11-22", "soon"])}
    | {"id": st.just(str(ID)), "v": st.sampled_from([1, 1, 1, 2])},
    optional={
        "balances": st.lists(st.tuples(NUMBERS, NUMBERS), max_size=2),
        "client": TEXTS,
        "facts": st.dictionaries(TEXTS | st.sampled_from("abc"), TEXTS | NUMBERS, max_size=3),
        "flows": st.lists(st.tuples(st.sampled_from([str(ID), "x", "-1"]), NUMBERS), max_size=2),
        "streams": st.lists(st.tuples(st.sampled_from([str(ID), "x"]), NUMBERS.map(abs)), max_size=2),
        "subjects": st.lists(st.sampled_from([str(ID), "x", "a"]), max_size=2),
        "more": TEXTS,
    },
)


@settings(max_examples=400, deadline=None)
@given(record=RECORDS)
def test_whatever_is_written_is_read_alike(record: dict[str, Any]) -> None:
    """Texts that look like quotes, lists, formulas or other scripts: read alike, or left to JSON."""
    agrees_with_json(orjson.dumps(record, option=orjson.OPT_SORT_KEYS))


@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.integers(0, 3))
def test_whatever_is_changed_is_read_alike(at: int, byte: int, cut: int) -> None:
    """Whatever bytes are replaced in a record, the pattern takes nothing that is not canonical."""
    line = encode_record(FULL, origin="api", retention_class="value", parts=(PART,))
    where = at % len(line)

    agrees_with_json(line[:where] + bytes([byte]) + line[where + cut :])


LINE = encode_record(FULL, origin="api", retention_class="value", parts=(PART,))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"amount":5,"asset":"POINTS"', b'"asset":"POINTS","amount":5'),
        (b'"amount":5', b'"amount":5,"amount":5'),
        (b'"amount":5', b'"amount":-0'),
        (b'"amount":5', b'"amount":05'),
        (b'"amount":5', b'"amount":5.0'),
        (b'"amount":5', b'"amount": 5'),
        (b"POINTS", b"P\\u004fINTS"),
        (b"POINTS", b"P\xffINTS"),
        (b'"v":1', b'"v":1,"v":1'),
        (b'",3]', b'",0]'),
        (b"Z", b""),
        (b"}", b"}\n"),
    ],
)
def test_what_is_not_canonical_is_never_plain(old: bytes, new: bytes) -> None:
    """Order, repetition, signs, blanks, escapes and broken characters."""
    assert old in LINE

    assert read_plain(0, LINE.replace(old, new, 1)) is None
