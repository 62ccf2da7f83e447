"""Checkpoints of C2SP tlog-checkpoint: a log's name, its size and its root, as a signed note.

The log signs each one twice with one key (`signing` does it): the plain signature that every verifier knows, and a
cosignature of C2SP tlog-cosignature, which adds the time. Without the time, the heartbeat of an idle log would repeat
the same bytes, and nobody could tell a silent log from a stale copy of it.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from audit.ed25519 import SIGNATURE_BYTES
from audit.merkle import HASH_BYTES
from audit.note import NoteRefused, Signature, SignatureKind, VerifierKey, parse_note, signatures_by, verify_note

_COSIGNATURE = "cosignature/v1"
TIMESTAMP_BYTES = 8
_TIMESTAMP_MAX = 253_402_300_799
"""The last second of the year 9999, the last that a datetime can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a log says of itself: `root` is that of its first `size` entries."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        # The cosigned message begins with the scheme's name, the signed one with the origin: they must never be equal.
        if not self.origin or "\n" in self.origin or self.origin == _COSIGNATURE:
            raise NoteRefused(f"{self.origin!r} cannot name a log")
        if self.size < 0 or len(self.root) != HASH_BYTES:
            raise NoteRefused("a checkpoint has a size and a root of 32 bytes")

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCheckpoint:
    """A checkpoint that a trusted key has signed.

    signed_at: the time that the same key has signed with it, in whole seconds; None where there is no cosignature
    """

    checkpoint: Checkpoint
    signed_at: datetime | None


def verify_checkpoint(text: str, key: VerifierKey) -> VerifiedCheckpoint:
    """Read a note that this Ed25519 key must have signed; NoteRefused where it has not, or where it is no checkpoint.

    The key's name is the log's: a checkpoint of another origin is refused.
    """
    note = parse_note(text)
    verify_note(note, [key])
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != key.name:
        raise NoteRefused(f"a checkpoint of {checkpoint.origin}, not of {key.name}")
    cosigner = replace(key, kind=SignatureKind.COSIGNATURE)
    times = [_cosigned_at(note.text, line, cosigner) for line, _ in signatures_by(note, [cosigner])]
    return VerifiedCheckpoint(checkpoint=checkpoint, signed_at=max(times, default=None))


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's text, trusting nothing in it; extension lines are allowed and ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
        raise NoteRefused("a checkpoint has at least three lines, none of them empty")
    size = lines[1]
    if not (size.isascii() and size.isdigit()) or str(int(size[:20])) != size:
        raise NoteRefused("a checkpoint's size is a plain decimal number")
    try:
        root = b64decode(lines[2], validate=True)
    except (Base64Error, ValueError):
        raise NoteRefused("a checkpoint's root is base64") from None
    return Checkpoint(origin=lines[0], size=int(size), root=root)


def _cosigned_at(text: str, line: Signature, cosigner: VerifierKey) -> datetime:
    timestamp = int.from_bytes(line.value[:TIMESTAMP_BYTES])
    signature = line.value[TIMESTAMP_BYTES:]
    if len(signature) != SIGNATURE_BYTES or timestamp > _TIMESTAMP_MAX:
        raise NoteRefused("a malformed cosignature")
    if not cosigner.has_signed(cosigned_message(text, timestamp), signature):
        raise NoteRefused(f"the cosignature of {cosigner.name} is not genuine")
    return datetime.fromtimestamp(timestamp, tz=UTC)


def cosigned_message(text: str, timestamp: int) -> bytes:
    """What a cosignature of a checkpoint's text signs; `timestamp` in seconds since 1970."""
    return f"{_COSIGNATURE}\ntime {timestamp}\n{text}".encode()
