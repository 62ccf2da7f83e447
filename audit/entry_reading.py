"""Reading the entries of a bundle, piece by piece: from lines to what the checks need to know, and nothing else kept.

A piece is read by itself, in whatever process. `plain_record` takes nearly all lines; what it does not take is read as
JSON here, and refused here.
"""

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple, NoReturn

from audit import bundle
from audit.csv_text import Record, csv_line
from audit.merkle import Subtree
from audit.plain_record import read_plain
from audit.sparse_tree import join_leaves

SUBJECT_ERASED: Final = "subject_erased"
"""The entry that says of its subjects that their keys and parts were destroyed."""
EPOCH_EXPIRED: Final = "epoch_key_destroyed"
"""The entry that says of the epoch among its facts that its key and parts were destroyed."""
VERSION_MAX: Final = 2**53
"""No record holds a greater number."""
_DESTRUCTIONS: Final = frozenset({SUBJECT_ERASED.encode(), EPOCH_EXPIRED.encode()})
_ALWAYS: Final = ("actor", "at", "class", "id", "origin", "outcome", "type", "v")
_ALWAYS_TYPES: Final = [str, str, str, str, str, str, str, int]


class PartSaid(NamedTuple):
    """A part as an entry names it."""

    entry: int
    event_id: str
    name: str
    digest: str
    subject: str
    epoch: str


class Piece(NamedTuple):
    """Some neighbouring entries.

    indexes:    their places in the log
    data:       their lines, each with its end
    open_tiles: the tiles whose leaves must be told one by one
    """

    indexes: Sequence[int]
    data: bytes
    open_tiles: frozenset[int] = frozenset()


@dataclass(slots=True, kw_only=True)
class Found:
    """What the entries of a piece say.

    nodes:             the hashes of their leaves, or of what is whole above them
    recorded, stated:  when each was recorded and which time it states, in milliseconds since 1970; -1 where it is no record
    streams, versions: each stream that a record names, and its version
    parts:             the parts that records name
    subjects, epochs:  those whose parts were destroyed, as records say
    destructions:      the indexes of the records that say so, each with a stream and its version
    malformed:         indexes of what is no record
    spreadsheet:       length and SHA-256 of the piece of the spreadsheet that follows from them
    """

    nodes: dict[Subtree, bytes] = field(default_factory=dict)
    recorded: "array[int]" = field(default_factory=lambda: array("q"))
    stated: "array[int]" = field(default_factory=lambda: array("q"))
    streams: list[str] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    parts: list[PartSaid] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    epochs: set[str] = field(default_factory=set)
    destructions: list[tuple[int, str, int]] = field(default_factory=list)
    malformed: list[int] = field(default_factory=list)
    spreadsheet: tuple[int, bytes] = (0, b"")


NO_RECORD: Final = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What reading raises where bytes are no record."""


def read_piece(piece: Piece) -> Found:
    """What these entries say."""
    found, lines = Found(), bundle.read_lines(bundle.ENTRIES, piece.data)
    leaves = [sha256(b"\x00" + line).digest() for line in lines]
    found.nodes = join_leaves(piece.indexes, leaves, piece.open_tiles)
    cells, streams = [], []
    for index, line in zip(piece.indexes, lines, strict=True):
        plain = read_plain(index, line)
        if plain is None or plain.type in _DESTRUCTIONS:
            cells.append(_read_json(found, index, line))
            continue
        found.recorded.append(plain.recorded)
        found.stated.append(plain.stated)
        cells.append(plain.cells)
        if plain.streams:
            streams.append(plain.streams)
        if plain.part:
            found.parts.append(PartSaid(index, *(text.decode() for text in plain.part)))
    _take_streams(found, streams)
    text = b"".join(cells)
    found.spreadsheet = len(text), sha256(text).digest()
    return found


def _take_streams(found: Found, listed: Sequence[bytes]) -> None:
    """Takes the streams of plain records, as they stand there, all at once."""
    if listed:
        words = b'],["'.join(listed).replace(b'],["', b" ").replace(b'",', b" ").decode("ascii").split(" ")
        found.streams += words[::2]
        found.versions += map(int, words[1::2])


def _read_json(found: Found, index: int, line: bytes) -> bytes:
    """Keeps what the line says, or that it is no record; returns its line of the spreadsheet."""
    recorded = stated = -1
    cells = b""
    try:
        record = _parse(line)
        recorded, stated = _times(record)
        cells = csv_line(index, record).encode()
        _take(found, index, record)
    except NO_RECORD:
        found.malformed.append(index)
    found.recorded.append(recorded)
    found.stated.append(stated)
    return cells


def _take(found: Found, index: int, record: Record) -> None:
    """Keeps what the record says of streams, parts and destruction."""
    streams = record.get("streams", ())
    found.streams += (stream for stream, _ in streams)
    found.versions += (seq for _, seq in streams)
    for part in record.get("parts", ()):
        said = PartSaid(index, record["id"], part["name"], part["hash"], part["subject"], part["epoch"])
        found.parts.append(said)
    destroyed = destroyed_by(record)
    if destroyed is not None:
        subjects, epochs = destroyed
        found.subjects.update(subjects)
        found.epochs.update(epochs)
        found.destructions.extend((index, stream, seq) for stream, seq in streams)


def record_in(line: bytes) -> Record | None:
    """The record that the bytes are, in canonical form and with all that every record says; None where they are none."""
    try:
        record = _parse(line)
        _times(record)
    except NO_RECORD:
        return None
    return record


def destroyed_by(record: Record) -> tuple[Sequence[str], Sequence[str]] | None:
    """The subjects and the epochs of which the record says that their keys and parts were destroyed; None where it says
    no such thing.
    """
    if record.get("type") == SUBJECT_ERASED:
        return record.get("subjects", ()), ()
    if record.get("type") == EPOCH_EXPIRED:
        return (), (str(record.get("facts", {}).get("epoch")),)
    return None


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
    # Writing it again shows a member that stands there twice, so that two readers could read two things, one out of
    # order, and a blank, an escape or a sign that canonical JSON does without.
    if _CANONICAL.encode(record) != text:
        raise ValueError("not canonical")
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


def _times(record: Record) -> tuple[int, int]:
    """When it was really recorded, by its UUIDv7, and the time that it states."""
    digits, stated = record["id"].replace("-", ""), datetime.fromisoformat(record["at"])
    if stated.tzinfo is None:
        raise ValueError("a time without its offset")
    # `int` alone would let signs, blanks and foreign digits pass.
    if len(digits) != 32 or not (digits.isascii() and digits.isalnum()):
        raise ValueError("no id")
    return int(digits, 16) >> 80, int(stated.timestamp() * 1000)
