"""The tree as the database keeps it: proofs from its tiles hold, and what is missing is noticed."""

from collections.abc import Sequence

import pytest

from audit.merkle import EMPTY_ROOT, is_consistent, is_included, leaf_hash, root_of
from audit.tiles import TileId
from audit.tree import TreeDamaged, prove_consistency, prove_inclusion, read_entries, read_root, read_tile
from tests.sequenced_log import Connection, record_events, sequencing

SIZE = 66_001
"""Beyond 65,536, so that there are tiles on three levels, the highest two partial."""


@pytest.fixture
async def leaves(connection: Connection, database_url: str) -> Sequence[bytes]:
    """A sequenced log's leaf hashes."""
    ids = await record_events(connection, SIZE)
    async with sequencing(database_url, batch_max=SIZE) as sequencer:
        await sequencer.sequence()
    return [leaf_hash(str(event_id).encode()) for event_id in ids]


async def test_proofs_from_the_database_hold(connection: Connection, leaves: Sequence[bytes]) -> None:
    """For the present tree and for smaller ones, whose partial tiles were overgrown since."""
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE):
        root = root_of(leaves[:size])
        assert await read_root(connection, size) == root
        for index in {0, size // 2, size - 1}:
            assert is_included(leaves[index], index, size, await prove_inclusion(connection, index, size), root)
        earlier = size // 2 + 1
        proof = await prove_consistency(connection, earlier, size)
        assert is_consistent(earlier, root_of(leaves[:earlier]), size, root, proof)


async def test_a_tree_without_leaves_has_the_empty_root(connection: Connection) -> None:
    """Nothing needs to be read for it."""
    assert await read_root(connection, 0) == EMPTY_ROOT


async def test_what_is_not_there_is_damage(connection: Connection) -> None:
    """A tile, a leaf or an entry that should be there and is not."""
    with pytest.raises(TreeDamaged, match="tile/0/000 is missing"):
        await read_tile(connection, TileId(0, 0))
    with pytest.raises(TreeDamaged, match=r"tile/0/000.p/3 has only 0 hashes"):
        await read_tile(connection, TileId(0, 0, 3))
    with pytest.raises(TreeDamaged, match="0 of 3 entries from 256 on"):
        await read_entries(connection, 1, 3)
