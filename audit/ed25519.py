"""Verifying Ed25519 signatures (RFC 8032) with nothing but Python, so that an auditor needs no compiled library.

Verification handles no secrets, so timing does not matter; it takes some milliseconds, and a bundle has two signatures.
Signing is done by `cryptography` and is not here. The equation is the one without the cofactor, and every encoding must
be the canonical one, so a signature has one form: what this accepts, OpenSSL and Go accept too.
"""

from hashlib import sha512
from typing import Final

PUBLIC_KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

_P: Final = 2**255 - 19
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493
_D: Final = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T of RFC 8032 5.1.4: x = X/Z, y = Y/Z, x·y = T/Z."""

_ZERO: Final[_Point] = (0, 1, 1, 0)


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the 64-byte signature of `message` was made by the owner of the 32-byte key; False for malformed ones."""
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    key = _decode(public_key)
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or scalar >= _ORDER:
        return False
    digest = sha512(signature[:32] + public_key + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    x, y, z, t = key
    negated = (_P - x, y, z, _P - t)
    return _encode(_sum_of_multiples(scalar, _BASE, challenge, negated)) == signature[:32]


def _decode(encoded: bytes) -> _Point | None:
    """The point of the encoding (5.1.3); None where there is none, or where it is not the canonical encoding."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    if y >= _P:
        return None
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


def _x_of(y: int, sign: int) -> int | None:
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P == _P - u:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if v * x * x % _P != u or (x == 0 and sign == 1):
        return None
    return x if x & 1 == sign else _P - x


def _encode(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


def _add(left: _Point, right: _Point) -> _Point:
    """The sum (5.1.4); the formula is complete, so doubling is adding a point to itself."""
    x1, y1, z1, t1 = left
    x2, y2, z2, t2 = right
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _sum_of_multiples(one: int, point: _Point, other: int, another: _Point) -> _Point:
    """one·point + other·another, bit by bit from the highest, so that both share each doubling (Straus, 1964)."""
    terms = (None, point, another, _add(point, another))
    total = _ZERO
    for bit in reversed(range(max(one, other).bit_length())):
        total = _add(total, total)
        term = terms[(one >> bit & 1) + 2 * (other >> bit & 1)]
        if term is not None:
            total = _add(total, term)
    return total


_BASE_Y: Final = 4 * pow(5, -1, _P) % _P
_BASE_X: Final = _x_of(_BASE_Y, 0)
assert _BASE_X is not None
_BASE: Final[_Point] = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
