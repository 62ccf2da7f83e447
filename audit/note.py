"""Signed notes of C2SP signed-note: text, and lines of signatures by named keys. Ed25519 only.

Reading and verifying live here and need no compiled library; `signing` makes signatures. A key's text form is
`NAME+ID+KEY`, which every tool of that world reads.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from audit.ed25519 import PUBLIC_KEY_BYTES, is_signed

NOTE_CHARACTERS_MAX = 1 << 20
SIGNATURES_MAX = 64
_ID_BYTES = 4
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteRefused(ValueError):
    """The text is no note, the key no key, or no trusted key has signed."""


class SignatureKind(IntEnum):
    """The assigned signature types that are used here."""

    ED25519 = 0x01
    COSIGNATURE = 0x04
    """With a timestamp: C2SP tlog-cosignature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature line; `key_id` has 4 bytes, `value` whatever the key's kind says."""

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line, with its end."""
        return f"— {self.name} {b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text, which ends in a newline, and its signatures, of which nothing is known yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A key that somebody trusts: name, 32 public bytes, and what its signatures mean."""

    name: str
    public_key: bytes
    kind: SignatureKind = SignatureKind.ED25519

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(letter.isspace() for letter in self.name):
            raise NoteRefused(f"{self.name!r} cannot name a key")
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise NoteRefused(f"an Ed25519 public key of {len(self.public_key)} bytes")

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read `NAME+ID+KEY`; NoteRefused where the parts do not agree."""
        name, key_id, material = split_key(text)
        key = cls(name=name, public_key=material[1:], kind=kind_of(material))
        if key.id.hex() != key_id.lower():
            raise NoteRefused(f"the key of {name} does not have the id {key_id}")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line names it by."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(bytes([self.kind]) + self.public_key).decode()}"

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether the 64 bytes are this key's signature of the message."""
        return is_signed(self.public_key, signature, message)


def parse_note(text: str) -> Note:
    """Take a note apart, trusting nothing in it; NoteRefused where it is malformed."""
    if len(text) > NOTE_CHARACTERS_MAX or _CONTROL.search(text):
        raise NoteRefused("a note that is too long or has control characters")
    body, separator, lines = text.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise NoteRefused("a note without signatures")
    found = tuple(_parse_line(line) for line in lines.removesuffix("\n").split("\n"))
    if len(found) > SIGNATURES_MAX:
        raise NoteRefused(f"a note with more than {SIGNATURES_MAX} signatures")
    return Note(text=body + "\n", signatures=found)


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Return which of these Ed25519 keys have signed, at least one.

    NoteRefused where none has, or where a line of one of them does not verify; lines of other keys say nothing.
    """
    signed: list[VerifierKey] = []
    for signature, key in signatures_by(note, keys):
        if not key.has_signed(note.text.encode(), signature.value):
            raise NoteRefused(f"the signature of {key.name} is not genuine")
        signed.append(key)
    if not signed:
        raise NoteRefused("no trusted key has signed")
    return tuple(signed)


def signatures_by(note: Note, keys: Sequence[VerifierKey]) -> list[tuple[Signature, VerifierKey]]:
    """The lines that name one of these keys by both name and id."""
    known = {(key.name, key.id): key for key in keys}
    named = ((line, known.get((line.name, line.key_id))) for line in note.signatures)
    return [(line, key) for line, key in named if key is not None]


def _parse_line(line: str) -> Signature:
    parts = _SIGNATURE_LINE.fullmatch(line)
    value = _decode(parts[2]) if parts else b""
    if parts is None or "+" in parts[1] or len(value) <= _ID_BYTES:
        raise NoteRefused("a malformed signature line")
    return Signature(name=parts[1], key_id=value[:_ID_BYTES], value=value[_ID_BYTES:])


def split_key(text: str) -> tuple[str, str, bytes]:
    """The name, the id in hexadecimal and the material of a written key."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-fA-F]{8}", parts[1], re.ASCII):
        raise NoteRefused("a key is written NAME+ID+KEY")
    return parts[0], parts[1], _decode(parts[2])


def kind_of(material: bytes) -> SignatureKind:
    """What a key's first byte says that its signatures mean."""
    if not material or material[0] not in set(SignatureKind):
        raise NoteRefused("a key of a kind that is not used here")
    return SignatureKind(material[0])


def _decode(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise NoteRefused("not base64") from None
