"""The record's canonical bytes: what stands in them, in what form, and how much at most."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from audit.act import Act
from audit.record import RECORD_BYTES_MAX, SealedPart, encode_record, recorded_at

EVENT_ID = UUID("01a201c6-e0bb-7001-9ec7-88b92f2f1f2e")
MEMBER = UUID("01a201c6-e0bb-7001-9ec7-88b92fcaacae")
ACCOUNT = UUID("01a201c6-e0bb-7001-9ec7-88b930b515e9")
AT = datetime(2026, 11, 22, 5, 42, 20, 603233, UTC)
FULL = Act(
    id=EVENT_ID,
    at=AT,
    type="adjust",
    actor="staff:ada",
    client="staff:bea",
    resource_id=MEMBER,
    subject_id=MEMBER,
    streams=((ACCOUNT, 7),),
    facts={"reason": "GOODWILL", "amount": 120},
    request_id=b"1" * 16,
    programme_id=ACCOUNT,
)
PART = SealedPart(EVENT_ID, "private", MEMBER, "value/2026-11", 1, b"sealed")


def test_members_stand_in_order_without_white_space() -> None:
    """The bytes are what RFC 8785 gives: sorting them again changes nothing."""
    record = encode_record(FULL, origin="api", retention_class="value", parts=(PART,))

    assert record == json.dumps(json.loads(record), sort_keys=True, separators=(",", ":")).encode()
    assert json.loads(record) == {
        "actor": "staff:ada",
        "at": "2026-11-22T05:42:20.603233Z",
        "class": "value",
        "client": "staff:bea",
        "facts": {"amount": 120, "reason": "GOODWILL"},
        "id": str(EVENT_ID),
        "origin": "api",
        "outcome": "accepted",
        "parts": [
            {
                "epoch": "value/2026-11",
                "hash": sha256(b"sealed").hexdigest(),
                "name": "private",
                "subject": str(MEMBER),
                "suite": 1,
            }
        ],
        "programme": str(ACCOUNT),
        "request": "31" * 16,
        "resource": str(MEMBER),
        "streams": [[str(ACCOUNT), 7]],
        "subjects": [str(MEMBER)],
        "type": "adjust",
        "v": 1,
    }


def test_what_does_not_apply_is_absent() -> None:
    """No null stands in a record."""
    bare = Act(id=EVENT_ID, at=AT, type="spend", actor="a:1", client="a:1")._replace(accepted=False, code="THROTTLED")

    record = encode_record(bare, origin="api", retention_class="value")

    assert json.loads(record) == {
        "actor": "a:1",
        "at": "2026-11-22T05:42:20.603233Z",
        "class": "value",
        "code": "THROTTLED",
        "id": str(EVENT_ID),
        "origin": "api",
        "outcome": "refused",
        "type": "spend",
        "v": 1,
    }


def test_what_is_private_is_not_in_it() -> None:
    """Only the hash of the sealed bytes is."""
    record = encode_record(FULL._replace(private="called twice"), origin="api", retention_class="value", parts=(PART,))

    assert b"called" not in record


def test_a_record_has_a_bound() -> None:
    """More than 4 KiB is a bug, not a record."""
    with pytest.raises(ValueError, match=str(RECORD_BYTES_MAX)):
        encode_record(FULL._replace(facts={"note": "x" * 4096}), origin="api", retention_class="value")


def test_the_id_tells_the_real_time() -> None:
    """Its first 48 bits are milliseconds since 1970."""
    assert recorded_at(EVENT_ID) == datetime(2026, 11, 22, 5, 42, 20, 603000, UTC).replace(microsecond=603000)
