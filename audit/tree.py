"""The tree as the database keeps it: its size and root, full tiles, and the leaves that fill none yet.

Everything here reads; `sequencer` writes. What a partial tile holds is not stored twice: on level 0 it is the newest
leaves, above it the roots of the newest full tiles below.
"""

from collections.abc import Iterable

from audit.connection import Connection
from audit.merkle import (
    EMPTY_ROOT,
    Span,
    Subtree,
    consistency_proof,
    consistency_subtrees,
    inclusion_proof,
    inclusion_subtrees,
    root_at,
    subtrees_of,
)
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, Edge, TileId, Tiles, edge_widths, split_hashes, tiles_for

_LEAVES = "SELECT hash FROM audit.leaves WHERE index >= $1 AND index < $2 ORDER BY index"
_ROOTS = "SELECT root FROM audit.tiles WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY number"
_TILE = "SELECT hashes FROM audit.tiles WHERE level = $1 AND number = $2"
_ENTRIES = """
SELECT event.record FROM audit.leaves leaf JOIN audit.events event ON event.id = leaf.event_id
WHERE leaf.index >= $1 AND leaf.index < $2 ORDER BY leaf.index
"""


class TreeDamaged(Exception):
    """What the database keeps of the tree does not fit together: something was altered or lost."""


async def read_edge(connection: Connection, size: int) -> Edge:
    """The right edge of the tree of `size` leaves; TreeDamaged where leaves or tiles are missing."""
    levels: list[tuple[bytes, ...]] = []
    for level, width in enumerate(edge_widths(size)):
        number = size >> TILE_HEIGHT * (level + 1)
        tile = TileId(level, number, width)
        levels.append(await _read_partial(connection, tile) if width else ())
    return Edge(size=size, levels=tuple(levels))


async def read_tile(connection: Connection, tile: TileId) -> bytes:
    """The tile's hashes, one after the other; TreeDamaged where it is not there."""
    if tile.width < TILE_WIDTH:
        return b"".join(await _read_partial(connection, tile))
    rows = await connection.fetch(_TILE, tile.level, tile.number)
    if not rows:
        raise TreeDamaged(f"{tile.path} is missing")
    return bytes(rows[0][0])


async def read_entries(connection: Connection, number: int, width: int = TILE_WIDTH) -> list[bytes]:
    """The first `width` records of an entry bundle; TreeDamaged where one is missing."""
    start = number * TILE_WIDTH
    rows = await connection.fetch(_ENTRIES, start, start + width)
    if len(rows) != width:
        raise TreeDamaged(f"{len(rows)} of {width} entries from {start} on are there")
    return [bytes(row[0]) for row in rows]


async def prove_inclusion(connection: Connection, index: int, size: int) -> tuple[bytes, ...]:
    """The proof of `merkle.inclusion_proof`, from the tiles of the database."""
    tiles = await _read_tiles(connection, inclusion_subtrees(index, size), size)
    return inclusion_proof(index, size, tiles.hash_of)


async def prove_consistency(connection: Connection, earlier: int, later: int) -> tuple[bytes, ...]:
    """The proof of `merkle.consistency_proof`, from the tiles of the database."""
    tiles = await _read_tiles(connection, consistency_subtrees(earlier, later), later)
    return consistency_proof(earlier, later, tiles.hash_of)


async def read_root(connection: Connection, size: int) -> bytes:
    """The root of the first `size` leaves, computed from the tiles."""
    if size == 0:
        return EMPTY_ROOT
    tiles = await _read_tiles(connection, subtrees_of(Span(0, size)), size)
    return root_at(size, tiles.hash_of)


async def _read_tiles(connection: Connection, subtrees: Iterable[Subtree], size: int) -> Tiles:
    return Tiles({tile: await read_tile(connection, tile) for tile in tiles_for(subtrees, size)})


async def _read_partial(connection: Connection, tile: TileId) -> tuple[bytes, ...]:
    start = tile.number * TILE_WIDTH
    stop = start + tile.width
    if tile.level == 0:
        rows = await connection.fetch(_LEAVES, start, stop)
    else:
        rows = await connection.fetch(_ROOTS, tile.level - 1, start, stop)
    if len(rows) != tile.width:
        raise TreeDamaged(f"{tile.path} has only {len(rows)} hashes")
    return split_hashes(b"".join(bytes(row[0]) for row in rows))
