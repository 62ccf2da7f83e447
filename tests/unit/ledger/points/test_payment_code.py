"""Payment codes: what their check character catches, and how they are read from a screen."""

from hypothesis import given
from hypothesis import strategies as st

from audit.cipher import KeySealer
from ledger.points.payment_code import ALPHABET, check_character, code_id, normalise

BODIES = st.text(ALPHABET[:-1], min_size=11, max_size=11)
CODES = BODIES.map(lambda body: body + check_character(body)).filter(lambda code: code[-1] != ALPHABET[-1])


@given(CODES, st.integers(0, 11), st.sampled_from(ALPHABET[:-1]))
def test_any_single_wrong_character_is_caught(code: str, place: int, other: str) -> None:
    """A code with one character changed is no code."""
    wrong = code[:place] + other + code[place + 1 :]

    assert (normalise(wrong) is None) == (wrong != code)


@given(CODES, st.integers(0, 10))
def test_any_swap_of_neighbours_is_caught(code: str, place: int) -> None:
    """A code with two neighbours swapped is no code."""
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    assert (normalise(swapped) is None) == (swapped != code)


@given(CODES)
def test_case_separators_and_look_alikes_are_forgiven(code: str) -> None:
    """As a person reads it out."""
    spoken = code.lower().replace("0", "o").replace("1", "l")

    assert normalise(f"{spoken[:4]}-{spoken[4:8]} {spoken[8:]}") == code


def test_every_body_has_a_check_character_that_may_be_dealt() -> None:
    """31 values, of which none is the letter that is never dealt."""
    assert {check_character("0" * 10 + last) for last in ALPHABET[:-1]} <= set(ALPHABET[:-1])
    assert len({check_character("0" * 10 + last) for last in ALPHABET[:-1]}) == 31


def test_a_code_is_kept_as_a_keyed_digest() -> None:
    """Another key gives another id; the same key the same."""
    first, second = KeySealer(bytes(32)), KeySealer(bytes(range(32)))

    assert code_id("0" * 12, first) == code_id("0" * 12, first)
    assert code_id("0" * 12, first) != code_id("0" * 12, second)
