"""Audit records: one event as canonical bytes, stored as hashed and never serialised again.

Canonical form: JSON with sorted keys, no white space, UTF-8 (RFC 8785 for the values used here: strings, integers,
booleans, null, arrays and objects of them). At most 4 KiB.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import orjson

FORMAT_VERSION = 1
RECORD_BYTES_MAX = 4096


class Event(Protocol):
    """What the log needs to know of an event; the ledger's own type satisfies it."""

    @property
    def id(self) -> UUID:
        """The event's own id; a UUIDv7."""
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


def encode_record(event: Event) -> bytes:
    """The canonical bytes of the event, without what is private."""
    encoded = orjson.dumps(
        {
            "actor": event.actor,
            "at": event.at.isoformat(),
            "client": event.client,
            "code": event.code,
            "facts": event.facts,
            "id": str(event.id),
            "outcome": "accepted" if event.accepted else "refused",
            "request": event.request_id.hex() if event.request_id else None,
            "resource": str(event.resource_id) if event.resource_id else None,
            "streams": [[str(stream), version] for stream, version in event.streams],
            "subject": str(event.subject_id) if event.subject_id else None,
            "type": event.type,
            "v": FORMAT_VERSION,
        },
        option=orjson.OPT_SORT_KEYS,
    )
    if len(encoded) > RECORD_BYTES_MAX:
        raise ValueError(f"an audit record of {len(encoded)} bytes; {RECORD_BYTES_MAX} at most")
    return encoded
