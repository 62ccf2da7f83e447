"""Requests: what a client has asked under a key, and what came of it (semantics 3).

A reference is claimed by a row of its own in the same table, so one look-up by id answers both questions. The id is a
16-byte digest of client and key: one selective column, whose plan stays right while the table grows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, NoReturn
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.ports import Sealer

_DIGEST_BYTES = 8
_NOT_GIVEN = bytes(_DIGEST_BYTES)
KEY_LENGTH_MAX = 255


class Request(NamedTuple):
    """A row of `requests`. fingerprint: 8 keyed bytes per field, in the order of the sorted field names."""

    id: bytes
    client: str
    kind: str
    key: str
    fingerprint: bytes
    outcome: str
    entry_id: UUID | None
    decided_at: datetime


def is_key(key: str) -> bool:
    """Whether `key` may be an idempotency key: 1 to 255 printable ASCII characters."""
    return 0 < len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable()


def request_id(client: str, key: str) -> bytes:
    """The id of the request row of (client, key)."""
    return blake2b(f"{client}\0{key}".encode(), digest_size=16).digest()


def reference_id(client: str, kind: str, reference: str) -> bytes:
    """The id of the row by which (client, kind, reference) is claimed; never equal to a key's."""
    return blake2b(f"{client}\0{kind}\0{reference}".encode(), digest_size=16, person=b"reference").digest()


def fingerprint(fields: Mapping[str, object], sealer: Sealer) -> bytes:
    """Keyed digests of the caller's fields, in the order of their names; the values are never kept."""
    return b"".join(
        [
            _NOT_GIVEN if fields[name] is None else sealer.blind_hash(f"{name}\0{fields[name]}".encode())
            for name in sorted(fields)
        ]
    )


def differing_fields(names: Sequence[str], ours: bytes, theirs: bytes) -> tuple[str, ...]:
    """The names of the fields whose digests differ, given in the digests' order; ("operation",) where the requests are
    not even alike.
    """
    if len(ours) != len(theirs):
        return ("operation",)
    parts = range(0, len(ours), _DIGEST_BYTES)
    differing = [n for n, at in enumerate(parts) if ours[at : at + _DIGEST_BYTES] != theirs[at : at + _DIGEST_BYTES]]
    return tuple(names[n] for n in differing)


def refuse_taken(found: Request) -> NoReturn:
    """REFERENCE_TAKEN naming the entry, or the approval that what claimed the reference still waits for."""
    facts = {} if found.entry_id is None else {"entry_id": str(found.entry_id)}
    if found.outcome:
        facts["approval_id"] = found.outcome
    raise Refusal(RefusalCode.REFERENCE_TAKEN, **facts)


def require_same(found: Request, kind: str, names: Sequence[str], ours: bytes) -> None:
    """Raises IDEMPOTENCY_CONFLICT naming the fields where the key was used for something else."""
    if found.kind != kind:
        raise Refusal(RefusalCode.IDEMPOTENCY_CONFLICT, fields=("operation",))
    if found.fingerprint != ours:
        raise Refusal(RefusalCode.IDEMPOTENCY_CONFLICT, fields=differing_fields(names, ours, found.fingerprint))
