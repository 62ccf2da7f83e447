"""Ed25519 verification: RFC 8032's own vectors, and agreement with a library that nobody here wrote."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.ed25519 import is_signed

ORDER = 2**252 + 27742317777372353535851937790883648493
VECTORS = (
    # RFC 8032 section 7.1: public key, message, signature of TEST 1, TEST 2 and TEST 3.
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
            "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc_verify(key: str, message: str, signature: str) -> None:
    """RFC 8032 7.1 verifies as printed, and not with one bit of the message, the key or the signature changed."""
    public, text, signed = bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature)

    assert is_signed(public, signed, text)
    assert not is_signed(public, signed, text + b"\0")
    for position in range(0, 64, 7):
        assert not is_signed(public, _flipped(signed, position), text)
    assert not is_signed(_flipped(public, 3), signed, text)


@settings(max_examples=25, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=100), flip=st.integers(0, 63))
def test_it_agrees_with_openssl(seed: bytes, message: bytes, flip: int) -> None:
    """What `cryptography` signs verifies; where a byte differs, both refuse."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes_raw()
    signature = private.sign(message)

    assert is_signed(public, signature, message)
    assert is_signed(public, _flipped(signature, flip), message) == _openssl(public, _flipped(signature, flip), message)


def test_a_second_form_of_a_signature_is_refused() -> None:
    """S + L satisfies the equation too; only S < L is the signature."""
    private = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
    public = private.public_key().public_bytes_raw()
    signature = private.sign(b"text")
    second = signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little")

    assert is_signed(public, signature, b"text")
    assert not is_signed(public, second, b"text")


@pytest.mark.parametrize(
    ("key", "signature"),
    [
        (b"", b"\0" * 64),
        (b"\0" * 31, b"\0" * 64),
        (b"\xff" * 32, b"\0" * 64),
        # y = p + 1 is a second encoding of y = 1.
        ((2**255 - 18).to_bytes(32, "little"), b"\1" + b"\0" * 63),
        # No x belongs to y = 2.
        ((2).to_bytes(32, "little"), b"\0" * 64),
        (bytes.fromhex(VECTORS[0][0]), b"\0" * 63),
    ],
)
def test_malformed_keys_and_signatures_are_refused(key: bytes, signature: bytes) -> None:
    """Nothing malformed raises; it is simply not signed."""
    assert not is_signed(key, signature, b"")


def _flipped(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def _openssl(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True
