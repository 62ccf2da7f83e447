"""Voucher codes: dealt, typed, kept (semantics 5.3).

A code that the ledger deals has 80 random bits in Crockford's base 32 and two check characters of a Reed-Solomon code
over GF(32): any two wrong characters show, so every single one and every swap of neighbours does. A partner's own code
is kept as the partner writes it. The book holds a keyed hash for look-up and the sealed code for its owner.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from ledger.engine.ports import Sealer
from ledger.vouchers.alphabet import ALPHABET, plain
from ledger.vouchers.dynamic_code import SUFFIX_MARK

RANDOM_BYTES: Final = 10
LENGTH: Final = 18
IMPORTED_LENGTH_MIN: Final = 6
LENGTH_MAX: Final = 64
_GROUP: Final = 6
_BITS: Final = 5
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_CONTEXT: Final = b"voucher-code/"


class SealedCode(NamedTuple):
    """A code as the book keeps it: 16 keyed bytes to find it by, and the sealed text for its owner."""

    hash: bytes
    sealed: bytes


Deal: TypeAlias = Callable[[], SealedCode]
"""Deals one code. Commands are given this and not the code: dealing one costs more than refusing a claim."""


# -- GF(32), modulo x^5 + x^2 + 1, whose element x generates all others -----------------------------------------------


def _powers() -> tuple[int, ...]:
    powers = [1]
    for _ in range(30):
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 0b100000 else doubled)
    return tuple(powers)


_POWERS: Final = _powers()
_LOGS: Final = {power: exponent for exponent, power in enumerate(_POWERS)}


def _times(one: int, other: int) -> int:
    return 0 if one == 0 or other == 0 else _POWERS[(_LOGS[one] + _LOGS[other]) % 31]


_WEIGHTED: Final = tuple({c: _times(value, _POWERS[place]) for c, value in _VALUES.items()} for place in range(LENGTH))
"""What each character adds to the weighted sum at each place."""


def _syndromes(code: str) -> tuple[int, int]:
    """The sum of the values, and their sum weighted by the powers of x; both vanish for a whole code."""
    plain = weighted = 0
    for character, weights in zip(code, _WEIGHTED, strict=False):
        plain ^= _VALUES[character]
        weighted ^= weights[character]
    return plain, weighted


def check_characters(body: str) -> str:
    """The two characters that make both sums of a dealt code vanish."""
    plain, weighted = _syndromes(body)
    first, second = _POWERS[len(body)], _POWERS[len(body) + 1]
    # a + b = plain and a·first + b·second = weighted, solved in a field where plus is minus.
    b = _times(weighted ^ _times(plain, first), _POWERS[-_LOGS[first ^ second] % 31])
    return ALPHABET[plain ^ b] + ALPHABET[b]


# -- dealing -----------------------------------------------------------------------------------------------------------


def deal_code(random: Callable[[int], bytes], sealer: Sealer, programme_id: UUID) -> SealedCode:
    """A new code of the programme's; `random` returns so many unpredictable bytes."""
    number = int.from_bytes(random(RANDOM_BYTES))
    shifts = range(RANDOM_BYTES * 8 - _BITS, -1, -_BITS)
    body = "".join(ALPHABET[number >> shift & 31] for shift in shifts)
    code = body + check_characters(body)
    grouped = "-".join(code[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))
    return _seal(code, grouped, sealer, programme_id)


def seal_code(text: str, sealer: Sealer, programme_id: UUID) -> SealedCode:
    """The code as the book keeps it; its owner will be shown `text` as it is. ValueError where it is no code."""
    code = normalise(text)
    if code is None:
        raise ValueError("no code")
    return _seal(code, text, sealer, programme_id)


def _seal(code: str, text: str, sealer: Sealer, programme_id: UUID) -> SealedCode:
    digest = code_hash(code, sealer, programme_id)
    return SealedCode(digest, sealer.seal(_CONTEXT + digest, text))


def open_code(code: SealedCode, sealer: Sealer) -> str:
    """The code as its owner is shown it; ValueError where it was altered."""
    return sealer.open(_CONTEXT + code.hash, code.sealed)


def code_hash(code: str, sealer: Sealer, programme_id: UUID) -> bytes:
    """The 16 keyed bytes under which a normalised code is found; two programmes may use the same code."""
    value = programme_id.bytes + code.encode()
    return sealer.blind_hash(b"voucher/1" + value) + sealer.blind_hash(b"voucher/2" + value)


# -- reading what somebody typed ---------------------------------------------------------------------------------------


def normalise(text: str) -> str | None:
    """The code without case, separators and look-alikes; None where it is nobody's: strange characters, a strange
    length, or a dealt code with a typing error.
    """
    code = plain(text)
    if not IMPORTED_LENGTH_MIN <= len(code) <= LENGTH_MAX or any(character not in _VALUES for character in code):
        return None
    return code if len(code) != LENGTH or is_whole(code) else None


def is_whole(code: str) -> bool:
    """Whether the check characters of a dealt code fit."""
    return _syndromes(code) == (0, 0)


class PresentedCode(NamedTuple):
    """What a till or a member presents: which code, and with which dynamic suffix; None = without."""

    hash: bytes
    suffix: str | None


def read_code(text: str, sealer: Sealer, programme_id: UUID) -> PresentedCode | None:
    """What was typed or scanned; None where it can be no code of anybody's."""
    shown, mark, suffix = text[: LENGTH_MAX * 2].partition(SUFFIX_MARK)
    code = normalise(shown)
    if code is None:
        return None
    return PresentedCode(code_hash(code, sealer, programme_id), suffix.strip().upper() if mark else None)
