"""Reading the entries of a bundle: from lines to what the checks need to know, piece by piece and nothing kept."""

import json
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple, NoReturn, Protocol

from audit import bundle
from audit.bundle import BundleUnreadable, Files
from audit.csv_text import HEADER, Record, csv_line

SUBJECT_ERASED: Final = "subject_erased"
"""The entry that says of its subjects that their keys and parts were destroyed."""
EPOCH_EXPIRED: Final = "epoch_key_destroyed"
"""The entry that says of the epoch among its facts that its key and parts were destroyed."""
PIECE_ENTRIES: Final = 8192
VERSION_MAX: Final = 2**53
"""No record holds a greater number."""
_ALWAYS: Final = ("actor", "at", "class", "id", "origin", "outcome", "type", "v")
_ALWAYS_TYPES: Final = [str, str, str, str, str, str, str, int]
_NOTHING: Final[Record] = {}


class PartSaid(NamedTuple):
    """A part as an entry names it."""

    entry: int
    event_id: str
    name: str
    digest: str
    subject: str
    epoch: str


@dataclass(slots=True, kw_only=True)
class Entries:
    """What entries say, without keeping them: a bundle may hold millions.

    indexes, leaves:  place and leaf hash of each
    recorded, stated: when each was recorded and which time it states, in milliseconds since 1970; -1 where it is no record
    streams:          the versions that records name, by stream, in the order of the log
    parts:            the parts that records name
    subjects, epochs: those whose parts were destroyed, as records say
    destructions:     the indexes of the records that say so, each with a stream and its version
    malformed:        indexes of what is no record
    spreadsheet:      length and SHA-256 of each piece of the spreadsheet that follows from them
    """

    indexes: Sequence[int]
    leaves: list[bytes] = field(default_factory=list)
    recorded: "array[int]" = field(default_factory=lambda: array("q"))
    stated: "array[int]" = field(default_factory=lambda: array("q"))
    streams: dict[str, list[int]] = field(default_factory=dict)
    parts: list[PartSaid] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    epochs: set[str] = field(default_factory=set)
    destructions: list[tuple[int, str, int]] = field(default_factory=list)
    malformed: list[int] = field(default_factory=list)
    spreadsheet: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, more: "Entries") -> None:
        """Takes in the entries that follow; their indexes are known already."""
        self.leaves += more.leaves
        self.recorded += more.recorded
        self.stated += more.stated
        for stream, seqs in more.streams.items():
            self.streams.setdefault(stream, []).extend(seqs)
        self.parts += more.parts
        self.subjects |= more.subjects
        self.epochs |= more.epochs
        self.destructions += more.destructions
        self.malformed += more.malformed
        self.spreadsheet += more.spreadsheet


_NO_RECORD: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading raises where bytes are no record."""


class Piece(NamedTuple):
    """Some neighbouring entries with their indexes."""

    indexes: Sequence[int]
    lines: Sequence[bytes]


class MapPieces(Protocol):
    """How pieces are read: `map`, or that of an executor with several processes."""

    def __call__(self, read: Callable[[Piece], Entries], pieces: Iterable[Piece], /) -> Iterable[Entries]:
        """What was read of each piece, in the order of the pieces."""
        ...


def read_entries(files: Files, map_pieces: MapPieces = map) -> Entries:
    """BundleUnreadable where there are more or fewer indexes than entries."""
    lines = bundle.read_lines(bundle.ENTRIES, files[bundle.ENTRIES])
    indexes = bundle.read_indexes(files[bundle.INDEXES])
    if len(lines) != len(indexes):
        raise BundleUnreadable(f"{len(lines)} entries and {len(indexes)} indexes")
    starts = range(0, len(lines), PIECE_ENTRIES)
    pieces = (Piece(indexes[at : at + PIECE_ENTRIES], lines[at : at + PIECE_ENTRIES]) for at in starts)
    entries = Entries(indexes=indexes)
    for found in map_pieces(read_piece, pieces):
        entries.add(found)
    return entries


def read_piece(piece: Piece) -> Entries:
    """What these entries say."""
    entries = Entries(indexes=piece.indexes)
    entries.leaves = [sha256(b"\x00" + line).digest() for line in piece.lines]
    spreadsheet: list[str] = []
    for index, line in zip(piece.indexes, piece.lines, strict=True):
        recorded = stated = -1
        try:
            record = _parse(line)
            recorded, stated = _times(record)
            spreadsheet.append(csv_line(index, record))
            _take(entries, index, record)
        except _NO_RECORD:
            entries.malformed.append(index)
        entries.recorded.append(recorded)
        entries.stated.append(stated)
    text = "".join(spreadsheet).encode()
    entries.spreadsheet.append((len(text), sha256(text).digest()))
    return entries


def is_spreadsheet_of(entries: Entries, data: bytes) -> bool:
    """Whether the bytes are the spreadsheet that follows from the entries."""
    at = len(HEADER)
    if data[:at] != HEADER.encode():
        return False
    for length, digest in entries.spreadsheet:
        if sha256(data[at : at + length]).digest() != digest:
            return False
        at += length
    return at == len(data)


def _take(entries: Entries, index: int, record: Record) -> None:
    """Keeps what the record says of streams, parts and destruction."""
    for stream, seq in record.get("streams", ()):
        entries.streams.setdefault(stream, []).append(seq)
    for part in record.get("parts", ()):
        said = PartSaid(index, record["id"], part["name"], part["hash"], part["subject"], part["epoch"])
        entries.parts.append(said)
    if record["type"] == SUBJECT_ERASED:
        entries.subjects.update(record.get("subjects", ()))
    elif record["type"] == EPOCH_EXPIRED:
        entries.epochs.add(str(record.get("facts", {}).get("epoch")))
    else:
        return
    entries.destructions.extend((index, stream, seq) for stream, seq in record.get("streams", ()))


_CANONICAL: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _refuse_number(digits: str) -> NoReturn:
    raise ValueError(f"{digits} is no integer")


_decode: Final = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number).raw_decode


def _parse(line: bytes) -> Record:
    """The record; raises one of several errors where it is none."""
    text = line.decode("utf-8")
    record: dict[str, Any]
    record, end = _decode(text)
    if end != len(text):
        raise ValueError("something follows")
    _require_canonical(text, record)
    if [*map(type, map(record.__getitem__, _ALWAYS))] != _ALWAYS_TYPES:
        raise TypeError("a member of another type")
    for stream, seq in record.get("streams", ()):
        if type(stream) is not str or type(seq) is not int or not 0 < seq <= VERSION_MAX:
            raise TypeError("streams")
    for part in record.get("parts", ()):
        if any(type(part[name]) is not str for name in ("name", "hash", "subject", "epoch")):
            raise TypeError("parts")
    for subject in record.get("subjects", ()):
        if type(subject) is not str:
            raise TypeError("subjects")
    return record


def _require_canonical(text: str, record: Record) -> None:
    """ValueError where a member stands there twice, so that two readers could read two things, out of order, or with
    a blank, an escape or a sign that canonical JSON does without.
    """
    if not _is_plainly_canonical(text, record) and _CANONICAL.encode(record) != text:
        raise ValueError("not canonical")


def _is_plainly_canonical(text: str, record: Record) -> bool:
    """Whether it can be told without writing everything again, which takes thrice as long.

    Where nothing is escaped and no blank stands, each `":` ends the name of a member, or begins a text with a colon.
    """
    if "\\" in text or " " in text or "\t" in text or "\r" in text or ":-0" in text or ",-0" in text or "[-0" in text:
        return False
    facts, parts = record.get("facts", _NOTHING), record.get("parts", ())
    if text.count('":') != len(record) + len(facts) + sum(map(len, parts)):
        return False
    if not _IN_ORDER.issuperset(((*record,), (*facts,))) and not (_are_in_order(record) and _are_in_order(facts)):
        return False
    return not parts or all(map(_are_in_order, parts))


_IN_ORDER: Final[set[tuple[str, ...]]] = set()
"""Names of members that were found in order: records of one kind have the same."""
_ORDERS_MAX: Final = 1_000


def _are_in_order(members: Record) -> bool:
    names = (*members,)
    if list(names) != sorted(names):
        return False
    if len(_IN_ORDER) < _ORDERS_MAX:
        _IN_ORDER.add(names)
    return True


def _times(record: Record) -> tuple[int, int]:
    """When it was really recorded, by its UUIDv7, and the time that it states."""
    digits, stated = record["id"].replace("-", ""), datetime.fromisoformat(record["at"])
    if stated.tzinfo is None:
        raise ValueError("a time without its offset")
    # `int` alone would let signs, blanks and foreign digits pass.
    if len(digits) != 32 or not (digits.isascii() and digits.isalnum()):
        raise ValueError("no id")
    return int(digits, 16) >> 80, int(stated.timestamp() * 1000)
