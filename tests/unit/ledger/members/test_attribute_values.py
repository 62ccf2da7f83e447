"""What may be said of a member under the programme's own names: of the registered type, bounded, each once."""

from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import ProgrammeId
from ledger.members.attribute import require_attribute
from ledger.members.attribute_values import AttributeSaid, read_values, values_text
from ledger.members.rows import MemberAttribute

NOBODY = UUID(int=0)
TYPES = {"risk": "INTEGER", "region": "TEXT", "vip": "BOOLEAN"}
KNOWN = [MemberAttribute(NOBODY, ProgrammeId(NOBODY), code, type_) for code, type_ in TYPES.items()]
GOOD = [
    {"risk": 3, "region": "north", "vip": True},
    {"risk": -(10**15), "region": "", "vip": False},
    {"risk": 10**15, "region": "ü" * 64},
    {},
]
BAD: list[tuple[list[tuple[str, object]], str]] = [
    ([("risk", 1), ("rizk", 2)], "attributes.1.code"),
    ([("risk", 1), ("risk", 1)], "attributes.1.code"),
    ([("risk", True)], "attributes.0.value"),
    ([("risk", 1.0)], "attributes.0.value"),
    ([("risk", "1")], "attributes.0.value"),
    ([("risk", None)], "attributes.0.value"),
    ([("risk", 10**15 + 1)], "attributes.0.value"),
    ([("vip", 1)], "attributes.0.value"),
    ([("vip", True), ("region", 5)], "attributes.1.value"),
    ([("region", ["north"])], "attributes.0.value"),
    ([("region", "n" * 65)], "attributes.0.value"),
    ([("region", "north\n")], "attributes.0.value"),
    ([("region", "nor\x00th")], "attributes.0.value"),
    ([("region", "\ud800")], "attributes.0.value"),
]


@pytest.mark.parametrize("values", GOOD, ids=str)
def test_what_fits_its_type_is_read_back_as_it_was_said(values: dict[str, object]) -> None:
    """In the order of the codes, whatever the order in which it was said."""
    text = values_text(KNOWN, [AttributeSaid(code, value) for code, value in reversed(values.items())])

    assert read_values(text) == values
    assert list(read_values(text)) == sorted(values)


@pytest.mark.parametrize(("said", "field"), BAD, ids=ascii)
def test_what_does_not_fit_is_refused_with_its_place(said: list[tuple[str, object]], field: str) -> None:
    """The first one that is unknown, said twice, of another type or too large."""
    with pytest.raises(Refusal) as raised:
        values_text(KNOWN, [AttributeSaid(*each) for each in said])

    assert (raised.value.code, raised.value.facts) == (RefusalCode.INVALID_INPUT, {"field": field})


@pytest.mark.parametrize("code", ["", "a.b", "a-b", "1st", "true", "x" * 65, "größe"])
def test_a_code_is_one_that_conditions_can_name(code: str) -> None:
    """Letters, digits and underscores, no digit first, no word of CEL's own."""
    with pytest.raises(Refusal, match=RefusalCode.INVALID_INPUT):
        require_attribute(code)
