"""Rows are packed as PostgreSQL's own binary form."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.wire.row_packer import Column, Row, row_packer
from tests.unit.ledger.engine.wire.column_values import DAY, INSTANT, LONG, SHORT, TEXT, UUID_OID, VALUES

XID8 = 5069
PACKED = {**VALUES, XID8: st.none()}


def packed(types: Sequence[int], row: Row, *, required: bool = False) -> bytes:
    """The only row of an array, behind its length."""
    data = row_packer([Column(oid, required) for oid in types], len(row), frozenset(range(len(row))))(b"", [row])
    assert data[:4] == struct.pack("!i", len(data) - 4)
    return data[4:]


@pytest.mark.parametrize("required", [False, True])
def test_a_row_is_packed_with_the_type_and_length_of_each_column(required: bool) -> None:
    """The number of columns, then each column's type, length and bytes."""
    assert packed([LONG, TEXT], (258, "é"), required=required) == (
        b"\0\0\0\2" + b"\0\0\0\x14\0\0\0\x08" + b"\0\0\0\0\0\0\1\2" + b"\0\0\0\x19\0\0\0\2" + "é".encode()
    )


def test_what_is_none_or_left_out_is_null() -> None:
    """A length of -1 stands for NULL, also in the columns that the database fills itself."""
    null = b"\xff\xff\xff\xff"
    assert packed([UUID_OID, XID8], (None,)) == b"\0\0\0\2" + b"\0\0\x0b\x86" + null + b"\0\0\x13\xcd" + null


@pytest.mark.parametrize("required", [False, True])
def test_instants_and_days_count_from_the_year_2000(required: bool) -> None:
    """Microseconds and days since 2000-01-01, also before it and in another time zone."""
    before = datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC).astimezone(timezone(timedelta(hours=8)))
    assert packed([INSTANT, DAY], (before, date(2000, 1, 3)), required=required) == (
        b"\0\0\0\2" + b"\0\0\x04\xa0\0\0\0\x08" + b"\xff" * 8 + b"\0\0\x04\x3a\0\0\0\4" + b"\0\0\0\2"
    )


@given(st.data())
def test_whether_columns_are_required_changes_no_byte(data: st.DataObject) -> None:
    """Neighbours packed in one call are what they are one by one, whatever stands between them."""
    types = data.draw(st.lists(st.sampled_from(sorted(PACKED)), min_size=1, max_size=12))
    required = data.draw(st.lists(st.booleans(), min_size=len(types), max_size=len(types)))
    fields = data.draw(st.integers(1, len(types)))
    needed = data.draw(st.frozensets(st.integers(0, fields - 1)))
    rows = data.draw(st.lists(st.tuples(*(PACKED[oid] for oid in types[:fields])), min_size=1, max_size=3))

    together = row_packer([Column(*column) for column in zip(types, required, strict=True)], fields, needed)
    one_by_one = row_packer([Column(oid, is_required=False) for oid in types], fields, needed)

    assert together(b"head", rows) == one_by_one(b"head", rows)


@pytest.mark.parametrize("oid", sorted(PACKED.keys() - {XID8}))
def test_none_in_a_required_column_is_never_packed_as_a_value(oid: int) -> None:
    """Nothing passes for a value that is not there."""
    with pytest.raises((AttributeError, TypeError, struct.error)):
        packed([oid], (None,), required=True)


def test_what_is_not_needed_is_null() -> None:
    """Whatever stands there, also where the column cannot be NULL."""
    columns = [Column(oid, is_required=True) for oid in (LONG, TEXT, UUID_OID, SHORT)]
    rows = [(5, "a", UUID(int=1), 2), (6, None, None, 3)]

    pack = row_packer(columns, 4, frozenset({0, 3}))
    bare = row_packer([column._replace(is_required=False) for column in columns], 4, frozenset(range(4)))

    assert pack(b"", rows) == bare(b"", [(5, None, None, 2), (6, None, None, 3)])


def test_many_rows_stand_one_after_the_other() -> None:
    """What stood before them stays in front."""
    pack = row_packer([Column(UUID_OID, is_required=True), Column(SHORT, is_required=False)], 2, frozenset({0, 1}))
    first, second = (UUID(int=1), 5), (UUID(int=2), None)

    assert pack(b"head", [first, second]) == b"head" + pack(b"", [first]) + pack(b"", [second])
