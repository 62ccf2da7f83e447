"""Key providers: where the root keys are kept. A root key wraps and unwraps; nobody else ever sees it.

Local keys, in a file or in the environment, are for development and for deployments that guard a file well. A cloud's
or a vault's provider has the same five calls.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from audit.cipher import KEY_BYTES, derive_key, open_sealed, seal
from audit.durable_file import PRIVATE, write_durably

ROOTS_MAX = 64


class RootUnavailable(Exception):
    """The provider cannot use a root key, or cannot make or destroy one; the message says which and what to do."""


class KeyProvider(Protocol):
    """Keeps root keys. A `reference` names one for ever and reveals nothing of it."""

    async def references(self) -> Sequence[str]:
        """The root keys that it keeps, oldest first."""
        ...

    async def create(self) -> str:
        """Makes a root key and returns its reference. RootUnavailable where it makes none."""
        ...

    async def wrap(self, reference: str, context: bytes, key: bytes) -> bytes:
        """Encrypts a key under a root, bound to `context`. RootUnavailable where it does not keep the root."""
        ...

    async def unwrap(self, reference: str, context: bytes, wrapped: bytes) -> bytes:
        """What `wrap` encrypted. RootUnavailable without the root; ValueError where bytes or context differ."""
        ...

    async def destroy(self, reference: str) -> None:
        """Destroys a root key for ever; silent where it is gone already. RootUnavailable where it destroys none."""
        ...


def reference_of(root: bytes) -> str:
    """16 hexadecimal digits that name a local root key and reveal nothing of it."""
    return hashlib.sha256(b"scrip root key fingerprint\x00" + root).hexdigest()[:16]


def parse_root(text: str) -> bytes:
    """A root key from its 64 hexadecimal digits; ValueError where it is none."""
    root = bytes.fromhex(text)
    if len(root) != KEY_BYTES:
        raise ValueError(f"a root key has {2 * KEY_BYTES} hexadecimal digits")
    return root


class HeldKeyProvider:
    """One root key that the process was given; it can neither be followed by another nor be destroyed."""

    def __init__(self, root: bytes) -> None:
        self._root = root

    async def references(self) -> Sequence[str]:
        """The one."""
        return (reference_of(self._root),)

    async def create(self) -> str:
        """RootUnavailable."""
        raise RootUnavailable("the root key is given by a setting; keep it in a file to turn it over")

    async def wrap(self, reference: str, context: bytes, key: bytes) -> bytes:
        """Encrypts under the root."""
        return _wrap(self._require(reference), context, key)

    async def unwrap(self, reference: str, context: bytes, wrapped: bytes) -> bytes:
        """Decrypts under the root."""
        return _unwrap(self._require(reference), context, wrapped)

    async def destroy(self, reference: str) -> None:
        """RootUnavailable."""
        raise RootUnavailable(f"the root key {reference} is given by a setting and cannot be destroyed here")

    def _require(self, reference: str) -> bytes:
        if reference != reference_of(self._root):
            raise lost_root(reference)
        return self._root


class FileKeyProvider:
    """Root keys in a file that only its owner may read: 64 hexadecimal digits a line, the oldest first.

    random: gives that many unpredictable bytes
    The file is read at each call, so that processes agree; the keyring above it asks rarely.
    """

    def __init__(self, path: Path, random: Callable[[int], bytes]) -> None:
        self._path = path
        self._random = random

    async def references(self) -> Sequence[str]:
        """Those of the file."""
        return [reference_of(root) for root in self._read()]

    async def create(self) -> str:
        """Adds a line. RootUnavailable where the file cannot be written or holds too many keys."""
        roots = self._read()
        if len(roots) >= ROOTS_MAX:
            raise RootUnavailable(f"{self._path} holds {len(roots)} root keys; {ROOTS_MAX} at most")
        root = self._random(KEY_BYTES)
        self._write([*roots, root])
        return reference_of(root)

    async def wrap(self, reference: str, context: bytes, key: bytes) -> bytes:
        """Encrypts under the root of that name."""
        return _wrap(self._require(reference), context, key)

    async def unwrap(self, reference: str, context: bytes, wrapped: bytes) -> bytes:
        """Decrypts under the root of that name."""
        return _unwrap(self._require(reference), context, wrapped)

    async def destroy(self, reference: str) -> None:
        """Writes the file without the line. What a disk or a backup keeps of the old file is not reached."""
        self._write([root for root in self._read() if reference_of(root) != reference])

    def _require(self, reference: str) -> bytes:
        for root in self._read():
            if reference_of(root) == reference:
                return root
        raise lost_root(reference)

    def _read(self) -> list[bytes]:
        try:
            lines = self._path.read_text(encoding="ascii").split()
            return [parse_root(line) for line in lines]
        except OSError as error:
            raise RootUnavailable(f"{self._path} cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise RootUnavailable(f"{self._path} holds no root keys: {error}") from None

    def _write(self, roots: Sequence[bytes]) -> None:
        """Whole or not at all: the new file is durable before it takes the old one's place."""
        content = "".join(root.hex() + "\n" for root in roots).encode()
        try:
            write_durably(self._path, content, mode=PRIVATE)
        except OSError as error:
            raise RootUnavailable(f"{self._path} cannot be written ({error.strerror})") from None


def _wrap(root: bytes, context: bytes, key: bytes) -> bytes:
    return seal(derive_key(root, "scrip/root/v1"), context, key)


def _unwrap(root: bytes, context: bytes, wrapped: bytes) -> bytes:
    return open_sealed(derive_key(root, "scrip/root/v1"), context, wrapped)


def lost_root(reference: str) -> RootUnavailable:
    """What is raised where a root key that wraps others is not kept any more."""
    return RootUnavailable(f"the root key {reference} is needed and not at hand; see docs/runbook/key-lost.md")
