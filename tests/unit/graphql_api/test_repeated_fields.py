"""A field that an object names twice is found wherever it stands, and nothing else is taken for one."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.repeated_fields import has_repeated_field

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='":,{}[]\\ aé\n', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='":\\ a', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(VALUES, st.sampled_from((None, 1)), st.booleans())
def test_what_was_written_from_a_value_repeats_nothing(value: object, indent: int | None, is_ascii: bool) -> None:
    """However it is spaced and escaped, and whatever stands in its texts."""
    raw = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()

    assert not has_repeated_field(raw, orjson.loads(raw))


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"a": 1, "a": 2}',
        '{"\\u0061": 1, "a": 2}',
        '[{"b": [{"a": ":", "c": {}, "a": {}}]}]',
        '{"a" : "\\\\", "b": "\\":", "a"\t: 1}',
        '{"a":' * 300 + '{"b":1,"b":1}' + "}" * 300,
    ],
)
def test_a_repeated_field_is_found(text: str) -> None:
    """Also under another spelling, in a list, beside texts full of colons, and deeper than is ever written."""
    assert has_repeated_field(text.encode(), orjson.loads(text))
