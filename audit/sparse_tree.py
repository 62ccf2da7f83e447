"""Part of a Merkle tree: the root of the whole from some leaves and the fewest other nodes (RFC 6962 hashing).

One set of complete subtrees proves any number of leaves at once, and each leaf's RFC 6962 inclusion proof can be read
off it. Where one leaf is asked for, `merkle` has the proof that every other verifier reads.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final

from audit import merkle
from audit.merkle import EMPTY_ROOT, Span, Subtree, node_hash, subtrees_of

TILE_HEIGHT: Final = 8
"""Leaves are joined to tiles of 2**8, as C2SP tlog-tiles are; a tile's number is its place among them."""


class NotProven(Exception):
    """The nodes do not lead to a root: one is missing, or two computations of one node differ."""


def missing_nodes(known: Iterable[Subtree], size: int) -> list[Subtree]:
    """What must come with the known nodes, so that `root_of` finds the root of the tree of `size` leaves.

    Known nodes lie inside the tree. The answer is sorted and holds none of what can be computed.
    """
    levels: list[set[int]] = [set() for _ in range(size.bit_length())]
    for level, index in known:
        levels[level].add(index)
    missing: set[Subtree] = set()
    for level, indexes in enumerate(levels[:-1]):
        pairs = {index >> 1 for index in indexes if index | 1 < size >> level}
        missing.update(
            Subtree(level, index) for pair in pairs for index in (2 * pair, 2 * pair + 1) if index not in indexes
        )
        levels[level + 1] |= pairs
    missing.update(peak for peak in subtrees_of(Span(0, size)) if peak[1] not in levels[peak[0]])
    return sorted(missing)


def join_leaves(indexes: Sequence[int], leaves: Sequence[bytes], open_tiles: frozenset[int]) -> dict[Subtree, bytes]:
    """Nodes that say what the leaves at these ascending indexes say: the root of each tile of which all leaves are here,
    and the others' leaves one by one. Open tiles keep their leaves.
    """
    nodes: dict[Subtree, bytes] = {}
    at, width = 0, 1 << TILE_HEIGHT
    while at < len(indexes):
        tile, within = divmod(indexes[at], width)
        stop = at + width
        if (
            not within
            and stop <= len(indexes)
            and indexes[stop - 1] == indexes[at] + width - 1
            and tile not in open_tiles
        ):
            nodes[Subtree(TILE_HEIGHT, tile)] = merkle.root_of(leaves[at:stop])
            at = stop
        else:
            nodes[Subtree(0, indexes[at])] = leaves[at]
            at += 1
    return nodes


def tiles_under(nodes: Iterable[Subtree], sizes: Iterable[int]) -> frozenset[int]:
    """The tiles whose leaves must stay apart: other nodes reach into them, or the tree once ended there."""
    reached = {number << height >> TILE_HEIGHT for height, number in nodes if height <= TILE_HEIGHT}
    return frozenset(reached | {size >> TILE_HEIGHT for size in sizes})


def root_of(nodes: Mapping[Subtree, bytes], size: int) -> bytes:
    """The root of the tree of `size` leaves; NotProven where it cannot be computed.

    Every node given takes part: one that does not fit what is computed from the others, or that cannot be joined to
    the root, is refused. So whoever trusts the root may trust each of them.
    """
    levels: list[dict[int, bytes]] = [{} for _ in range(size.bit_length())]
    for (level, index), digest in nodes.items():
        if not 0 <= level < len(levels) or not 0 <= index < size >> level:
            raise NotProven(f"node {level}/{index} lies outside a tree of {size} entries")
        levels[level][index] = digest
    for level, digests in enumerate(levels[:-1]):
        _climb(digests, levels[level + 1], level=level, count=size >> level)
    root: bytes | None = None
    for level, index in reversed(subtrees_of(Span(0, size))):
        peak = levels[level].get(index)
        if peak is None:
            raise NotProven(f"node {level}/{index} is missing")
        root = peak if root is None else node_hash(peak, root)
    return EMPTY_ROOT if root is None else root


def _climb(digests: Mapping[int, bytes], parents: dict[int, bytes], *, level: int, count: int) -> None:
    """Joins each pair of one level of `count` complete subtrees into its parent; the odd last one is a peak."""
    for index, digest in digests.items():
        if index & 1:
            if index - 1 not in digests:
                raise NotProven(f"node {level}/{index - 1} is missing")
            continue
        if index + 1 == count:
            continue
        right = digests.get(index + 1)
        if right is None:
            raise NotProven(f"node {level}/{index + 1} is missing")
        parent = sha256(b"\x01" + digest + right).digest()
        if parents.setdefault(index >> 1, parent) != parent:
            raise NotProven(f"node {level + 1}/{index >> 1} is not the hash of what lies under it")
