"""Payloads: whatever is sent is either read by its type's schema or refused by name, never an error."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.refusal import Refusal
from ledger.book.units import AMOUNT_MAX
from ledger.campaigns.report import ReportActivity
from ledger.programme.activity_type import SHIPPED, require_payload
from ledger.programme.payload import PAYLOAD_BYTES_MAX, payload_of, read_payload
from tests.property.world import BANK, member_id

NAMES = st.sampled_from(["amount", "category", "mcc", "product", "task", "other", ""]) | st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


def _text(value: object) -> str | None:
    """JSON, where it can be written as such: no integers beyond 64 bits, no lone surrogates."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return None


OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4).map(_text).filter(lambda text: text is not None)
FITTING = {
    "integer": st.integers(1, 9)
    | st.integers(1, 9)
    | st.sampled_from([0, AMOUNT_MAX, AMOUNT_MAX + 1, -1, 5.0, True, 1e15]),
    "string": st.text(max_size=9) | st.text(max_size=9) | st.sampled_from(["", "a" * 64, "é" * 65, "\0"]),
}


@st.composite
def reports(draw: st.DrawFn) -> tuple[str, str]:
    """A type's code, and a payload that has about its fields, or anything."""
    type_ = SHIPPED[draw(st.sampled_from(sorted(SHIPPED)))]
    fields = {field.name: FITTING[field.type] for field in type_.fields}
    whole, partial = st.fixed_dictionaries(fields), st.fixed_dictionaries({}, optional={**fields, "other": VALUES})
    fitting = (whole | whole | partial).map(_text)
    return type_.code, draw(fitting | OBJECTS | st.text(alphabet=st.characters(), max_size=40)) or ""


@given(reports())
def test_a_payload_is_read_or_refused(report: tuple[str, str]) -> None:
    """What is read is flat and within the range of amounts; what is refused is INVALID_INPUT with a field."""
    code, text = report
    command = ReportActivity(
        actor=BANK,
        member_id=member_id("ann"),
        type=code,
        source="core",
        event_id="e",
        occurred_at=datetime(2024, 1, 1, tzinfo=UTC),
        payload=text,
    )
    read = _read(command)

    if isinstance(read, Refusal):
        assert read.code == "INVALID_INPUT"
        assert read.facts["field"]
        return
    assert all(isinstance(value, str | int) for value in read.values())
    assert all(abs(value) <= AMOUNT_MAX for value in read.values() if isinstance(value, int))
    assert not any("\0" in value for value in read.values() if isinstance(value, str))
    assert orjson.loads(payload_of(command.payload).canonical) == read


def _read(command: ReportActivity) -> Mapping[str, object] | Refusal:
    try:
        command.require_input()
        return require_payload(SHIPPED[command.type], command.payload)
    except Refusal as refusal:
        return refusal


def test_what_is_too_long_or_too_deep_is_no_payload() -> None:
    """Refused before it is remembered, and though it can be read but not written again."""
    assert read_payload('{"a":' * 300 + "1" + "}" * 300) is None
    assert read_payload('{"a": "' + "x" * PAYLOAD_BYTES_MAX + '"}') is None
    assert read_payload('{"a": "' + "é" * (PAYLOAD_BYTES_MAX // 2) + '"}') is None


def test_a_text_with_a_nul_is_no_value() -> None:
    """The library of conditions would read less than was reported."""
    with pytest.raises(Refusal, match="INVALID_INPUT") as refused:
        require_payload(SHIPPED["task_done"], r'{"task": "a\u0000b"}')

    assert refused.value.facts == {"field": "payload.task"}
