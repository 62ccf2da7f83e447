"""What every report of an activity must look like before it is looked at any further."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor

GOOD: dict[str, Any] = {
    "source": "core",
    "event_id": "1",
    "occurred_at": datetime(2024, 1, 15, 10, tzinfo=UTC),
    "payload": "{}",
}
CASES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"source": ""}, "source"),
    ({"source": "core/east"}, "source"),
    ({"source": "kärnten"}, "source"),
    ({"event_id": ""}, "eventId"),
    ({"event_id": "a/b"}, None),
    ({"event_id": "e" * 250}, None),
    ({"event_id": "e" * 251}, "eventId"),
    ({"occurred_at": datetime(1900, 1, 1, tzinfo=UTC)}, None),
    ({"occurred_at": datetime(1899, 12, 31, 23, 59, tzinfo=UTC)}, "occurredAt"),
    ({"occurred_at": datetime(2199, 12, 31, 23, 59, tzinfo=UTC)}, None),
    ({"occurred_at": datetime(2200, 1, 1, tzinfo=UTC)}, "occurredAt"),
    ({"channel": "c"}, None),
    ({"channel": ""}, "channel"),
    ({"channel": "c" * 64}, None),
    ({"channel": "c" * 65}, "channel"),
    ({"branch": "b\n"}, "branch"),
    ({"payload": "[]"}, "payload"),
    ({"payload": "{"}, "payload"),
    ({"type": "refund"}, "type"),
]
"""What is changed of a good report, and the field that is told of then."""


@pytest.mark.parametrize(("changes", "field"), CASES)
def test_a_malformed_report_is_told_by_its_field(changes: dict[str, Any], field: str | None) -> None:
    """The source and its event make the key; at each bound the last good value is taken and the next one is not."""
    actor = Actor(kind="service", id="bank", programme_id=UUID(int=1))
    report = ReportActivity(actor=actor, member_id=UUID(int=2), **({"type": "login"} | GOOD | changes))

    if field is None:
        report.require_input()
        return
    with pytest.raises(Refusal) as caught:
        report.require_input()

    assert (caught.value.code, caught.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})
