"""Bundles: one form, read strictly, and no byte in them that could change unnoticed."""

import io
import zipfile
from contextlib import suppress
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import bundle
from audit.bundle import BundleTooLarge, BundleUnreadable, Files, SealedPart
from audit.checkpoint import Checkpoint
from audit.compose import Chosen, compose, needed_nodes
from audit.csv_text import csv_line
from audit.drill import POLICY, honest_case
from audit.drill_log import KEY, Log, encode, sample_log
from audit.merkle import Subtree, leaf_hash, root_of
from audit.signing import sign_checkpoint
from audit.verdict import Answer, Question, Verdict
from audit.verify import verify_bundle


@cache
def log() -> Log:
    """Return the drill's log."""
    return sample_log()


@cache
def files() -> Files:
    """Return the drill's whole log as a bundle."""
    return log().bundle()


def part_of(
    indexes: list[int],
    since: tuple[int, ...] = (),
    heads: dict[str, int] | None = None,
    *,
    whole: tuple[int, int] | None = None,
    of: Log | None = None,
) -> Files:
    """Return a bundle of some of the entries of the drill's log, or of another; `whole` is the range that it claims."""
    of = of or log()
    entries = of.entries()
    leaves = [leaf_hash(entry) for entry in entries.values()]
    nodes = {
        Subtree(height, index): root_of(leaves[index << height : (index + 1) << height])
        for height, index in needed_nodes(indexes, len(leaves), since)
    }
    events = {of.records[index]["id"] for index in indexes}
    chosen = Chosen(
        entries={index: entries[index] for index in indexes},
        parts=[part for part in of.parts if part.event_id in events],
        heads=heads or {},
        range=whole,
    )
    return compose(chosen, checkpoint=of.checkpoint(), nodes=nodes, about={}, key=KEY)


def verdict_of(given_files: Files, seen_at: int | None = None) -> Verdict:
    """Return what the verifier says, to an auditor who looked before at that size."""
    seen = [] if seen_at is None else [log().seen(seen_at)]
    return verify_bundle(given_files, POLICY, seen, log().signed_at)


def test_an_archive_holds_what_was_packed() -> None:
    """Files come out as they went in, and the same files make the same archive."""
    packed = bundle.pack(files())

    assert bundle.unpack(packed) == files()
    assert bundle.pack(dict(sorted(files().items()))) == packed


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


def test_a_range_beyond_all_measure_is_answered() -> None:
    """A manifest may claim anything, also what no memory holds."""
    size = 10**17
    checkpoint = sign_checkpoint(Checkpoint(origin=KEY.name, size=size, root=bytes(32)), KEY, log().signed_at)
    chosen = Chosen(entries={0: encode(log().records[0]), 2: encode(log().records[2])}, range=(0, size))

    verdict = verdict_of(compose(chosen, checkpoint=checkpoint, nodes={}, about={}, key=KEY))

    missing = f"{size - 2} entries between 0 and {size - 1} are missing"
    assert ("entry 1", missing) in verdict.results[Question.COMPLETENESS].findings


def test_an_archive_with_more_in_it_is_refused() -> None:
    """A file that no signature covers does not travel along."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in {**files(), "extra": b""}.items():
            archive.writestr(name, data)

    with pytest.raises(BundleUnreadable, match="nothing else"):
        bundle.unpack(target.getvalue())


def test_no_bytes_of_an_archive_break_the_reader() -> None:
    """Damage anywhere in it makes it unreadable, or is found in what it holds."""
    packed, random = bundle.pack(files()), Random(7)
    for _ in range(300):
        damaged = bytearray(packed)
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
        with suppress(BundleUnreadable):
            assert sorted(bundle.unpack(bytes(damaged))) == sorted(files())


def test_an_archive_that_would_fill_the_memory_is_refused() -> None:
    """By what its files claim to be, before any is unpacked: far more than is packed, or the same packed bytes twice."""
    packed = bundle.pack({**files(), bundle.PARTS: bytes(2 * 2**20)})
    again = bytearray(bundle.pack({**files(), bundle.HEADS: Random(1).randbytes(200_000)}))
    found = {info.filename: info for info in zipfile.ZipFile(io.BytesIO(again)).infolist()}
    directory = again.index(b"PK\x01\x02")
    for name in (bundle.CSV, bundle.PARTS, bundle.ENTRIES):
        at = again.index(name.encode(), directory) - 46
        again[at + 20 : at + 24] = found[bundle.HEADS].compress_size.to_bytes(4, "little")

    with pytest.raises(BundleTooLarge, match="unpacks to 2097152 bytes"):
        bundle.unpack(packed)
    with pytest.raises(BundleUnreadable, match="a file is not what the list says"):
        bundle.unpack(bytes(again))


def test_no_more_lines_are_read_than_entries_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes memory, however short it is: neither side of a bundle handles more."""
    given, packed = {**files(), bundle.HEADS: b"\n" * 4000}, bundle.pack({**files(), bundle.HEADS: b"\n" * 4000})
    monkeypatch.setattr(bundle, "LINES_MAX", 3999)

    with pytest.raises(BundleTooLarge, match="heads has more than 3999 lines"):
        bundle.unpack(packed)
    with pytest.raises(BundleTooLarge):
        bundle.pack(given)


def test_an_archive_needs_no_zip64(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would need it is refused when the bundle is made, not when the auditor opens it."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)

    with pytest.raises(BundleTooLarge):
        bundle.pack(files())


def test_an_archive_shows_the_same_files_to_every_reader() -> None:
    """Also to one that reads from the front: nothing lies before, between or behind the files, and no name has two readings."""
    packed, forged = bundle.pack(files()), bundle.pack({**files(), bundle.ENTRIES: b""})
    at = packed.index(b"PK\x01\x02")
    named = packed.replace(b"heads", b"he\x00ds")
    front_only = packed.replace(b"indexes", b"INDEXES", 1)

    for odd in (forged + packed, packed + forged, packed + b"\n", packed[:at] + b"x" + packed[at:], named, front_only):
        with pytest.raises(BundleUnreadable):
            bundle.unpack(odd)
    with pytest.raises(BundleUnreadable):
        bundle.unpack(packed[:-2] + (5).to_bytes(2, "little") + b"\x1b[2J ")


def test_no_more_is_unpacked_than_an_archive_says() -> None:
    """Whoever states a small size for much gets an error, not the memory."""
    packed = bytearray(bundle.pack({**files(), bundle.HEADS: bytes(2**20)}))
    at = packed.index(bundle.HEADS.encode(), packed.index(b"PK\x01\x02")) - 46
    packed[at + 24 : at + 28] = (10).to_bytes(4, "little")

    with pytest.raises(BundleUnreadable):
        bundle.unpack(bytes(packed))


def test_an_archive_that_is_not_deflated_is_refused() -> None:
    """One way to read it is enough for every verifier."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_BZIP2) as archive:
        for name, data in files().items():
            archive.writestr(name, data)

    with pytest.raises(BundleUnreadable, match="deflate"):
        bundle.unpack(target.getvalue())


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


def _member(number: int) -> list[str]:
    return list(log().records[number]["subjects"])
