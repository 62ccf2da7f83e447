"""Signing checkpoints: the log's private key, in the text form of Go's `sumdb/note`, `PRIVATE+KEY+NAME+ID+SEED`."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import TIMESTAMP_BYTES, Checkpoint, cosigned_message
from audit.note import Note, NoteRefused, Signature, SignatureKind, VerifierKey, kind_of, split_key

SEED_BYTES = 32
_PREFIX = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A name, which is the log's, and a private key of 32 bytes."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise NoteRefused(f"an Ed25519 private key of {len(self.seed)} bytes")

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        """Read `PRIVATE+KEY+NAME+ID+SEED`; NoteRefused where the parts do not agree."""
        if not text.startswith(_PREFIX):
            raise NoteRefused(f"a signing key starts with {_PREFIX}")
        name, key_id, material = split_key(text.removeprefix(_PREFIX))
        if kind_of(material) is not SignatureKind.ED25519:
            raise NoteRefused("only plain Ed25519 keys sign here")
        key = cls(name=name, seed=material[1:])
        if key.verifier.id.hex() != key_id.lower():
            raise NoteRefused(f"the key of {name} does not have the id {key_id}")
        return key

    def encode(self) -> str:
        """The secret text form, for the file that keeps it."""
        material = b64encode(bytes([SignatureKind.ED25519]) + self.seed).decode()
        return f"{_PREFIX}{self.name}+{self.verifier.id.hex()}+{material}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public_key=self._private_key().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private_key().sign(message)

    def _private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign_text(text: str, key: SigningKey) -> Signature:
    """The signature line of a note's text."""
    return Signature(name=key.name, key_id=key.verifier.id, value=key.sign(text.encode()))


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey, now: datetime) -> str:
    """The note, signed plainly and with the time, in whole seconds.

    Whoever calls answers for the checkpoint's being consistent with all that the key has signed before.
    """
    timestamp = int(now.timestamp())
    cosigner = replace(key.verifier, kind=SignatureKind.COSIGNATURE)
    value = timestamp.to_bytes(TIMESTAMP_BYTES) + key.sign(cosigned_message(checkpoint.text, timestamp))
    cosignature = Signature(name=key.name, key_id=cosigner.id, value=value)
    return str(Note(text=checkpoint.text, signatures=(sign_text(checkpoint.text, key), cosignature)))
