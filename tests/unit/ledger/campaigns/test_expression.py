"""Conditions: checked by name and type with their position, bounded, and never the cause of an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.campaigns.expression import Fault, find_fault, variables_of
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.programme.activity_type import SHIPPED, FieldType

PURCHASE = variables_of(SHIPPED["purchase"].fields)
VOCABULARY = vocabulary_of(PURCHASE)
LIST = "[" + ",".join("1" * 30) + "]"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("activity.amont > 5", "undeclared reference to 'activity.amont'", 9),
        ("activity.amount > '5'", "found no matching overload for '_>_' applied to '(int, string)'", 17),
        ("activity.amount >", "Syntax error", 18),
        ("activity.amount", "not a condition: it gives no truth value", 1),
        ("member.tiers == 1", "found no matching overload", 14),
        ("member.enrolled_days == 'x'", "found no matching overload", 22),
        ("member.enroled_days == 1", "undeclared reference to 'member.enroled_days'", 7),
        ("now > 1", "undeclared reference to 'now'", 1),
        ("activity.hour > 1 && activity . amount > 5", "write 'activity.amount' in one piece", 22),
        ("activity.`amount` > 5", "write 'activity.amount' in one piece", 1),
        ("'x' in member // the bank says\n.tiers", "write 'member.tiers' in one piece", 8),
        ("activity.category == 'a\x00'", "a character that no text has", 24),
        ("has(activity.category)", "no 'has' here: 'activity.category' reads as empty where it is absent", 1),
        ("has(activity.amont)", "undeclared reference to 'activity.amont'", 4),
    ],
)
def test_a_fault_is_told_with_its_position(text: str, message: str, column: int) -> None:
    """Unknown names and wrong types are found when a campaign is saved."""
    fault = find_fault(text, PURCHASE)

    assert fault is not None
    assert fault.message.startswith(message)
    assert (fault.line, fault.column) == (1, column)


def test_whether_something_is_there_cannot_be_asked_of_what_always_is() -> None:
    """`has` of a truth value would mean the value itself; of what is no variable it means what it says."""
    parcel = variables_of((FieldType("fragile", "boolean"),))
    message = "no 'has' here: 'activity.fragile' reads as empty where it is absent"

    assert find_fault("true &&\n  !has (activity.fragile)", parcel) == Fault(message, 2, 4)
    assert find_fault("[{'a': 1}].exists(x, has(x.a))", parcel) is None


def test_a_name_that_begins_another_is_told_apart_from_it() -> None:
    """Where `activity.days` is named, `activity . day` is still in pieces, and found."""
    fault = find_fault("activity.days > 3 && activity . day > 1", variables_of(SHIPPED["deposit"].fields))

    assert fault == Fault("write 'activity.day' in one piece", 1, 22)


@pytest.mark.parametrize(
    "text",
    [
        f"{LIST}.all(a, {LIST}.all(b, {LIST}.all(c, {LIST}.all(d, true))))",
        "(" * 300 + "true" + ")" * 300,
        "true" + " && true" * 200,
        "['aaaaaaaa']" + ".map(x, x + x + x + x)" * 30 + ".size() == 1",
        "[activity.category]" + ".map//\n(x, x + x + x + x)" * 3 + ".size() == 1",
        "[[1]].exists(a, [[a, a, a, a]].exists(b, [[b, b, b, b]].exists(c, c == c)))",
    ],
)
def test_length_depth_steps_and_size_are_bounded(text: str) -> None:
    """What would take long is no condition."""
    assert find_fault(text, PURCHASE) is not None


NAMES = ("activity.amount", "activity.hour", "activity.channel", "member.tiers", "awards.day", "nothing", "activity")
LITERALS = ("'x'", "0", "-1", "9223372036854775807", "true", "[1]", "null", "1.5", "b'x'", "timestamp('x')", "{}")
ATOMS = st.sampled_from((*NAMES, *LITERALS))
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "%", "==", "<", "in", "&&", "||"]), inner).map(" ".join),
        inner.map("!({})".format),
        inner.map("size({})".format),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}).exists(x, x == {pair[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: "({} ? {} : {})".format(*three)),
    ),
    max_leaves=12,
)

NUMBERS = st.recursive(
    st.sampled_from(("activity.amount", "activity.hour", "awards.day", "0", "-1", "7", "9223372036854775807")),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/%"), inner).map("({0[0]} {0[1]} {0[2]})".format),
    max_leaves=5,
)
TRUTHS = st.recursive(
    st.tuples(NUMBERS, st.sampled_from(("==", "<", ">=")), NUMBERS).map(" ".join)
    | NUMBERS.map("{} in [1, 2]".format)
    | NUMBERS.map("member.tiers.exists(x, size(x) == {})".format),
    lambda inner: (
        st.tuples(inner, st.sampled_from(("&&", "||")), inner).map(" ".join)
        | inner.map("!({})".format)
        | st.tuples(inner, inner, inner).map(lambda three: "({} ? {} : {})".format(*three))
    ),
    max_leaves=4,
)
"""What is of the right types, and may all the same overflow or divide by zero."""


@given(st.one_of(TREES, TRUTHS, TRUTHS, st.text(max_size=60)), st.integers(-(10**15), 10**15))
def test_any_text_is_refused_or_evaluates(text: str, amount: int) -> None:
    """A condition that was accepted is true, false or without a value for every payload; nothing is raised."""
    if find_fault(text, PURCHASE) is None:
        assert Facts(VOCABULARY, {"activity.amount": amount}, (text,)).holds(text) in {True, False, None}


def test_two_lists_may_be_walked_and_formatted_freely() -> None:
    """Only what multiplies without bound is refused; blanks stand where they do not cut a name."""
    text = "member.tiers\n  .exists(t, t.startsWith('g')) || member.segments.all(s,\n  s != 'staff')"

    assert find_fault(text, PURCHASE) is None
    assert Facts(VOCABULARY, {"member.tiers": ["gold"], "member.segments": ["staff"]}, (text,)).holds(text) is True


def test_a_fault_is_a_value() -> None:
    """Faults compare by what they say."""
    assert find_fault("x" * 1001, PURCHASE) == Fault("longer than 1,000 characters", 1, 1001)
