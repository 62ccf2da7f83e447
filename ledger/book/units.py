"""Amounts, ids and instants: the units every other module counts in.

An amount is a whole number of one asset's smallest unit, 1 … 10^15 (semantics 1); it is never a float.
"""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import NewType
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811 - a uuid.UUID that is made and hashed in C

Points = NewType("Points", int)
MinorUnits = NewType("MinorUnits", int)

ProgrammeId = NewType("ProgrammeId", UUID)
AssetId = NewType("AssetId", UUID)
HolderId = NewType("HolderId", UUID)
AccountId = NewType("AccountId", UUID)
EntryId = NewType("EntryId", UUID)
LotId = NewType("LotId", UUID)
HoldId = NewType("HoldId", UUID)

AMOUNT_MAX = 10**15

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The instant that does not come. A plain value, so that "never" sorts last without NULLs and survives the driver,
which reads PostgreSQL's `infinity` back without its zone."""


def is_amount(value: int) -> bool:
    """Whether `value` may stand in a posting: positive and at most AMOUNT_MAX."""
    return 0 < value <= AMOUNT_MAX


def computed_id(kind: bytes, content: bytes) -> UUID:
    """The id of something that is named by its content: a UUIDv8 (RFC 9562, 5.8) of a BLAKE2b digest."""
    digest = bytearray(blake2b(content, digest_size=16, person=kind).digest())
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return DriverUUID(bytes(digest))


class InvariantViolated(AssertionError):
    """The book would have become wrong. A bug, never the caller's fault; it is never caught and recovered."""
