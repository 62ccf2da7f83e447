"""Tiles and entry bundles: C2SP tlog-tiles' own examples, and that any growth ends in the same tree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    Span,
    consistency_proof,
    consistency_subtrees,
    inclusion_proof,
    inclusion_subtrees,
    is_consistent,
    is_included,
    root_at,
    root_of,
    subtrees_of,
)
from audit.tiles import (
    Edge,
    TileId,
    Tiles,
    bundle_path,
    decode_bundle,
    encode_bundle,
    tiles_between,
    tiles_for,
)
from tests.unit.audit.test_merkle import leaves

SIZES = st.one_of(st.integers(0, 700), st.sampled_from([255, 256, 257, 65_535, 65_536, 65_537, 66_001]))


def all_tiles(size: int) -> dict[TileId, bytes]:
    """Every tile of the tree of `size` leaves, computed from its leaves."""
    found: dict[TileId, bytes] = {}
    for tile in tiles_between(0, size):
        width = 256**tile.level
        start = tile.number * 256 * width
        parts = [root_of(leaves(66_001)[at : at + width]) for at in range(start, start + tile.width * width, width)]
        found[tile] = b"".join(parts)
    return found


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    """273 full tiles of level 0 and one of width 112, one full of level 1 and one of width 17, one of width 1."""
    tiles = list(tiles_between(0, 70_000))

    assert len([tile for tile in tiles if tile.level == 0 and tile.width == 256]) == 273
    assert [tile for tile in tiles if tile.width < 256 or tile.level > 0] == [
        TileId(0, 273, 112),
        TileId(1, 0),
        TileId(1, 1, 17),
        TileId(2, 0, 1),
    ]


def test_a_tree_of_256_has_a_full_tile_and_a_partial_one_above() -> None:
    """The specification's second example."""
    assert list(tiles_between(0, 256)) == [TileId(0, 0), TileId(1, 0, 1)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (TileId(0, 1_234_067), "tile/0/x001/x234/067"),
        (TileId(0, 0), "tile/0/000"),
        (TileId(2, 999, 7), "tile/2/999.p/7"),
        (TileId(1, 1000, 255), "tile/1/x001/000.p/255"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(tile: TileId, path: str) -> None:
    """Three digits an element, an x before all but the last, the width where it is partial."""
    assert tile.path == path


def test_a_bundle_has_the_path_of_its_tile() -> None:
    """Only that its level is called entries."""
    assert bundle_path(1_234_067) == "tile/entries/x001/x234/067"
    assert bundle_path(273, 112) == "tile/entries/273.p/112"


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 700), max_size=12))
def test_growing_in_any_steps_leads_to_the_same_tree(steps: list[int]) -> None:
    """The root is that of all leaves, each tile is filled once, and the edge is what is not in a full tile."""
    edge = Edge()
    filled: dict[TileId, tuple[bytes, ...]] = {}

    for step in steps:
        growth = edge.append(leaves(66_001)[edge.size : edge.size + step])
        assert not filled.keys() & {tile.id for tile in growth.filled}
        assert all(tile.root == root_of(tile.hashes) for tile in growth.filled)
        filled.update((tile.id, tile.hashes) for tile in growth.filled)
        edge = growth.edge
        assert edge.root == root_of(leaves(66_001)[: edge.size])

    expected = all_tiles(edge.size)
    assert {tile: b"".join(hashes) for tile, hashes in filled.items()} == {
        tile: hashes for tile, hashes in expected.items() if tile.width == 256
    }


def test_growing_across_both_borders_at_once_leads_to_the_same_tree() -> None:
    """One step from nothing past 65,536 leaves equals the tree over them; then one leaf more."""
    growth = Edge().append(leaves(66_001)[:65_536])

    assert growth.edge.levels == ((), (), (growth.edge.root,))
    assert growth.edge.root == root_of(leaves(66_001)[:65_536])
    assert len(growth.filled) == 257
    assert growth.edge.append(leaves(66_001)[65_536:65_537]).edge.root == root_of(leaves(66_001)[:65_537])


def test_an_edge_that_does_not_fit_its_size_is_refused() -> None:
    """A wrong number of hashes would silently compute a wrong root."""
    with pytest.raises(ValueError, match="no edge of 2 leaves"):
        Edge(size=2, levels=((b"\x00" * HASH_BYTES,),))


def test_an_empty_edge_is_the_empty_tree() -> None:
    """Its root is the hash of nothing."""
    assert Edge().root == EMPTY_ROOT


@settings(deadline=None, max_examples=25)
@given(SIZES.filter(bool), st.data())
def test_proofs_are_made_from_the_tiles_they_name(size: int, data: st.DataObject) -> None:
    """The tiles asked for beforehand are enough for the root and for both proofs, and the proofs hold."""
    everything = all_tiles(size)
    root = root_of(leaves(66_001)[:size])
    index, earlier = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    wanted = [
        *inclusion_subtrees(index, size),
        *consistency_subtrees(earlier, size),
        *subtrees_of(Span(0, size)),
    ]

    tiles = Tiles({tile: everything[tile] for tile in tiles_for(wanted, size)})

    assert root_at(size, tiles.hash_of) == root
    assert is_included(leaves(66_001)[index], index, size, inclusion_proof(index, size, tiles.hash_of), root)
    proof = consistency_proof(earlier, size, tiles.hash_of)
    assert is_consistent(earlier, root_of(leaves(66_001)[:earlier]), size, root, proof)


@given(SIZES, SIZES)
def test_what_changed_between_two_sizes_is_exactly_what_is_published(one: int, other: int) -> None:
    """The tiles of the larger tree are those of the smaller that stayed, and the ones between."""
    earlier, later = sorted((one, other))

    between = set(tiles_between(earlier, later))

    assert between == set(tiles_between(0, later)) - set(tiles_between(0, earlier))


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    """A truncated tile proves nothing."""
    with pytest.raises(ValueError, match="8191 bytes"):
        Tiles({TileId(0, 0): b"\x00" * 8191})


def test_a_hash_beyond_a_partial_tile_is_missing() -> None:
    """It is not made up from what is there."""
    tiles = Tiles({TileId(0, 0, 3): b"\x00" * 96})

    with pytest.raises(KeyError):
        tiles.hash_of(subtrees_of(Span(2, 4))[0])


@given(st.lists(st.binary(max_size=5000), max_size=4))
def test_a_bundle_gives_back_its_entries(entries: list[bytes]) -> None:
    """Each after its length in two bytes, the higher first."""
    bundle = encode_bundle(entries)

    assert decode_bundle(bundle) == entries
    assert len(bundle) == sum(2 + len(entry) for entry in entries)


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_truncated_bundle_is_refused(bundle: bytes) -> None:
    """An entry is whole or there is an error."""
    with pytest.raises(ValueError, match="ends within an entry"):
        decode_bundle(bundle)
