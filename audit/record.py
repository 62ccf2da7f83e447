"""Audit records: one event as canonical bytes, stored as hashed and never serialised again.

docs/reference/audit-record.md is the format. Canonical form: JSON with sorted keys, no white space, UTF-8 (RFC 8785 for
the values used here: strings, integers below 2**53, arrays and objects of them). A member that does not apply is
absent, never null. At most 4 KiB. What is private stands in sealed parts, of which the record holds the hash.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, Protocol
from uuid import UUID

import orjson

FORMAT_VERSION = 1
RECORD_BYTES_MAX = 4096


class Event(Protocol):
    """What the log needs to know of an event; the ledger's own type satisfies it."""

    @property
    def id(self) -> UUID:
        """The event's own id; a UUIDv7, whose milliseconds are the real time of the record."""
        ...

    @property
    def at(self) -> datetime:
        """When it happened, in the ledger's time."""
        ...

    @property
    def type(self) -> str:
        """What kind of act it was."""
        ...

    @property
    def accepted(self) -> bool:
        """Whether it was done or refused."""
        ...

    @property
    def code(self) -> str | None:
        """The refusal's code."""
        ...

    @property
    def actor(self) -> str:
        """Who did it, as kind and id."""
        ...

    @property
    def client(self) -> str:
        """On whose account."""
        ...

    @property
    def resource_id(self) -> UUID | None:
        """The entry or registry row that it is about."""
        ...

    @property
    def subject_id(self) -> UUID | None:
        """The person concerned, as a random id."""
        ...

    @property
    def streams(self) -> Sequence[tuple[UUID, int]]:
        """The versioned rows it changed, each with its version."""
        ...

    @property
    def request_id(self) -> bytes | None:
        """The digest of the request."""
        ...

    @property
    def facts(self) -> Mapping[str, str | int]:
        """What is not personal and worth knowing."""
        ...

    @property
    def private(self) -> str | None:
        """What is sealed before it is stored."""
        ...

    @property
    def programme_id(self) -> UUID | None:
        """The tenant; None where it concerns the whole deployment."""
        ...

    @property
    def balances(self) -> Sequence[tuple[int, int]]:
        """What each stream has posted and held after the change, where they are accounts."""
        ...

    @property
    def flows(self) -> Sequence[tuple[UUID, int]]:
        """What came into each unguarded account, net."""
        ...


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BITS_BELOW_MS = 80


def recorded_ms(event_id: UUID) -> int:
    """The real time of a record, in milliseconds since 1970: the first 48 bits of its id (RFC 9562, 5.7)."""
    return event_id.int >> _BITS_BELOW_MS


def recorded_at(event_id: UUID) -> datetime:
    """The same as an instant."""
    return _EPOCH + timedelta(milliseconds=recorded_ms(event_id))


def least_id(at: datetime) -> UUID:
    """The least id that a record of that time, or of a later one, can have."""
    return UUID(int=max(0, (at - _EPOCH) // timedelta(milliseconds=1)) << _BITS_BELOW_MS)


class SealedPart(NamedTuple):
    """What is private in an event, encrypted. A row of `audit.parts`, which can be destroyed; the record's hash stays.

    subject_id: the person whose key it takes to open it; the nil UUID where it is about nobody in particular
    epoch:      the retention class and month whose key it takes as well, as `value/2026-11`
    """

    event_id: UUID
    name: str
    subject_id: UUID
    epoch: str
    suite: int
    sealed: bytes


def encode_record(event: Event, *, origin: str, retention_class: str, parts: Sequence[SealedPart] = ()) -> bytes:
    """The canonical bytes of the event. ValueError beyond 4 KiB.

    origin:          the kind of process that records, as `api` or `worker`
    retention_class: how long it is kept
    """
    # The members stand in the order of their names, so nothing needs sorting but the facts.
    record: dict[str, object] = {"actor": event.actor, "at": event.at, "class": retention_class}
    if event.balances:
        record["balances"] = event.balances
    if event.client != event.actor:
        record["client"] = event.client
    if event.code is not None:
        record["code"] = event.code
    if event.facts:
        record["facts"] = event.facts
    if event.flows:
        record["flows"] = [(str(account), amount) for account, amount in event.flows]
    record["id"] = str(event.id)
    record["origin"] = origin
    record["outcome"] = "accepted" if event.accepted else "refused"
    if parts:
        record["parts"] = [_reference(part) for part in parts]
    if event.programme_id is not None:
        record["programme"] = _programme(event.programme_id)
    if event.request_id is not None:
        record["request"] = event.request_id.hex()
    if event.resource_id is not None:
        record["resource"] = str(event.resource_id)
    if event.streams:
        record["streams"] = [(str(stream), version) for stream, version in event.streams]
    if event.subject_id is not None:
        record["subjects"] = (str(event.subject_id),)
    record["type"] = event.type
    record["v"] = FORMAT_VERSION
    encoded = orjson.dumps(record, option=_CANONICAL)
    if len(encoded) > RECORD_BYTES_MAX:
        raise ValueError(f"an audit record of {len(encoded)} bytes; {RECORD_BYTES_MAX} at most")
    return encoded


_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


@lru_cache(maxsize=1024)
def _programme(programme_id: UUID) -> str:
    """There are few of them."""
    return str(programme_id)


def _reference(part: SealedPart) -> dict[str, str | int]:
    return {
        "epoch": part.epoch,
        "hash": sha256(part.sealed).hexdigest(),
        "name": part.name,
        "subject": str(part.subject_id),
        "suite": part.suite,
    }
