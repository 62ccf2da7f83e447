"""Opaque ids as clients hold them: a kind and a UUID, and nothing that invites guessing.

An id of another kind, or text that is no id, is None: resolvers answer NOT_FOUND, the same as for an id
that does not exist, so an answer never tells which ids are real.
"""

import base64
import binascii
from uuid import UUID

_UUID_BYTES = 16


def encode_id(kind: str, uuid: UUID) -> str:
    """The id of the `kind` with this UUID: URL-safe base64 of `kind:` and 16 bytes, without padding."""
    return base64.urlsafe_b64encode(kind.encode("ascii") + b":" + uuid.bytes).rstrip(b"=").decode("ascii")


def decode_id(kind: str, text: str) -> UUID | None:
    """The UUID in `text` when it is exactly what encode_id made for this kind, else None."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    prefix = kind.encode("ascii") + b":"
    if not raw.startswith(prefix) or len(raw) != len(prefix) + _UUID_BYTES:
        return None
    uuid = UUID(bytes=raw[len(prefix) :])
    # Base64 has several spellings of some values; only ours is an id.
    return uuid if encode_id(kind, uuid) == text else None
