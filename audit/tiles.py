"""Tiles and entry bundles of C2SP tlog-tiles: how the tree and its entries are cut into pieces that never change.

A tile of level L holds 256 neighbouring hashes of complete subtrees of 256**L leaves each; level 0 holds leaves. At the
right edge of the tree tiles are partial: 1 to 255 hashes wide. An entry bundle holds the entries whose leaves a tile of
level 0 holds. `Edge` is what appending needs to know of a tree: the partial tile of each level and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from struct import pack
from typing import NamedTuple

from audit.merkle import EMPTY_ROOT, HASH_BYTES, Subtree, node_hash, root_of

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT


class TileId(NamedTuple):
    """Which tile: its level, its number within the level, and how many hashes it has; 256 where it is full."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's prefix."""
        return f"tile/{self.level}/{_number_path(self.number, self.width)}"


class FullTile(NamedTuple):
    """A tile that was filled: its 256 hashes, and their root, which is its hash in the tile above."""

    id: TileId
    hashes: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The right edge of a tree of `size` leaves; `levels[L]` are the hashes of the partial tile of level L, which may be none."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ((),)

    def __post_init__(self) -> None:
        if tuple(len(level) for level in self.levels) != edge_widths(self.size):
            raise ValueError(f"{[len(level) for level in self.levels]} hashes are no edge of {self.size} leaves")

    @property
    def root(self) -> bytes:
        """The tree's root."""
        # Complete subtrees from the right, each larger than the one before.
        peaks = [peak for level in self.levels for peak in _peaks(level)]
        return reduce(lambda right, left: node_hash(left, right), peaks) if peaks else EMPTY_ROOT

    def append(self, leaves: Sequence[bytes]) -> "Growth":
        """The edge after these leaves, and the tiles that they filled."""
        levels = [*self.levels]
        filled: list[FullTile] = []
        fresh: Sequence[bytes] = leaves
        level = 0
        while fresh:
            if level == len(levels):
                levels.append(())
            hashes = (*levels[level], *fresh)
            whole = len(hashes) - len(hashes) % TILE_WIDTH
            first = self.size >> TILE_HEIGHT * (level + 1)
            tiles = [
                _full_tile(level, first + at // TILE_WIDTH, hashes[at : at + TILE_WIDTH])
                for at in range(0, whole, TILE_WIDTH)
            ]
            filled.extend(tiles)
            levels[level] = hashes[whole:]
            fresh = [tile.root for tile in tiles]
            level += 1
        return Growth(edge=Edge(size=self.size + len(leaves), levels=tuple(levels)), filled=tuple(filled))


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What appending made of a tree: its new edge, and the full tiles, level by level and in order."""

    edge: Edge
    filled: tuple[FullTile, ...]


class Tiles:
    """Tiles at hand, as a source of subtree hashes for proofs."""

    def __init__(self, tiles: Mapping[TileId, bytes]) -> None:
        """Take concatenated hashes by tile; ValueError where their number is not the tile's width."""
        for tile, hashes in tiles.items():
            if len(hashes) != tile.width * HASH_BYTES:
                raise ValueError(f"{tile.path} has {len(hashes)} bytes")
        self._hashes = {(tile.level, tile.number): split_hashes(hashes) for tile, hashes in tiles.items()}

    def hash_of(self, subtree: Subtree) -> bytes:
        """The hash of a complete subtree; KeyError where its tile is not at hand."""
        level, number, span = _place_of(subtree)
        found = self._hashes[level, number][span]
        if len(found) != span.stop - span.start:
            raise KeyError(subtree)
        return root_of(found)


def tiles_for(subtrees: Iterable[Subtree], size: int) -> list[TileId]:
    """The tiles of the tree of `size` leaves that hold what these subtrees' hashes are made from, each once, in order."""
    wanted = {_place_of(subtree)[:2] for subtree in subtrees}
    return [TileId(level, number, width_of(level, number, size)) for level, number in sorted(wanted)]


def tiles_between(earlier: int, later: int) -> Iterator[TileId]:
    """The tiles of the tree of `later` leaves that the tree of `earlier` leaves does not have as they are."""
    level = 0
    while later >> TILE_HEIGHT * level:
        first = earlier >> TILE_HEIGHT * (level + 1)
        last = -(-(later >> TILE_HEIGHT * level) // TILE_WIDTH)
        for number in range(first, last):
            tile = TileId(level, number, width_of(level, number, later))
            if tile.width != width_of(level, number, earlier):
                yield tile
        level += 1


def width_of(level: int, number: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves: 0 to 256."""
    hashes = size >> TILE_HEIGHT * level
    return max(0, min(TILE_WIDTH, hashes - number * TILE_WIDTH))


def edge_widths(size: int) -> tuple[int, ...]:
    """The width of the partial tile of each level of a tree of `size` leaves, up to its highest level."""
    widths = [size % TILE_WIDTH]
    while size := size >> TILE_HEIGHT:
        widths.append(size % TILE_WIDTH)
    return tuple(widths)


def split_hashes(hashes: bytes) -> tuple[bytes, ...]:
    """The hashes of a tile, one by one."""
    return tuple(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """The path of an entry bundle below the log's prefix."""
    return f"tile/entries/{_number_path(number, width)}"


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle: each entry after its length as a big-endian uint16."""
    return b"".join(pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """The entries of a bundle; ValueError where it ends within one."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start])
        if at > len(bundle) or start > len(bundle):
            raise ValueError("an entry bundle that ends within an entry")
        entries.append(bundle[start:at])
    return entries


def _full_tile(level: int, number: int, hashes: tuple[bytes, ...]) -> FullTile:
    return FullTile(TileId(level, number), hashes, root_of(hashes))


def _number_path(number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *above, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    path = "/".join([*(f"x{part}" for part in above), last])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def _place_of(subtree: Subtree) -> tuple[int, int, slice]:
    """The level and number of the tile that a subtree lies in, and which of the tile's hashes it spans."""
    level, height = divmod(subtree.height, TILE_HEIGHT)
    start = subtree.number << height
    within = start % TILE_WIDTH
    return level, start // TILE_WIDTH, slice(within, within + (1 << height))


def _peaks(hashes: Sequence[bytes]) -> Iterator[bytes]:
    """The complete subtrees over a partial tile's hashes, the rightmost and smallest first."""
    stop = len(hashes)
    while stop:
        start = stop - (stop & -stop)
        yield root_of(hashes[start:stop])
        stop = start
