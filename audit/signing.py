"""Signing checkpoints: the log's private key, in the text form of Go's `sumdb/note`, `PRIVATE+KEY+NAME+ID+SEED`.

While a key takes another's place both sign, so that auditors who pin either can verify.
"""

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
    """A name, which is the log's, and a private key of 32 bytes.

    former: the log's key before it, which signs beside it until it is retired
    """

    name: str
    seed: bytes = field(repr=False)
    former: "SigningKey | None" = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise NoteRefused(f"an Ed25519 private key of {len(self.seed)} bytes")
        if self.former is not None and (self.former.name, self.former.former) != (self.name, None):
            raise NoteRefused("one key of the same log may sign beside a newer one")

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

    @classmethod
    def parse_file(cls, text: str) -> "SigningKey":
        """Read the file that keeps it: one line, or two while it takes the first one's place. NoteRefused otherwise."""
        first, *others = text.split() or [""]
        if len(others) > 1:
            raise NoteRefused("at most two keys sign: the newest, and the one before it")
        former = cls.parse(first)
        return replace(cls.parse(others[0]), former=former) if others else former

    def encode_file(self) -> str:
        """The text of the file that keeps it, the newest key last."""
        return "".join(f"{key.encode()}\n" for key in reversed(self.signers))

    def encode(self) -> str:
        """The secret text form."""
        material = b64encode(bytes([SignatureKind.ED25519]) + self.seed).decode()
        return f"{_PREFIX}{self.name}+{self.verifier.id.hex()}+{material}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(name=self.name, public_key=self._private_key().public_key().public_bytes_raw())

    @property
    def signers(self) -> "tuple[SigningKey, ...]":
        """Itself, and the key before it where that signs too."""
        return (self,) if self.former is None else (self, self.former)

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """The public halves of all who sign, the newest first."""
        return tuple(key.verifier for key in self.signers)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private_key().sign(message)

    def _private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def sign_text(text: str, key: SigningKey) -> tuple[Signature, ...]:
    """The signature lines of a note's text."""
    return tuple(
        Signature(name=signer.name, key_id=signer.verifier.id, value=signer.sign(text.encode()))
        for signer in key.signers
    )


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey, now: datetime) -> str:
    """The note, signed plainly and with the time, in whole seconds.

    Whoever calls answers for the checkpoint's being consistent with all that the key has signed before.
    """
    timestamp = int(now.timestamp())
    cosignatures = tuple(_cosign(checkpoint.text, signer, timestamp) for signer in key.signers)
    return str(Note(text=checkpoint.text, signatures=(*sign_text(checkpoint.text, key), *cosignatures)))


def _cosign(text: str, key: SigningKey, timestamp: int) -> Signature:
    cosigner = replace(key.verifier, kind=SignatureKind.COSIGNATURE)
    value = timestamp.to_bytes(TIMESTAMP_BYTES) + key.sign(cosigned_message(text, timestamp))
    return Signature(name=key.name, key_id=cosigner.id, value=value)
