"""Sealing: authenticated encryption that commits to its key and binds a context.

`cryptography.cobblestone` is C2SP's chunked encryption. AES-GCM alone does not commit to its key: one ciphertext can
open to two texts under two keys (tests/unit/audit/test_two_keys.py keeps the forgery). Keys are given; where they come
from is the keyring's affair.
"""

from hashlib import blake2b
from uuid import UUID

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
SUITE = 1
"""AES-256-GCM and SHA-256, as docs/reference/audit-record.md says. Another suite gets another number."""
_BLIND_HASH_BYTES = 8


def derive_key(secret: bytes, purpose: str) -> bytes:
    """The 32-byte key for one purpose, by HKDF-SHA-256."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(secret)


def seal(key: bytes, context: bytes, secret: bytes) -> bytes:
    """Encrypts under a key of 32 bytes, bound to `context`; 72 bytes longer than `secret` up to 16 KiB."""
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(secret) + encryptor.finalize()


def open_sealed(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """What `seal` encrypted; ValueError where the bytes, the key or the context differ."""
    decryptor = Cobblestone256Decryptor(key, context)
    try:
        return decryptor.update(sealed) + decryptor.finalize()
    except InvalidTag as error:
        raise ValueError("sealed bytes do not open with this key and context") from error


def part_context(log_origin: str, event_id: UUID, name: str, subject_id: UUID, epoch: str) -> bytes:
    """What is bound into a sealed part and not stored: it can be moved nowhere else."""
    lines = ("scrip-part/v1", str(SUITE), log_origin, str(event_id), name, str(subject_id), epoch)
    return "\n".join(lines).encode()


def part_key(subject_key: bytes, epoch_key: bytes) -> bytes:
    """The key of all parts of one subject and one epoch; without either of the two nobody has it."""
    return derive_key(subject_key + epoch_key, "scrip/part/1")


class KeySealer:
    """The ledger's sealer, under one key of 32 bytes; sealing and blind hashes have keys of their own derived from it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the sealer's key has {KEY_BYTES} bytes, not {len(key)}")
        self._sealing_key = derive_key(key, "scrip/seal/v1")
        # Copied for each value: setting the key up takes as long as hashing one.
        self._blind = blake2b(key=derive_key(key, "scrip/blind-hash/v1"), digest_size=_BLIND_HASH_BYTES)

    def seal(self, context: bytes, text: str) -> bytes:
        """Encrypts `text`, bound to `context`."""
        return seal(self._sealing_key, context, text.encode())

    def open(self, context: bytes, sealed: bytes) -> str:
        """Decrypts; ValueError where the bytes, the key or the context differ."""
        return open_sealed(self._sealing_key, context, sealed).decode()

    def blind_hash(self, value: bytes) -> bytes:
        """An 8-byte keyed digest."""
        digest = self._blind.copy()
        digest.update(value)
        return digest.digest()
