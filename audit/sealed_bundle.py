"""A bundle in transit: sealed to the auditor's key by HPKE (RFC 9180), so that only the auditor can open it.

Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, `info` = the first line of the file. After that line
come the encapsulated key (32 bytes) and the ciphertext. Who made the bundle, its signed manifest says.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from audit.bundle import SEALED_HEADER

KEY_BYTES: Final = 32
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealRefused(ValueError):
    """A key or a sealed bundle is malformed, or they do not belong together."""


def read_key(text: str) -> bytes:
    """The 32 bytes of a key in base64; SealRefused otherwise."""
    try:
        key = b64decode(text.strip(), validate=True)
    except (Base64Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SealRefused(f"a key for sealing is {KEY_BYTES} bytes in base64")
    return key


def public_half(private: bytes) -> str:
    """The public key, in base64, of a private one; it goes into the request for an export."""
    return b64encode(X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()).decode()


def seal_bundle(archive: bytes, public: bytes) -> bytes:
    """The archive for the owner of the key alone; SealRefused where no point of the curve's main group is the key."""
    try:
        return SEALED_HEADER + _SUITE.encrypt(archive, X25519PublicKey.from_public_bytes(public), info=SEALED_HEADER)
    except ValueError:
        raise SealRefused("nothing can be sealed to this key") from None


def open_bundle(sealed: bytes, private: bytes) -> bytes:
    """The archive; SealRefused where it was altered, or sealed to another key."""
    if not sealed.startswith(SEALED_HEADER):
        raise SealRefused("this is no sealed audit bundle")
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        return bytes(_SUITE.decrypt(sealed[len(SEALED_HEADER) :], key, info=SEALED_HEADER))
    except (InvalidTag, ValueError):
        raise SealRefused("it was altered, or sealed to another key") from None
