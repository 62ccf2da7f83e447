"""Why parts are not sealed with plain AES-GCM: one ciphertext can open under two keys, to two stories.

The forgery is the one of Dodis, Grubbs, Ristenpart and Woodage (CRYPTO 2018): GHASH is linear, so one block of the
ciphertext can be solved for such that both keys give the same tag.
"""

import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.cipher import open_sealed, seal

NONCE = b"\x07" * 12
HONEST, FORGED = b"\x01" * 32, b"\x02" * 32
_R = 0xE1 << 120


def _block(key: bytes, counter: int) -> bytes:
    """The key stream's block of that counter; 1 masks the tag, the text begins at 2."""
    return _aes(key, NONCE + struct.pack(">I", counter))


def _aes(key: bytes, block: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _times(left: int, right: int) -> int:
    """The product in GF(2^128) as GCM numbers its bits."""
    product = 0
    for bit in range(127, -1, -1):
        if right >> bit & 1:
            product ^= left
        left = left >> 1 ^ (_R if left & 1 else 0)
    return product


def _inverse(value: int) -> int:
    """value^(2^128 - 2)."""
    result, power = 1 << 127, value
    for _ in range(127):
        power = _times(power, power)
        result = _times(result, power)
    return result


def _hash_key(key: bytes) -> int:
    return int.from_bytes(_aes(key, bytes(16)), "big")


def _lengths(blocks: int) -> int:
    return blocks * 128


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def two_faced_ciphertext(honest: bytes, forged: bytes) -> bytes:
    """A ciphertext of three blocks and a tag: the first opens to `honest` under one key, the second to `forged` under the
    other; the third is solved for.
    """
    first = _xor(honest, _block(HONEST, 2))
    second = _xor(forged, _block(FORGED, 3))
    # With T = c1 H^4 + c2 H^3 + c3 H^2 + len H + mask, ask for the same T under both keys, and solve for c3.
    rest, squares = 0, 0
    for key in (HONEST, FORGED):
        h = _hash_key(key)
        h2 = _times(h, h)
        h3, h4 = _times(h2, h), _times(h2, h2)
        squares ^= h2
        rest ^= _times(int.from_bytes(first, "big"), h4) ^ _times(int.from_bytes(second, "big"), h3)
        rest ^= _times(_lengths(3), h) ^ int.from_bytes(_block(key, 1), "big")
    third = _times(rest, _inverse(squares)).to_bytes(16, "big")
    text = first + second + third
    h = _hash_key(HONEST)
    tag = 0
    for block in (first, second, third, _lengths(3).to_bytes(16, "big")):
        tag = _times(tag ^ int.from_bytes(block, "big"), h)
    return text + _xor(tag.to_bytes(16, "big"), _block(HONEST, 1))


def test_plain_aes_gcm_opens_to_two_stories() -> None:
    """The same bytes are authentic under both keys: whoever destroys one key may still tell another truth."""
    sealed = two_faced_ciphertext(b"refund refused..", b"refund granted..")

    honest = AESGCM(HONEST).decrypt(NONCE, sealed, None)
    forged = AESGCM(FORGED).decrypt(NONCE, sealed, None)

    assert honest[:16] == b"refund refused.."
    assert forged[16:32] == b"refund granted.."


@pytest.mark.parametrize("key", [HONEST, FORGED])
@pytest.mark.parametrize("prefix", [b"", NONCE, bytes(32), bytes(24) + NONCE])
def test_our_format_opens_it_under_neither(key: bytes, prefix: bytes) -> None:
    """A part names its key inside (a commitment that every opening checks), so a second key is refused."""
    sealed = prefix + two_faced_ciphertext(b"refund refused..", b"refund granted..")

    with pytest.raises(ValueError, match="do not open"):
        open_sealed(key, b"", sealed)


def test_the_header_commits_to_the_key() -> None:
    """Salt and commitment of one key open under no other, not even exchanged or with a two-faced text behind them."""
    header = 56
    mine, other = seal(HONEST, b"", b"x" * 48), seal(FORGED, b"", b"x" * 48)
    text = two_faced_ciphertext(b"refund refused..", b"refund granted..")
    headers = [mine[:24] + other[24:header], other[:24] + mine[24:header], mine[:header], other[:header]]

    for forged in [mine, *(each + rest for each in headers for rest in (text, mine[header:], other[header:]))]:
        opened = []
        for key in (HONEST, FORGED):
            try:
                opened.append(open_sealed(key, b"", forged))
            except ValueError:
                continue
        assert len(opened) == (forged in {mine, other})
