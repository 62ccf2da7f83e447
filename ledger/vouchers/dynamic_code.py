"""Dynamic codes: a suffix that changes every 30 seconds, so that a screenshot is worthless (semantics 5.3).

As in RFC 6238, a keyed digest of the step of real time, truncated; the step before and after is accepted too.
"""

from datetime import datetime
from hmac import compare_digest
from typing import Final

from ledger.engine.ports import Sealer
from ledger.vouchers.alphabet import ALPHABET, plain

STEP_SECONDS: Final = 30
SUFFIX_MARK: Final = "+"
"""Stands between a code and its suffix."""
_LENGTH: Final = 4


def suffix_at(code_hash: bytes, sealer: Sealer, at: datetime) -> str:
    """The suffix of the code at that instant of real time: four characters, 20 bits."""
    return _suffix(code_hash, sealer, _step(at))


def is_fresh(suffix: str | None, code_hash: bytes, sealer: Sealer, at: datetime) -> bool:
    """Whether `suffix` is the code's at `at`, or was or will be a step away."""
    if suffix is None:
        return False
    typed = plain(suffix).encode("ascii", "replace")
    steps = range(_step(at) - 1, _step(at) + 2)
    return any(compare_digest(typed, _suffix(code_hash, sealer, step).encode()) for step in steps)


def _step(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def _suffix(code_hash: bytes, sealer: Sealer, step: int) -> str:
    number = int.from_bytes(sealer.blind_hash(b"dynamic/" + code_hash + step.to_bytes(8, signed=True)))
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, 5 * _LENGTH, 5))
