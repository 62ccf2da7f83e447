"""Rows are unpacked from PostgreSQL's own binary form."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.wire.row_packer import Column
from ledger.engine.wire.row_unpacker import row_unpacker
from tests.unit.ledger.engine.wire.column_values import INTEGER, LONG, SHORT, TEXT, VALUES

START = datetime(2000, 1, 1, tzinfo=UTC)


def sent(oid: int, value: object) -> bytes:
    """A value as the server sends it, behind its length; written anew here, column by column."""
    match value:
        case None:
            return b"\xff\xff\xff\xff"
        case bool():
            data = b"\1" if value else b"\0"
        case int():
            data = value.to_bytes({LONG: 8, INTEGER: 4, SHORT: 2}[oid], "big", signed=True)
        case bytes():
            data = value
        case str():
            data = value.encode()
        case list():
            data = struct.pack("!iiIii", 1, 0, TEXT, len(value), 1) + b"".join(sent(TEXT, each) for each in value)
        case datetime():
            since = value - START
            microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
            data = microseconds.to_bytes(8, "big", signed=True)
        case date():
            data = (value - START.date()).days.to_bytes(4, "big", signed=True)
        case _:
            assert isinstance(value, UUID)
            data = value.bytes
    return struct.pack("!i", len(data)) + data


def sent_row(types: Sequence[int], row: Sequence[object]) -> bytes:
    """The body of a row's message."""
    return struct.pack("!h", len(row)) + b"".join(map(sent, types, row))


@given(st.data())
def test_a_row_is_what_was_sent(data: st.DataObject) -> None:
    """Of any types in any order, whichever may be NULL and are."""
    types = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=12))
    required = data.draw(st.lists(st.booleans(), min_size=len(types), max_size=len(types)))
    row = tuple(
        data.draw(VALUES[oid] if is_required else VALUES[oid] | st.none())
        for oid, is_required in zip(types, required, strict=True)
    )
    unpack = row_unpacker([Column(*column) for column in zip(types, required, strict=True)], tuple)

    found = unpack(sent_row(types, row))

    assert found == row
    assert [type(value) for value in found if not isinstance(value, UUID)] == [
        type(value) for value in row if not isinstance(value, UUID)
    ]


@given(st.data())
def test_a_null_that_cannot_be_is_never_read_as_a_value(data: st.DataObject) -> None:
    """An error, not a row of whatever stands behind it."""
    types = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6))
    missing = data.draw(st.integers(0, len(types) - 1))
    row = [None if n == missing else data.draw(VALUES[oid]) for n, oid in enumerate(types)]
    unpack = row_unpacker([Column(oid, is_required=True) for oid in types], tuple)

    with pytest.raises((ValueError, struct.error)):
        unpack(sent_row(types, row))


def test_a_row_without_columns_is_empty() -> None:
    """A statement that answers nothing has such."""
    assert row_unpacker([], tuple)(b"") == ()


def test_rows_are_of_the_kind_that_is_made() -> None:
    """Whatever takes the values, in the order of the columns."""
    unpack = row_unpacker([Column(LONG, is_required=True), Column(TEXT, is_required=False)], list)
    assert unpack(sent_row([LONG, TEXT], [5, None])) == [5, None]


def test_a_type_without_a_form_is_refused() -> None:
    """Before any row is read."""
    with pytest.raises(TypeError, match="1186"):
        row_unpacker([Column(1186, is_required=False)], tuple)
