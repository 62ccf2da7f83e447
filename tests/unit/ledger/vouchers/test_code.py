"""Codes: dealt from random bytes, typed by people, found by a keyed hash (semantics 5.3). Cases in vectors/codes.txt."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from audit.cipher import KeySealer
from ledger.vouchers.alphabet import ALPHABET
from ledger.vouchers.code import (
    LENGTH,
    check_characters,
    deal_code,
    normalise,
    open_code,
    read_code,
    seal_code,
)
from ledger.vouchers.dynamic_code import is_fresh, suffix_at
from tests.databases import ROOT

SEALER = KeySealer(bytes(range(32)))
PROGRAMME = uuid.UUID(int=7)
AT = datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)


def _table(verb: str) -> Iterator[tuple[str, str]]:
    for line in (ROOT / "tests/vectors/codes.txt").read_text(encoding="utf-8").splitlines():
        asked, _, expected = line.partition(" -> ")
        if asked.startswith(f"{verb} "):
            yield asked.removeprefix(f"{verb} "), expected


DEALT = list(_table("deal"))
CODES = [shown.replace("-", "") for _, shown in DEALT]


@pytest.mark.parametrize(("random", "shown"), DEALT)
def test_a_code_is_dealt_from_ten_random_bytes(random: str, shown: str) -> None:
    """Sixteen characters of them and two that check, in three groups; its owner reads it back."""
    sealed = deal_code(lambda _: bytes.fromhex(random), SEALER, PROGRAMME)

    assert open_code(sealed, SEALER) == shown


@pytest.mark.parametrize("code", CODES)
def test_every_single_wrong_character_is_caught(code: str) -> None:
    """All 31 others at all 18 places."""
    wrong = [code[:n] + other + code[n + 1 :] for n in range(LENGTH) for other in ALPHABET if other != code[n]]

    assert len(wrong) == 31 * 18
    assert [text for text in wrong if normalise(text) is not None] == []


@pytest.mark.parametrize("code", CODES)
def test_every_swap_of_neighbours_is_caught(code: str) -> None:
    """At all 17 places where the neighbours differ."""
    swaps = [code[:n] + code[n + 1] + code[n] + code[n + 2 :] for n in range(LENGTH - 1) if code[n] != code[n + 1]]

    assert [text for text in swaps if normalise(text) is not None] == []


def test_any_two_wrong_characters_are_caught() -> None:
    """The code has distance three; pairs of places with all values of one and some of the other."""
    code = CODES[-1]
    pairs = [(a, b) for a in range(LENGTH) for b in range(a + 1, LENGTH)]
    wrong = [
        code[:a] + one + code[a + 1 : b] + other + code[b + 1 :]
        for a, b in pairs for one in ALPHABET if one != code[a] for other in "0Z9" if other != code[b]
    ]  # fmt: skip

    assert [text for text in wrong if normalise(text) is not None] == []


@pytest.mark.parametrize(("typed", "expected"), list(_table("read")))
def test_case_separators_and_look_alikes_are_forgiven(typed: str, expected: str) -> None:
    """As a person reads it out; nothing else is."""
    assert (normalise(typed) or "nobody's") == expected


def test_a_code_is_found_by_the_programme_it_belongs_to() -> None:
    """Two programmes may use the same text; the hash has 16 bytes and needs the key."""
    here, there = (seal_code("partner-2024", SEALER, uuid.UUID(int=n)) for n in (1, 2))

    assert len(here.hash) == 16
    assert here.hash != there.hash
    assert here.hash != seal_code("partner-2024", KeySealer(bytes(32)), uuid.UUID(int=1)).hash
    assert open_code(here, SEALER) == "partner-2024"


def test_a_sealed_code_opens_only_as_its_own() -> None:
    """Exchanged sealed texts do not open."""
    one, other = seal_code("PARTNER1", SEALER, PROGRAMME), seal_code("PARTNER2", SEALER, PROGRAMME)

    with pytest.raises(ValueError, match="do not open"):
        open_code(one._replace(sealed=other.sealed), SEALER)


def test_what_is_presented_may_carry_a_suffix() -> None:
    """The suffix is what stands after the plus."""
    plain = read_code(CODES[0], SEALER, PROGRAMME)
    dynamic = read_code(f"{CODES[0].lower()}+7k2m ", SEALER, PROGRAMME)

    assert plain is not None
    assert dynamic is not None
    assert (plain.hash, plain.suffix, dynamic.suffix) == (dynamic.hash, None, "7K2M")
    assert read_code("+", SEALER, PROGRAMME) is None
    assert read_code("x" * 100_000, SEALER, PROGRAMME) is None


def test_a_suffix_is_good_for_its_step_and_its_neighbours() -> None:
    """A screenshot of a minute ago is worthless; a till whose clock is a little off is served."""
    digest = seal_code("PARTNER1", SEALER, PROGRAMME).hash
    suffix = suffix_at(digest, SEALER, AT)
    ages = [timedelta(seconds=s) for s in (-31, -30, -7, 0, 22, 23, 52, 53)]

    assert [is_fresh(suffix, digest, SEALER, AT + age) for age in ages] == [True] * 7 + [False]
    assert not is_fresh(suffix, digest, SEALER, AT - timedelta(seconds=38))
    assert not is_fresh(None, digest, SEALER, AT)
    assert not is_fresh("§§§§", digest, SEALER, AT)
    assert not is_fresh(suffix, seal_code("PARTNER2", SEALER, PROGRAMME).hash, SEALER, AT)


def test_check_characters_spread_over_the_alphabet() -> None:
    """No character is left out: every pair of them is reached."""
    reached = {check_characters("0" * 14 + a + b) for a in ALPHABET for b in ALPHABET}

    assert len(reached) == 1024
