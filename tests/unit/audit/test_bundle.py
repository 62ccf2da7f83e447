"""Bundles: one form, read strictly, and no byte in them that could change unnoticed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import bundle
from audit.bundle import BundleUnreadable, SealedPart
from audit.compose import Chosen, compose
from audit.csv_text import csv_line
from audit.drill import honest_case
from audit.drill_log import KEY, encode, sample_log
from audit.verdict import Answer, Question
from tests.unit.audit.drilled_bundles import files, log, verdict_of


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(bundle.SIGNED), where=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_bit_changes_unnoticed(name: str, where: int, bit: int) -> None:
    """Whatever bit of whatever file is flipped, the bundle fails or cannot be read."""
    changed = bytearray(files()[name])
    if not changed:
        return
    changed[where % len(changed)] ^= 1 << bit

    try:
        verdict = verdict_of({**files(), name: bytes(changed)})
    except BundleUnreadable:
        return
    assert not verdict.is_clean


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([bundle.MANIFEST, *bundle.SIGNED]), data=st.binary(max_size=200) | st.text().map(str.encode)
)
def test_whatever_lies_in_a_bundle_gets_an_answer(name: str, data: bytes) -> None:
    """Any bytes in any file make a verdict that fails, or a bundle that cannot be read, and no other error."""
    try:
        verdict = verdict_of({**files(), name: data})
    except BundleUnreadable:
        return
    assert not verdict.is_clean or files()[name] == data


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"{}",
        b'{"id":1}',
        b'{"a":' * 5000,
        encode(sample_log().records[0]).replace(b'"v":1', b'"v":1,"v":1'),
        encode(sample_log().records[0]).replace(b'{"actor"', b'{ "actor"'),
        encode(sample_log().records[0]).replace(b"Z", b""),
        encode({**sample_log().records[0], "streams": [["x", "1"]]}),
        encode({**sample_log().records[0], "parts": [{"name": 1}]}),
        encode({**sample_log().records[0], "facts": 7}),
        encode({**sample_log().records[0], "id": "x"}),
        encode({**sample_log().records[0], "id": "-0000000-0000-7000-8000-000000000000"}),
        encode({**sample_log().records[0], "id": "+" + "0" * 31}),
        encode(sample_log().records[0]).replace(b",1]]", b",%d]]" % 10**30),
        encode({**sample_log().records[0], "streams": [["x", 0]]}),
        encode({**sample_log().records[0], "code": {"x": "y"}}),
        encode(sample_log().records[0]).replace(b'"actor":', b'"actor":"bob","actor"\t:'),
        encode(sample_log().records[0]).replace(b"{", b"{\r"),
        encode(sample_log().records[0]).replace(b'"facts":{', b'"facts":{"b":1,'),
        encode(sample_log().records[0]).replace(b'"amount":100', b'"amount":1.0e2'),
        encode(sample_log().records[0]).replace(b'"amount":100', b'"amount":-0'),
        encode(sample_log().records[0]).replace(b'"amount":100', b'"amount":NaN'),
    ],
)
def test_a_logged_line_that_is_no_record_is_found(line: bytes) -> None:
    """Also where the log's own key vouches for it: two readers could read two things in it."""
    chosen = Chosen(entries={0: encode(log().records[0])}, range=(0, 1))
    made = compose(chosen, checkpoint=log().checkpoint(1), nodes={}, about={}, key=KEY)

    verdict = verdict_of({**made, bundle.ENTRIES: line + b"\n"})

    assert ("entry 0", "it is no record in canonical form") in verdict.results[Question.INTEGRITY].findings


@pytest.mark.parametrize("text", [":17", "a b", "\t", '":', "-0", "\u00e9", "\\"])
def test_what_callers_write_is_no_reason_to_doubt_a_record(text: str) -> None:
    """Whatever stands in a fact, the canonical bytes of its record are canonical."""
    record = {**log().records[0], "facts": {"case": text}}
    made = replace(log(), records=[record], parts=[]).bundle()

    assert Question.INTEGRITY not in verdict_of(made).failing


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (bundle.read_indexes, b"1\n1\n"),
        (bundle.read_indexes, b"01\n"),
        (bundle.read_indexes, b"1"),
        (bundle.read_indexes, b"-1\n"),
        (bundle.read_nodes, b"0 0\n"),
        (bundle.read_nodes, b"0 0 AAAA\n"),
        (bundle.read_nodes, b"99 0 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
        (bundle.read_heads, b"a 1\na 2\n"),
        (bundle.read_parts, b'{"event":1}\n'),
        (bundle.read_parts, b'{"event":"a","name":"b","sealed":"A"}\n'),
        (bundle.read_parts, b'{"event":"a","name":"b","sealed":"A==="}\n'),
        (bundle.read_parts, b'{"event":"a","name":"b","sealed":"QQ=="}x\n'),
        (bundle.read_manifest, "x\n{}\n"),
        (bundle.read_manifest, f"{bundle.FORMAT}\n[]\n"),
        (bundle.unpack, b"PK no archive"),
        (bundle.range_in, {"range": "0 5"}),
        (bundle.range_in, {"range": [0, 5, 9]}),
        (bundle.range_in, {"range": [0, 5.0]}),
        (bundle.range_in, {"range": ["0", "5"]}),
        (bundle.range_in, {}),
    ],
)
def test_what_is_in_no_form_is_refused(read: object, data: object) -> None:
    """Nothing is guessed at."""
    assert callable(read)
    with pytest.raises(BundleUnreadable):
        read(data)


@pytest.mark.parametrize(
    "line",
    [
        b'{"event":"a-1","name":"private","sealed":"QUJD"}',
        b'{ "sealed":"QUJD", "name":"private", "event":"a-1" }',
        b'{"event":"a\\u002d1","name":"priv\\u0061te","sealed":"QUJ\\u0044"}',
    ],
)
def test_a_part_is_read_however_it_is_written(line: bytes) -> None:
    """As the log writes it, or as JSON may say the same."""
    assert bundle.read_parts(line + b"\n") == [SealedPart("a-1", "private", b"ABC")]


def test_honest_times_and_places_agree() -> None:
    """The drill's honest case, an hour later, holds in every question that is asked."""
    answers = {question: result.answer for question, result in honest_case(log()).verdict().results.items()}

    assert {question for question, answer in answers.items() if answer is Answer.NOT_SHOWN} == {
        Question.WITNESSES,
        Question.TIMESTAMP,
    }
    assert Answer.FAILS not in answers.values()


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\uff1dx", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(cell: str) -> None:
    """What begins like a formula begins with an apostrophe instead; quotes are doubled."""
    record = {**log().records[0], "actor": cell, "facts": {}}

    line = csv_line(0, record)

    quoted = cell.replace('"', '""')
    assert f'"\'{quoted}"' in line
    assert f'"{quoted}"' not in line
