"""Types of columns by their object ids, and values of each."""

from datetime import UTC

from hypothesis import strategies as st

BOOL, BYTES, LONG, SHORT, INTEGER, TEXT, DAY, INSTANT, UUID_OID = 16, 17, 20, 21, 23, 25, 1082, 1184, 2950
TEXTS = 1009
VALUES: dict[int, st.SearchStrategy[object]] = {
    BOOL: st.booleans(),
    BYTES: st.binary(max_size=40),
    LONG: st.integers(-(2**63), 2**63 - 1),
    SHORT: st.integers(-(2**15), 2**15 - 1),
    INTEGER: st.integers(-(2**31), 2**31 - 1),
    TEXT: st.text(st.characters(codec="utf-8"), max_size=40),
    DAY: st.dates(),
    INSTANT: st.datetimes(timezones=st.just(UTC)),
    UUID_OID: st.uuids(),
    TEXTS: st.lists(st.text(st.characters(codec="utf-8"), max_size=5) | st.none(), max_size=3),
}
