"""Regular expressions in conditions: what cannot be matched, or only slowly, is refused when a campaign is saved."""

from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.campaigns.expression import find_fault, variables_of
from ledger.campaigns.facts import Facts, vocabulary_of
from ledger.programme.activity_type import SHIPPED

PURCHASE = variables_of(SHIPPED["purchase"].fields)
VOCABULARY = vocabulary_of(PURCHASE)
NONE, LARGE = "no regular expression: ", "too large a regular expression"
LITERAL, EACH = "a regular expression stands here as one text", "a regular expression for each of a list"
CATEGORY = "activity.category"
SECONDS_MAX = 0.05
"""What one pattern takes at most: 2 ms here, and room for a busy machine."""


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (f"{CATEGORY}.matches('[')", f"{NONE}missing ]: [", 1, 27),
        (f"matches({CATEGORY}, '(a')", f"{NONE}missing ): (a", 1, 28),
        (f"'é' != '食' ||\n{CATEGORY}.matches(r'\\d**')", f"{NONE}bad repetition operator: **", 2, 27),
        (f"{CATEGORY}.matches('a)(b')", f"{NONE}unexpected ): a)(b", 1, 27),
        (f"{CATEGORY}.matches('''(?=x)''')", f"{NONE}invalid perl operator: (?=", 1, 27),
        (f"{CATEGORY}.matches('(a)\\\\1')", f"{NONE}invalid escape sequence: \\1", 1, 27),
        (f"true || {{'a': {CATEGORY}.matches('*')}}['a']", f"{NONE}no argument for repetition operator: *", 1, 41),
        (f"['a'].exists(x, x == 'a') && {CATEGORY}.matches('+')", f"{NONE}no argument", 1, 56),
        (f"{CATEGORY}.matches({CATEGORY})", LITERAL, 1, 35),
        (f"{CATEGORY}.matches('a' + 'b')", LITERAL, 1, 31),
        ("member.tiers.exists(t, t.matches('^g'))", EACH, 1, 34),
        (f"{CATEGORY}.matches(r'\\pL{{100}}')", LARGE, 1, 27),
        (f"{CATEGORY}.matches(r'(.{{0,30}}){{0,30}}x')", LARGE, 1, 27),
        (" || ".join([f"{CATEGORY}.matches('a')"] * 3), "has more than two regular expressions", 1, 95),
    ],
)
def test_a_pattern_that_does_not_hold_is_told_with_its_position(
    text: str, message: str, line: int, column: int
) -> None:
    """Both forms of the call, wherever it stands: it would never have awarded, or kept every activity waiting."""
    fault = find_fault(text, PURCHASE)

    assert fault is not None
    assert fault.message.startswith(message)
    assert (fault.line, fault.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "category", "expected"),
    [
        (f"{CATEGORY}.matches('^(coffee|tea)-[0-9]{{1,9}}$')", "tea-12", True),
        (f"matches({CATEGORY}, r'^\\d+$') || matches({CATEGORY}, '(?i)^FUEL')", "fuel", True),
        (f"{CATEGORY}.matches('(?P<kind>a+)+$')", "a" * 63 + "b", False),
        (f"{CATEGORY}.matches('食|饮')", "饮料", True),
        (f"[{CATEGORY}.matches('a')].exists(x, x)", "a", True),
        (f"{CATEGORY}.contains('matches([')", "", False),
        (f"{CATEGORY}.matches('')", "", True),
    ],
)
def test_a_small_pattern_is_matched(text: str, category: str, *, expected: bool) -> None:
    """What is taken is evaluated, and anywhere in the text unless it says otherwise."""
    assert find_fault(text, PURCHASE) is None
    assert Facts(VOCABULARY, {CATEGORY: category}, (text,)).holds(text) is expected


PATTERNS = st.one_of(
    st.text(max_size=20),
    st.lists(
        st.sampled_from(
            ["a", ".", "(", ")", "[", "]", "\\pL", "\\p{Han}", "*", "+", "?", "{9}", "{0,99}", "|", "^", "\\"]
        ),
        max_size=8,
    ).map("".join),
)


@given(PATTERNS)
@settings(max_examples=50)
def test_any_pattern_is_refused_or_matched_at_once(pattern: str) -> None:
    """Whatever is accepted has a value for every text, and takes no time worth telling."""
    literal = "".join(f"\\U{ord(character):08x}" for character in pattern if not "\ud800" <= character <= "\udfff")
    text = f"{CATEGORY}.matches('{literal}')"
    if find_fault(text, PURCHASE) is None:
        facts = Facts(VOCABULARY, {CATEGORY: "ab" * 32}, (text,))
        began = thread_time()
        assert facts.holds(text) in {True, False}
        assert thread_time() - began < SECONDS_MAX
