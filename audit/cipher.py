"""Sealing: authenticated encryption that commits to its key and binds a context.

`cryptography.cobblestone` is C2SP's chunked encryption; AES-GCM alone does not commit to its key. One development key,
from which the sealing key and the key of the blind hashes are derived by HKDF; the keyring of the full audit log
replaces this class behind the same port.
"""

from hashlib import blake2b

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_BLIND_HASH_BYTES = 8


def _derive(root_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"scrip/" + purpose).derive(root_key)


class KeySealer:
    """Seals under one root key of 32 bytes."""

    def __init__(self, root_key: bytes) -> None:
        if len(root_key) != KEY_BYTES:
            raise ValueError(f"the root key has {KEY_BYTES} bytes, not {len(root_key)}")
        self._sealing_key = _derive(root_key, b"seal/v1")
        self._blind_key = _derive(root_key, b"blind-hash/v1")

    def seal(self, context: bytes, text: str) -> bytes:
        """Encrypts `text`, bound to `context`."""
        encryptor = Cobblestone256Encryptor(self._sealing_key, context)
        return encryptor.update(text.encode()) + encryptor.finalize()

    def open(self, context: bytes, sealed: bytes) -> str:
        """Decrypts; ValueError where the bytes, the key or the context differ."""
        decryptor = Cobblestone256Decryptor(self._sealing_key, context)
        try:
            return (decryptor.update(sealed) + decryptor.finalize()).decode()
        except InvalidTag as error:
            raise ValueError("sealed bytes do not open with this key and context") from error

    def blind_hash(self, value: bytes) -> bytes:
        """An 8-byte keyed digest."""
        return blake2b(value, key=self._blind_key, digest_size=_BLIND_HASH_BYTES).digest()
