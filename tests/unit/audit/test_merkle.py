"""The Merkle tree: the published vectors of RFC 6962, and agreement with pymerkle, which nobody here wrote."""

import functools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.merkle import (
    EMPTY_ROOT,
    HashOf,
    Subtree,
    consistency_proof,
    consistency_subtrees,
    inclusion_proof,
    inclusion_subtrees,
    is_consistent,
    is_included,
    leaf_hash,
    root_at,
    root_of,
)

# The reference implementation of RFC 6962 (Certificate Transparency) publishes these entries and roots.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
BORDERS = (1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_001)


@functools.cache
def leaves(count: int) -> Sequence[bytes]:
    """The leaves of so many entries."""
    return [leaf_hash(number.to_bytes(4)) for number in range(count)]


@functools.cache
def foreign_tree() -> InmemoryTree:
    """The same entries in pymerkle's tree, as many as the largest border asks for."""
    return InmemoryTree.init_from_entries([number.to_bytes(4) for number in range(max(BORDERS))])


def hashes_of(found: Sequence[bytes]) -> HashOf:
    """Any complete subtree's hash, computed from all leaves."""

    @functools.cache
    def hash_of(subtree: Subtree) -> bytes:
        width = 1 << subtree.height
        assert (subtree.number + 1) * width <= len(found), "not a complete subtree of this tree"
        return root_of(found[subtree.number * width : (subtree.number + 1) * width])

    return hash_of


def test_the_published_roots_are_found() -> None:
    """Eight entries of RFC 6962's reference implementation have these roots, and no entries the hash of nothing."""
    found = [leaf_hash(entry) for entry in ENTRIES]

    assert [root_of(found[: size + 1]).hex() for size in range(8)] == ROOTS
    assert root_of([]) == EMPTY_ROOT == root_at(0, hashes_of([]))


def test_the_published_proofs_are_found() -> None:
    """The path of leaf 5 in a tree of 8, and the way from a tree of 6 to one of 8, are those that others publish."""
    hash_of = hashes_of([leaf_hash(entry) for entry in ENTRIES])

    assert [step.hex() for step in inclusion_proof(5, 8, hash_of)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [step.hex() for step in consistency_proof(6, 8, hash_of)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", BORDERS)
def test_roots_equal_those_of_a_foreign_tree(size: int) -> None:
    """Across the borders of tiles, at 256 and at 65,536 leaves, pymerkle computes the same root."""
    found = leaves(max(BORDERS))

    assert root_of(found[:size]) == foreign_tree().get_root(size)
    assert root_at(size, hashes_of(found)) == foreign_tree().get_root(size)


@pytest.mark.parametrize("size", BORDERS)
def test_a_foreign_tree_makes_the_same_proofs(size: int) -> None:
    """Proofs of inclusion and of consistency have pymerkle's hashes, step by step, and it accepts their roots."""
    found = leaves(max(BORDERS))
    hash_of = hashes_of(found)

    for index in {0, size // 3, size - 1}:
        foreign = foreign_tree().prove_inclusion(index + 1, size)
        proof = inclusion_proof(index, size, hash_of)
        assert [found[index], *proof] == foreign.path
        assert is_included(found[index], index, size, proof, foreign.compute_root())
    for earlier in {1, size // 2 or 1, size - 1 or 1, size}:
        foreign_prior = foreign_tree().get_root(earlier)
        proof = consistency_proof(earlier, size, hash_of)
        assert is_consistent(earlier, foreign_prior, size, foreign_tree().get_root(size), proof)


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_a_proof_of_inclusion_holds_only_for_its_leaf_place_and_root(size: int, data: st.DataObject) -> None:
    """Another leaf, index, size or root, a missing or an added step: none of them passes."""
    found = leaves(600)[:size]
    index = data.draw(st.integers(0, size - 1))
    hash_of = hashes_of(found)
    root = root_of(found)

    proof = inclusion_proof(index, size, hash_of)

    assert is_included(found[index], index, size, proof, root)
    assert not is_included(b"\x00" * 32, index, size, proof, root)
    assert not is_included(found[index], index, size, proof, b"\x00" * 32)
    assert not is_included(found[index], index, size, (*proof, root), root)
    assert not proof or not is_included(found[index], index, size, proof[1:], root)
    assert not is_included(found[index], size, size, proof, root)
    other = data.draw(st.integers(0, size - 1))
    assert other == index or not is_included(found[index], other, size, proof, root)


@settings(deadline=None)
@given(st.integers(1, 600), st.data())
def test_a_proof_of_consistency_holds_only_for_its_two_trees(later: int, data: st.DataObject) -> None:
    """An altered earlier or later root, a missing or an added step: none of them passes."""
    found = leaves(600)
    earlier = data.draw(st.integers(1, later))
    first, second = root_of(found[:earlier]), root_of(found[:later])

    proof = consistency_proof(earlier, later, hashes_of(found[:later]))

    assert is_consistent(earlier, first, later, second, proof)
    assert not is_consistent(earlier, b"\x00" * 32, later, second, proof)
    assert not is_consistent(earlier, first, later, b"\x00" * 32, proof)
    assert not is_consistent(earlier, first, later, second, (*proof, first))
    assert not proof or not is_consistent(earlier, first, later, second, proof[1:])
    assert not is_consistent(later + 1, first, later, second, proof)


@given(st.integers(1, 100_000), st.data())
def test_what_a_proof_will_ask_for_is_known_beforehand(size: int, data: st.DataObject) -> None:
    """The subtrees that are fetched together are exactly those whose hashes the proof then uses."""
    asked: list[Subtree] = []

    def hash_of(subtree: Subtree) -> bytes:
        asked.append(subtree)
        return b""

    index, earlier = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    inclusion_proof(index, size, hash_of)
    consistency_proof(earlier, size, hash_of)

    assert asked == inclusion_subtrees(index, size) + consistency_subtrees(earlier, size)


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    """Asking for one is a caller's mistake."""
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, hashes_of(leaves(4)))


@pytest.mark.parametrize(("earlier", "later"), [(0, 4), (5, 4)])
def test_only_a_tree_that_came_before_is_consistent(earlier: int, later: int) -> None:
    """There is no proof from nothing, nor from a larger tree."""
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(earlier, later, hashes_of(leaves(4)))


def test_the_empty_tree_begins_every_tree() -> None:
    """It needs no proof, and its root is known."""
    assert is_consistent(0, EMPTY_ROOT, 3, root_of(leaves(3)), ())
    assert not is_consistent(0, root_of(leaves(1)), 3, root_of(leaves(3)), ())
