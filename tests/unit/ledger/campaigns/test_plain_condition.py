"""Plain conditions: evaluated without the library they say what the library says."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.units import ProgrammeId
from ledger.campaigns.expression import (
    attribute_fields,
    compile_text,
    environment_of,
    find_fault,
    qualifying_fields,
    variables_of,
)
from ledger.campaigns.plain_condition import compile_plain, is_plain
from ledger.members.rows import MemberAttribute
from ledger.programme.activity_type import SHIPPED

REGION = MemberAttribute(UUID(int=0), ProgrammeId(UUID(int=0)), "region", "TEXT")
VARIABLES = (
    *variables_of(SHIPPED["purchase"].fields),
    *qualifying_fields(("spend",)),
    *attribute_fields([REGION]),
)
NUMBERS = st.one_of(st.integers(-7, 7), st.integers(-(10**15) + 1, 10**15 - 1))
TEXTS = st.one_of(
    st.sampled_from(["", "a", "food", "é", "水"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)
GAP = st.sampled_from(["", " ", "\n", "\t "])


def quoted(text: str) -> str:
    """As a literal, where it can be one."""
    return f"'{text}'" if not set(text) & set("'\"\\\n\r") else '"-"'


NUMBER = NUMBERS.map(str)
TEXT = TEXTS.map(quoted)
FIELD = st.sampled_from(["activity.amount", "activity.hour", "qualifying.spend"])
MEASURED = st.one_of(FIELD, st.tuples(FIELD, st.integers(1, 9).map(str)).map(" % ".join))
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
NAMED = st.sampled_from(["activity.category", "attribute.region"])
ATOMS = st.one_of(
    st.tuples(MEASURED, GAP, ORDER, GAP, NUMBER).map("".join),
    st.tuples(NAMED, GAP, st.sampled_from(["==", "!="]), GAP, TEXT).map("".join),
    st.tuples(MEASURED, st.lists(NUMBER, min_size=1, max_size=3).map(", ".join)).map("{0[0]} in [{0[1]}]".format),
    st.tuples(NAMED, st.lists(TEXT, min_size=1, max_size=3).map(",".join)).map("{0[0]} in [{0[1]}]".format),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, GAP, st.sampled_from(["&&", "||"]), GAP, inner).map("".join),
        st.tuples(GAP, inner, GAP).map("({0[0]}{0[1]}{0[2]})".format),
    ),
    max_leaves=8,
)


def told(text: str, values: dict[str, int | str]) -> object:
    """What the library says."""
    return compile_text(text, VARIABLES).eval(environment_of(VARIABLES).Activation(values)).value()


@given(CONDITIONS, NUMBERS, st.integers(0, 23), TEXTS, TEXTS)
def test_plain_conditions_say_what_the_library_says(
    text: str, amount: int, hour: int, category: str, region: str
) -> None:
    """Of any comparison, however they are joined, and for any payload and member."""
    values: dict[str, int | str] = {
        "activity.amount": amount,
        "activity.hour": hour,
        "activity.category": category,
        "attribute.region": region,
        "qualifying.spend": amount + 7 * hour,
    }

    assert is_plain(text, VARIABLES)
    assert compile_plain([text], VARIABLES)(values) == (told(text, values),)


PIECES = st.sampled_from(
    (
        *(
            "activity.amount",
            "activity.category",
            "==",
            "<",
            "%",
            "&&",
            "||",
            "(",
            ")",
            "[",
            "]",
            ",",
            "in",
            "!",
            "-",
            "?",
        ),
        *(
            "1",
            "0",
            "007",
            "1u",
            "0x1",
            "1.5",
            "-1",
            "'a'",
            '"a"',
            "r'a'",
            "'''a'''",
            "'\\n'",
            "true",
            "null",
            "// x",
            "\n",
        ),
    )
)


def spoil(text: str, pieces: list[tuple[int, str]]) -> str:
    """With the pieces put in at these places."""
    for at, piece in pieces:
        text = text[:at] + piece + text[at:]
    return text


SPOILED = st.builds(
    spoil, CONDITIONS, st.lists(st.tuples(st.integers(0, 40), PIECES | PIECES.map(" {} ".format)), max_size=2)
)


@given(SPOILED, st.integers(-3, 3))
def test_whatever_is_taken_for_plain_is_a_condition_and_means_the_same(text: str, amount: int) -> None:
    """Conditions with something put in: anything else that the library takes is left to it."""
    if not is_plain(text, VARIABLES):
        return
    values: dict[str, int | str] = {
        "activity.amount": amount,
        "activity.hour": 7,
        "activity.category": "a",
        "attribute.region": "",
        "qualifying.spend": 0,
    }

    assert find_fault(text, VARIABLES) is None
    assert compile_plain([text], VARIABLES)(values) == (told(text, values),)


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "!(activity.amount == 1)",
        "activity.amount / 2 == 1",
        "activity.amount % 0 == 0",
        "activity.amount % -2 == 0",
        "activity.amount == 1 // one",
        "activity.amount == 007",
        "activity.amount > 1 ? true : false",
        "1 < activity.amount",
        "activity.category < 'b'",
        r"activity.category == 'a\n'",
        "activity.category == r'a'",
        "activity.category == '''a'''",
        "activity.category == 1",
        "activity.unknown == 1",
        "'vip' in member.tiers",
        "activity.amount in []",
        "(" * 21 + "activity.amount == 1" + ")" * 21,
    ],
)
def test_what_is_not_of_the_form_is_left_to_the_library(text: str) -> None:
    """Also where a person would see what it means."""
    assert not is_plain(text, VARIABLES)


def test_a_remainder_has_the_sign_of_what_is_divided() -> None:
    """As in the library, and unlike Python's."""
    truths = compile_plain(["activity.amount % 3 == -1", "activity.amount % 3 == 2"], VARIABLES)

    assert truths({"activity.amount": -7}) == (True, False)
    assert truths({"activity.amount": 8}) == (False, True)
    assert told("activity.amount % 3 == -1", {"activity.amount": -7}) is True
