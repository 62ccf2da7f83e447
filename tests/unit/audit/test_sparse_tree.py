"""Sparse trees: the root of the whole from a part, for every part, and for nothing that does not belong."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.merkle import EMPTY_ROOT, Span, Subtree, subtrees_of
from audit.sparse_tree import NotProven, missing_nodes, root_of


def leaf(index: int) -> bytes:
    """Return the leaf hash of a made-up entry."""
    return sha256(b"\x00entry %d" % index).digest()


def tree_hash(leaves: list[bytes]) -> bytes:
    """Return MTH of RFC 6962 2.1, as the RFC writes it down."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def node_hash(leaves: list[bytes], node: Subtree) -> bytes:
    """Return the hash of a complete subtree."""
    height, index = node
    return tree_hash(leaves[index << height : (index + 1) << height])


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    """RFC 6962 2.1: the hash of an empty list is the hash of an empty string."""
    assert root_of({}, 0) == EMPTY_ROOT
    assert subtrees_of(Span(0, 0)) == []


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 255, 256, 257])
def test_all_leaves_need_nothing_else(size: int) -> None:
    """A whole log is its own proof."""
    leaves = [leaf(index) for index in range(size)]
    nodes = {Subtree(0, index): digest for index, digest in enumerate(leaves)}

    assert missing_nodes(nodes, size) == []
    assert root_of(nodes, size) == tree_hash(leaves)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), size=st.integers(1, 70))
def test_any_part_with_its_nodes_gives_the_root(data: st.DataObject, size: int) -> None:
    """Whatever is chosen, the nodes asked for suffice, and without any one of them nothing is proven."""
    leaves = [leaf(index) for index in range(size)]
    earlier = data.draw(st.integers(0, size))
    chosen = data.draw(st.sets(st.integers(0, size - 1)))
    known = {Subtree(0, index) for index in chosen} | set(subtrees_of(Span(0, earlier)))
    wanted = missing_nodes(known, size)

    nodes = {node: node_hash(leaves, node) for node in [*known, *wanted]}
    assert root_of(nodes, size) == tree_hash(leaves)
    assert root_of({node: nodes[node] for node in subtrees_of(Span(0, earlier))}, earlier) == tree_hash(
        leaves[:earlier]
    )
    for node in wanted:
        with pytest.raises(NotProven):
            root_of({each: digest for each, digest in nodes.items() if each != node}, size)
    for node in known:
        assert _root_or_none({**nodes, node: b"\0" * 32}, size) != tree_hash(leaves)


def test_a_node_that_differs_from_what_lies_under_it_is_refused() -> None:
    """Two leaves and a wrong parent of theirs prove nothing."""
    with pytest.raises(NotProven, match="1/0 is not the hash"):
        root_of({Subtree(0, 0): leaf(0), Subtree(0, 1): leaf(1), Subtree(1, 0): b"\0" * 32}, 2)


@pytest.mark.parametrize("node", [Subtree(0, 3), Subtree(2, 0), Subtree(-1, 0), Subtree(1, -1), Subtree(9, 0)])
def test_a_node_outside_the_tree_is_refused(node: Subtree) -> None:
    """A tree of three leaves has no such complete subtree."""
    with pytest.raises(NotProven, match="outside"):
        root_of({node: b"\0" * 32}, 3)


def _root_or_none(nodes: dict[Subtree, bytes], size: int) -> bytes | None:
    try:
        return root_of(nodes, size)
    except NotProven:
        return None
