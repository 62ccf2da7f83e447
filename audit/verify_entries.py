"""What the entries of a bundle say about themselves: whether streams are whole, times fit places, and parts are there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from operator import sub
from typing import Final

from audit import bundle
from audit.bundle import SealedPart
from audit.entries import Entries
from audit.entry_reading import PartSaid
from audit.verdict import Finding, Question, Result

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS: Final = 2**63
_RUN: Final = 8192
"""Entries of which extremes are looked at first; one by one only where those do not settle it."""


def check_completeness(entries: Entries, manifest: Mapping[str, object], heads: Mapping[str, int], size: int) -> Result:
    """Whether nothing was left out of what the manifest says is all here: a range of the log, or whole streams."""
    result = Result(question=Question.COMPLETENESS)
    stated = manifest.get("entries")
    if stated != len(entries.indexes):
        result.find(bundle.MANIFEST, f"it counts {stated} entries, and there are {len(entries.indexes)}")
    asked = bundle.range_in(manifest)
    streams = entries.streams
    if asked is not None:
        _check_range(result, entries.indexes, asked, size)
        for stream, seqs in _doubtful_within(entries, asked).items():
            first = 1 if asked[0] == 0 else min(seqs)
            _check_stream(result, stream, seqs, range(first, max(seqs) + 1))
    for stream, head in heads.items():
        _check_stream(result, stream, streams.of(stream), range(1, head + 1))
    result.facts = {"streams": len(streams), "whole_streams": len(streams) if asked else len(heads)}
    result.is_shown = asked is not None or bool(heads)
    result.summary = _completeness_summary(result, asked, heads)
    return result


def _completeness_summary(result: Result, asked: Sequence[int] | None, heads: Mapping[str, int]) -> str:
    if result.count:
        return "something is missing or stands twice"
    if asked is not None and asked[0] == asked[1]:
        return f"an empty range, before entry {asked[0]}"
    if asked is not None:
        return f"every entry from {asked[0]} to {asked[1] - 1}"
    if heads:
        return f"every entry of {len(heads)} streams"
    return "a search: nothing shows that nothing was left out"


def _check_range(result: Result, indexes: Sequence[int], asked: Sequence[int], size: int) -> None:
    first, stop = asked
    if not 0 <= first <= stop <= size:
        result.find(bundle.MANIFEST, f"entries {first} to {stop - 1} of a log of {size}")
        return
    # What lies outside came along to say why parts are gone.
    inside = [index for index in indexes if first <= index < stop]
    missing = stop - first - len(inside)
    if missing:
        # The range is what a manifest says, which may be anything: only the entries are gone through.
        gap = next((place for place, index in enumerate(inside, start=first) if place != index), first + len(inside))
        result.find(f"entry {gap}", f"{missing} entries between {first} and {stop - 1} are missing")


def _doubtful_within(entries: Entries, asked: Sequence[int]) -> Mapping[str, Sequence[int]]:
    """The streams of the range that were not met one version after the other, without the versions of what came along
    to say why parts are gone.
    """
    along = [(stream, seq) for index, stream, seq in entries.destructions if not asked[0] <= index < asked[1]]
    doubtful = [*entries.streams.uneven(from_first=asked[0] == 0), *(stream for stream, _ in along)]
    streams = {stream: entries.streams.of(stream) for stream in doubtful}
    for stream, seq in along:
        streams[stream].remove(seq)
    return {stream: seqs for stream, seqs in streams.items() if seqs}


def _check_stream(result: Result, stream: str, seqs: Sequence[int], wanted: range) -> None:
    """Each number once. The order is the tree's: what waited for a lock may be recorded a moment later."""
    found = set(seqs)
    if len(found) != len(seqs):
        result.find(f"stream {stream}", "a version stands there twice")
    if len(found) != len(wanted) or any(seq not in wanted for seq in found):
        missing = next((seq for seq in wanted if seq not in found), None)
        beyond = "" if missing is not None else f"; the head is {wanted.stop - 1}"
        result.find(
            f"stream {stream}", f"version {missing or max(found)} is {'missing' if missing else 'there'}{beyond}"
        )


def check_order(
    entries: Entries, *, latest: datetime | None, apart_max: timedelta, has_imported_history: bool
) -> Result:
    """Whether entries stand where their times say: none was slipped in later, none speaks of another time than its own.

    latest:               when the checkpoint was signed, with some allowance
    has_imported_history: whether the policy expects entries that state an earlier time than that of their recording
    """
    result = Result(question=Question.ORDER, summary="times ascend as indexes do")
    apart_ms, newest_ms, elsewhen = int(apart_max / timedelta(milliseconds=1)), 0, 0
    latest_ms = _LAST_MS if latest is None else int((latest - _EPOCH) / timedelta(milliseconds=1))
    for at in range(0, len(entries.recorded), _RUN):
        recorded, stated = entries.recorded[at : at + _RUN], entries.stated[at : at + _RUN]
        oldest, newest = min(recorded), max(recorded)
        apart = max(map(abs, map(sub, stated, recorded)))
        if not (0 <= oldest >= max(newest_ms, newest) - apart_ms and newest <= latest_ms and apart <= apart_ms):
            run = zip(entries.indexes[at : at + _RUN], recorded, stated, strict=True)
            dated = _check_run(result, run, newest_ms=newest_ms, apart_ms=apart_ms, latest_ms=latest_ms)
            elsewhen += len(dated)
            for where, what in () if has_imported_history else dated:
                result.find(where, what)
        newest_ms = max(newest_ms, newest)
    result.facts = {"dated_elsewhen": elsewhen}
    if result.count:
        result.summary = "times do not agree with places"
    elif elsewhen:
        result.summary += f"; {elsewhen} imported entries state other times"
    return result


def _check_run(
    result: Result, run: Iterable[tuple[int, int, int]], *, newest_ms: int, apart_ms: int, latest_ms: int
) -> list[Finding]:
    """Looks at some entries one by one; returns what may be said of those that state another time than that of their
    recording.
    """
    elsewhen: list[Finding] = []
    for index, recorded, stated in run:
        if recorded < 0:
            continue
        if recorded < newest_ms - apart_ms:
            result.find(f"entry {index}", f"recorded {_instant(recorded)}, after entries of {_instant(newest_ms)}")
        if recorded > latest_ms:
            result.find(f"entry {index}", f"recorded {_instant(recorded)}, after the checkpoint was signed")
        newest_ms = max(newest_ms, recorded)
        if abs(stated - recorded) > apart_ms:
            what = f"it says {_instant(stated)} and was recorded {_instant(recorded)}"
            elsewhen.append(Finding(f"entry {index}", what))
    return elsewhen


def _instant(milliseconds: int) -> str:
    try:
        return f"{_EPOCH + timedelta(milliseconds=milliseconds):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return f"{milliseconds} ms"


def _named(said: PartSaid) -> str:
    return f"entry {said.entry}, part {said.name}"


def check_parts(entries: Entries, parts: Sequence[SealedPart]) -> Result:
    """Whether each sealed part that an entry names is here as it was stored, or was lawfully destroyed."""
    result = Result(question=Question.PARTS)
    sealed: dict[tuple[str, str], bytes] = {}
    for part in parts:
        if sealed.setdefault((part.event_id, part.name), part.sealed) != part.sealed:
            result.find(f"part {part.name} of {part.event_id}", "it comes twice")
    present = erased = missing = 0
    for said in entries.parts:
        found = sealed.pop((said.event_id, said.name), None)
        if found is not None:
            present += 1
            if sha256(found).hexdigest() != said.digest:
                result.find(_named(said), "it is not the part that was logged")
        elif said.subject in entries.subjects or said.epoch in entries.epochs:
            erased += 1
        else:
            missing += 1
            result.find(_named(said), "it is missing, and no entry here says that it was destroyed")
    for event_id, name in sealed:
        result.find(f"part {name} of {event_id}", "no entry names it")
    result.facts = {"present": present, "erased": erased, "missing": missing}
    result.summary = f"{present} present, {erased} erased, {missing} missing"
    return result
