"""The entries of a bundle as the checks see them: put together from pieces, without keeping any of them."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from audit import bundle
from audit.bundle import BundleUnreadable, Files
from audit.csv_text import HEADER
from audit.entry_reading import Found, PartSaid, Piece, read_piece
from audit.merkle import Subtree
from audit.stream_versions import StreamVersions

PIECE_BYTES: Final = 4 * 2**20
"""About how much is read at a time. A line is longer only where it is no record."""


@dataclass(slots=True, kw_only=True)
class Entries:
    """What entries say: a bundle may hold millions. `entry_reading.Found` says what the fields mean.

    indexes:     the place of each, ascending
    streams:     the versions that records name
    spreadsheet: length and SHA-256 of each piece of the spreadsheet that follows from them
    """

    indexes: Sequence[int]
    nodes: dict[Subtree, bytes] = field(default_factory=dict)
    recorded: "array[int]" = field(default_factory=lambda: array("q"))
    stated: "array[int]" = field(default_factory=lambda: array("q"))
    streams: StreamVersions = field(default_factory=StreamVersions)
    parts: list[PartSaid] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    epochs: set[str] = field(default_factory=set)
    destructions: list[tuple[int, str, int]] = field(default_factory=list)
    malformed: list[int] = field(default_factory=list)
    spreadsheet: list[tuple[int, bytes]] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Takes in the entries that follow; their indexes are known already."""
        self.nodes.update(found.nodes)
        self.recorded += found.recorded
        self.stated += found.stated
        self.streams.meet(found.streams, found.versions)
        self.parts += found.parts
        self.subjects |= found.subjects
        self.epochs |= found.epochs
        self.destructions += found.destructions
        self.malformed += found.malformed
        self.spreadsheet.append(found.spreadsheet)


class MapPieces(Protocol):
    """How pieces are read: `map`, or several processes (`side_by_side`)."""

    def __call__(self, read: Callable[[Piece], Found], pieces: Iterable[Piece], /) -> Iterable[Found]:
        """What was read of each piece, in the order of the pieces."""
        ...


def read_entries(files: Files, open_tiles: frozenset[int] = frozenset(), map_pieces: MapPieces = map) -> Entries:
    """BundleUnreadable where there are more or fewer indexes than entries, or where the last one has no line end.

    open_tiles: the tiles of which every leaf is wanted, not only what they come to
    """
    data, indexes = files[bundle.ENTRIES], bundle.read_indexes(files[bundle.INDEXES])
    if data and not data.endswith(b"\n"):
        raise BundleUnreadable(f"{bundle.ENTRIES} does not end with a line end")
    lines = data.count(b"\n")
    if lines != len(indexes):
        raise BundleUnreadable(f"{lines} entries and {len(indexes)} indexes")
    entries = Entries(indexes=indexes)
    for found in map_pieces(read_piece, _pieces(data, indexes, open_tiles)):
        entries.add(found)
    return entries


def _pieces(data: bytes, indexes: Sequence[int], open_tiles: frozenset[int]) -> Iterator[Piece]:
    at = line = 0
    while at < len(data):
        # The last whole line within the bounds; where the first is longer, that one.
        end = data.rfind(b"\n", at, at + PIECE_BYTES) + 1 or data.index(b"\n", at) + 1
        count = data.count(b"\n", at, end)
        yield Piece(indexes[line : line + count], data[at:end], open_tiles)
        at, line = end, line + count


def is_spreadsheet_of(entries: Entries, data: bytes) -> bool:
    """Whether the bytes are the spreadsheet that follows from the entries."""
    at = len(HEADER)
    if data[:at] != HEADER.encode():
        return False
    seen = memoryview(data)
    for length, digest in entries.spreadsheet:
        if sha256(seen[at : at + length]).digest() != digest:
            return False
        at += length
    return at == len(data)
