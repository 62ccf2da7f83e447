"""Sealed bundles: only the auditor opens them, and nothing altered opens."""

from base64 import b64decode

import pytest

from audit.sealed_bundle import SealRefused, open_bundle, public_half, read_key, seal_bundle

PRIVATE = bytes(range(32))
PUBLIC = b64decode(public_half(PRIVATE))


def test_what_is_sealed_opens_with_the_private_key() -> None:
    """And twice the same makes two ciphertexts."""
    sealed = seal_bundle(b"archive", PUBLIC)

    assert open_bundle(sealed, PRIVATE) == b"archive"
    assert sealed != seal_bundle(b"archive", PUBLIC)


def test_another_key_or_another_byte_opens_nothing() -> None:
    """Neither the neighbour's key nor a changed byte, wherever it is."""
    sealed = seal_bundle(b"archive", PUBLIC)

    with pytest.raises(SealRefused):
        open_bundle(sealed, bytes(32))
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealRefused):
            open_bundle(bytes(changed), PRIVATE)
    with pytest.raises(SealRefused):
        open_bundle(sealed[:40], PRIVATE)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é" * 44])
def test_a_malformed_key_is_refused(text: str) -> None:
    """A key is 32 bytes in base64."""
    with pytest.raises(SealRefused):
        read_key(text)


def test_a_key_that_hides_nothing_is_refused() -> None:
    """To the point of order one everybody could open what is sealed."""
    with pytest.raises(SealRefused):
        seal_bundle(b"archive", bytes(32))
