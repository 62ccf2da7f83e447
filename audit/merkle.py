"""The Merkle tree of RFC 6962 over SHA-256, as pure functions: roots, and proofs of inclusion and of consistency.

A leaf is the hash of one entry's canonical bytes. A proof is a list of hashes, lowest first, exactly as RFC 6962,
sections 2.1.1 and 2.1.2, write them; the checks are those of RFC 9162, sections 2.1.3.2 and 2.1.4.2.

Making a proof needs hashes of complete subtrees only, which never change once the log has grown past them. Where they
are kept does not matter here: whoever asks gives a function from `Subtree` to its hash (`tiles` has one).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""

_LEAF = b"\x00"
_NODE = b"\x01"


class Subtree(NamedTuple):
    """The complete subtree over the 2**height leaves from leaf `number` * 2**height on; height 0 is a leaf."""

    height: int
    number: int


class Span(NamedTuple):
    """The leaves from `start` up to, not including, `stop`."""

    start: int
    stop: int


HashOf = Callable[[Subtree], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry's bytes."""
    return sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two hashes."""
    return sha256(_NODE + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, or over the hashes of neighbouring complete subtrees of one height."""
    if not leaves:
        return EMPTY_ROOT
    level = leaves
    while len(level) > 1:
        # A lone last hash moves up as it is: the same tree as RFC 6962's splits at the largest power of two.
        above = [sha256(_NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return level[0]


def root_at(size: int, hash_of: HashOf) -> bytes:
    """The root of the tree's first `size` leaves."""
    return _hash_of_span(Span(0, size), hash_of) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """Proof that the leaf at `index` is in the tree of `size` leaves; ValueError where it cannot be."""
    return tuple(_hash_of_span(span, hash_of) for span in _inclusion_spans(index, size))


def consistency_proof(earlier: int, later: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """Proof that the first `earlier` leaves of the tree of `later` leaves are the earlier tree; ValueError outside 1…later."""
    return tuple(_hash_of_span(span, hash_of) for span in _consistency_spans(earlier, later))


def inclusion_subtrees(index: int, size: int) -> list[Subtree]:
    """The subtrees whose hashes `inclusion_proof` asks for, so that they can be fetched together."""
    return [subtree for span in _inclusion_spans(index, size) for subtree in subtrees_of(span)]


def consistency_subtrees(earlier: int, later: int) -> list[Subtree]:
    """The subtrees whose hashes `consistency_proof` asks for."""
    return [subtree for span in _consistency_spans(earlier, later) for subtree in subtrees_of(span)]


def subtrees_of(span: Span) -> list[Subtree]:
    """The complete subtrees that make up a span, from left to right, highest first.

    The span begins where a subtree of its largest power of two can, as every span of a proof does.
    """
    found: list[Subtree] = []
    start = span.start
    while start < span.stop:
        height = (span.stop - start).bit_length() - 1
        found.append(Subtree(height, start >> height))
        start += 1 << height
    return found


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that `leaf` stands at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(earlier: int, earlier_root: bytes, later: int, later_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the later tree begins with the earlier one. The empty tree begins every tree."""
    if not 0 <= earlier <= later:
        return False
    if earlier == 0:
        return earlier_root == EMPTY_ROOT and not proof
    if earlier == later:
        return earlier_root == later_root and not proof
    return _is_prefix(earlier, earlier_root, later, later_root, proof)


def _is_prefix(earlier: int, earlier_root: bytes, later: int, later_root: bytes, proof: Sequence[bytes]) -> bool:
    # Where the earlier tree is one complete subtree, its root is known and the proof leaves it out.
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = earlier - 1, later - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first_found = second_found = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first_found, second_found = node_hash(step, first_found), node_hash(step, second_found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second_found = node_hash(second_found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first_found == earlier_root and second_found == later_root


def _inclusion_spans(index: int, size: int) -> list[Span]:
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    spans: list[Span] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            spans.append(Span(middle, stop))
            stop = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    return spans[::-1]


def _consistency_spans(earlier: int, later: int) -> list[Span]:
    if not 1 <= earlier <= later:
        raise ValueError(f"no proof from a tree of {earlier} leaves to one of {later}")
    spans: list[Span] = []
    start, stop = 0, later
    while stop != earlier:
        middle = start + _split(stop - start)
        if earlier <= middle:
            spans.append(Span(middle, stop))
            stop = middle
        else:
            spans.append(Span(start, middle))
            start = middle
    if start > 0:
        spans.append(Span(start, stop))
    return spans[::-1]


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _hash_of_span(span: Span, hash_of: HashOf) -> bytes:
    *left, found = (hash_of(subtree) for subtree in subtrees_of(span))
    for each in reversed(left):
        found = node_hash(each, found)
    return found
