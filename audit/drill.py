"""The drill: forge a copy of a log in every way that we know of, and see which check notices.

An outsider changes what lies in the bundle and cannot sign. An insider has the log's key and signs whatever he likes;
what remains against him are the checkpoints that an auditor kept, the numbers in the streams, and the clocks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from audit import bundle
from audit.bundle import Files
from audit.checkpoint import VerifiedCheckpoint
from audit.drill_log import KEY, SIZE, THIEF, Log, entry, sample_log
from audit.policy import Policy
from audit.verdict import Question, Verdict
from audit.verify import verify_bundle

SEEN_AT: Final = 200
"""The size of the log when the auditor looked last."""
POLICY: Final = Policy(key=KEY.verifier, age_max=timedelta(hours=48))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What an auditor is handed, and what he kept from before."""

    files: Files
    seen: Sequence[VerifiedCheckpoint]
    now: datetime

    def verdict(self) -> Verdict:
        """What the verifier says of it."""
        return verify_bundle(self.files, POLICY, self.seen, self.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One way to forge. `caught_by`: the question that must fail."""

    name: str
    by: str
    caught_by: Question
    forge: Callable[[Log], Case]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a forgery."""

    forgery: Forgery
    verdict: Verdict

    @property
    def is_caught(self) -> bool:
        """Whether the check that must notice did."""
        return self.forgery.caught_by in self.verdict.failing


def honest_case(log: Log) -> Case:
    """The log as it is: nothing in it may fail."""
    return _handed(log, log.bundle())


def run_drill() -> list[Outcome]:
    """Every forgery of the sample log, and what the verifier says."""
    log = sample_log()
    return [Outcome(forgery=forgery, verdict=forgery.forge(log).verdict()) for forgery in FORGERIES]


def _handed(log: Log, files: Files, seen: Sequence[VerifiedCheckpoint] | None = None) -> Case:
    """The files, an hour after the log's last word, to an auditor who looked at the true log before."""
    kept = [log.seen(SEEN_AT)] if seen is None else seen
    return Case(files=files, seen=kept, now=log.signed_at + timedelta(hours=1))


def _with_lines(files: Files, name: str, change: Callable[[list[bytes]], None]) -> dict[str, bytes]:
    lines = bundle.read_lines(name, files[name])
    change(lines)
    return {**files, name: bundle.write_lines(lines)}


def _edited(log: Log) -> Case:
    def change(lines: list[bytes]) -> None:
        lines[41] = lines[41].replace(b'"amount":141', b'"amount":941')

    return _handed(log, _with_lines(log.bundle(), bundle.ENTRIES, change))


def _deleted(log: Log) -> Case:
    files: Files = log.bundle()
    for name in (bundle.ENTRIES, bundle.INDEXES):
        files = _with_lines(files, name, lambda lines: lines.__delitem__(41))
    return _handed(log, files)


def _reordered(log: Log) -> Case:
    def change(lines: list[bytes]) -> None:
        lines[41], lines[42] = lines[42], lines[41]

    return _handed(log, _with_lines(log.bundle(), bundle.ENTRIES, change))


def _retold(log: Log) -> Case:
    files = log.bundle()
    return _handed(log, {**files, bundle.CSV: files[bundle.CSV].replace(b'"service:till"', b'"staff:bob"', 1)})


def _reapproved(log: Log) -> Case:
    files = log.bundle()
    return _handed(log, {**files, bundle.MANIFEST: files[bundle.MANIFEST].replace(b"staff:grace", b"staff:ada")})


def _swapped(log: Log) -> Case:
    def change(lines: list[bytes]) -> None:
        first, second = (line.rpartition(b'"sealed":') for line in lines[:2])
        lines[:2] = [first[0] + first[1] + second[2], second[0] + second[1] + first[2]]

    return _handed(log, _with_lines(log.bundle(), bundle.PARTS, change))


def _resigned(log: Log) -> Case:
    return _handed(log, log.bundle(key=THIEF))


def _truncated(log: Log) -> Case:
    short = replace(log, records=log.records[:200], parts=log.parts[:20])
    return _handed(log, short.bundle(), seen=[log.seen()])


def _split(log: Log) -> Case:
    other = log.with_records([*log.records[:-1], entry(SIZE - 1, log.signed_at, member=0, version=None)])
    return _handed(log, other.bundle(), seen=[log.seen()])


def _rewritten(log: Log) -> Case:
    records = [*log.records]
    records[41] = {**records[41], "facts": {"amount": 941}}
    return _handed(log, log.with_records(records).bundle())


def _holed(log: Log) -> Case:
    return _handed(log, log.with_records([*log.records[:250], *log.records[251:]]).bundle())


def _forked(log: Log) -> Case:
    twice = {**log.records[250], "id": log.records[251]["id"], "facts": {"amount": 1}}
    return _handed(log, log.with_records([*log.records[:251], twice, *log.records[251:]]).bundle())


def _back_dated(log: Log) -> Case:
    late = entry(SIZE, log.signed_at - timedelta(days=30), member=0, version=None)
    return _handed(log, log.with_records([*log.records, late]).bundle())


def _mis_dated(log: Log) -> Case:
    late = entry(SIZE, log.signed_at, member=0, version=None)
    return _handed(log, log.with_records([*log.records, {**late, "at": "2026-02-01T09:00:00Z"}]).bundle())


def _lost(log: Log) -> Case:
    def change(lines: list[bytes]) -> None:
        del lines[0]

    return _handed(log, _with_lines(log.bundle(), bundle.PARTS, change))


def _stale(log: Log) -> Case:
    return Case(files=log.bundle(), seen=[log.seen(SEEN_AT)], now=log.signed_at + timedelta(days=90))


_OUT, _IN = "outsider", "insider"
_Q = Question
FORGERIES: Final = (
    Forgery(name="an entry edited", by=_OUT, caught_by=_Q.INTEGRITY, forge=_edited),
    Forgery(name="an entry deleted", by=_OUT, caught_by=_Q.INTEGRITY, forge=_deleted),
    Forgery(name="two entries reordered", by=_OUT, caught_by=_Q.INTEGRITY, forge=_reordered),
    Forgery(name="the spreadsheet edited", by=_OUT, caught_by=_Q.INTEGRITY, forge=_retold),
    Forgery(name="another approver written into the manifest", by=_OUT, caught_by=_Q.AUTHENTICITY, forge=_reapproved),
    Forgery(name="parts swapped between events", by=_OUT, caught_by=_Q.PARTS, forge=_swapped),
    Forgery(name="a part lost and called erased", by=_OUT, caught_by=_Q.PARTS, forge=_lost),
    Forgery(name="everything signed again with another key", by=_OUT, caught_by=_Q.AUTHENTICITY, forge=_resigned),
    Forgery(name="an old bundle handed over as new", by=_OUT, caught_by=_Q.FRESHNESS, forge=_stale),
    Forgery(name="the tail truncated", by=_IN, caught_by=_Q.HISTORY, forge=_truncated),
    Forgery(name="a split view of the same size", by=_IN, caught_by=_Q.HISTORY, forge=_split),
    Forgery(name="the past rewritten and signed anew", by=_IN, caught_by=_Q.HISTORY, forge=_rewritten),
    Forgery(name="an entry never logged: a hole in a stream", by=_IN, caught_by=_Q.COMPLETENESS, forge=_holed),
    Forgery(name="two entries of one version", by=_IN, caught_by=_Q.COMPLETENESS, forge=_forked),
    Forgery(name="an entry back-dated", by=_IN, caught_by=_Q.ORDER, forge=_back_dated),
    Forgery(name="an entry that states another time", by=_IN, caught_by=_Q.ORDER, forge=_mis_dated),
)
