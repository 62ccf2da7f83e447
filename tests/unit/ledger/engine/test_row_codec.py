"""Rows are packed as PostgreSQL's own binary form."""

from datetime import UTC, date, datetime

from ledger.engine.row_codec import row_packer

UUID_OID, LONG, TEXT, INSTANT, DAY, XID8 = 2950, 20, 25, 1184, 1082, 5069


def test_a_row_is_packed_with_the_type_and_length_of_each_column() -> None:
    """The number of columns, then each column's type, length and bytes."""
    assert row_packer([LONG, TEXT], 2)((258, "é")) == (
        b"\0\0\0\2" + b"\0\0\0\x14\0\0\0\x08" + b"\0\0\0\0\0\0\1\2" + b"\0\0\0\x19\0\0\0\2" + "é".encode()
    )


def test_what_is_none_or_left_out_is_null() -> None:
    """A length of -1 stands for NULL, also in the columns that the database fills itself."""
    null = b"\xff\xff\xff\xff"
    assert row_packer([UUID_OID, XID8], 1)((None,)) == b"\0\0\0\2" + b"\0\0\x0b\x86" + null + b"\0\0\x13\xcd" + null


def test_instants_and_days_count_from_the_year_2000() -> None:
    """Microseconds and days since 2000-01-01, also before it."""
    packed = row_packer([INSTANT, DAY], 2)((datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), date(2000, 1, 3)))
    assert packed == b"\0\0\0\2" + b"\0\0\x04\xa0\0\0\0\x08" + b"\xff" * 8 + b"\0\0\x04\x3a\0\0\0\4" + b"\0\0\0\2"
