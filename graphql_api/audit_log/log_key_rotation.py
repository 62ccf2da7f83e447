"""Replacing the key that signs the audit log: for a while both sign, and each step is an entry of the log.

An auditor who pins the old key and one who pins the new one verify the same checkpoints meanwhile. The entry of the
rotation stands under the old key's signature, so it vouches for the new one.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from audit.act import Acts
from audit.checkpoint import verify_checkpoint
from audit.durable_file import PRIVATE, write_durably
from audit.note import NoteRefused, VerifierKey
from audit.policy import FormerKey
from audit.rollback import KnownCheckpoint
from audit.signing import SigningKey

_SIZE = "SELECT size FROM audit.tree"
_NEWEST = "SELECT note FROM audit.checkpoints ORDER BY id DESC LIMIT 1"
_LAST_WITHOUT = "SELECT size FROM audit.checkpoints WHERE strpos(note, $1) = 0 ORDER BY id DESC LIMIT 1"


class RotationRefused(Exception):
    """The key cannot be replaced, or not retired, as things stand; the message says why."""


async def rotate_log_key(acts: Acts, path: Path, key: SigningKey, new: SigningKey, *, actor: str) -> SigningKey:
    """Puts the new key into the file beside the old one; workers sign with both from their next start.

    Recorded first: a key that an entry names and that never came to be does no harm. RotationRefused where an earlier
    rotation is not ended; OSError where the file cannot be written.
    """
    if key.former is not None:
        raise RotationRefused(
            f"the key {key.former.verifier.id.hex()} still signs beside the newest one; retire it first"
        )
    both = replace(new, former=key)
    async with acts.begin(actor) as doing:
        size = (await doing.run(_SIZE))[0][0]
        facts: dict[str, str | int] = {"key": str(both.verifier), "former": str(key.verifier), "size": int(size)}
        doing.record("log_key_rotated", facts=facts)
    _write(path, both)
    return both


async def retire_log_key(
    acts: Acts, path: Path, key: SigningKey, known: Sequence[KnownCheckpoint], *, actor: str
) -> FormerKey:
    """Takes the old key out of the file, and says up to which size it alone spoke for the log: auditors keep that.

    RotationRefused where there is none, or where the newest checkpoint, or one of those by which workers know the log, is
    not signed by the new key yet: alone, it would be let nowhere near this log.
    """
    if key.former is None:
        raise RotationRefused("only one key signs; there is none to retire")
    alone = replace(key, former=None)
    await _require_signing(acts, alone.verifier)
    for each in known:
        _require_signed(
            each.text, alone.verifier, f"{each.where} holds no checkpoint of the key {{}} yet; let a worker run"
        )
    rows = await acts.read(_LAST_WITHOUT, _line_start(alone.verifier))
    former = FormerKey(key=key.former.verifier, size_max=rows[0]["size"] if rows else 0)
    async with acts.begin(actor) as doing:
        facts: dict[str, str | int] = {"key": str(alone.verifier), "former": str(former.key), "size": former.size_max}
        doing.record("log_key_retired", facts=facts)
    _write(path, alone)
    return former


async def _require_signing(acts: Acts, key: VerifierKey) -> None:
    rows = await acts.read(_NEWEST)
    _require_signed(rows[0]["note"] if rows else "", key, "no worker signs with the key {} yet; restart them")


def _require_signed(note: str, key: VerifierKey, otherwise: str) -> None:
    try:
        verify_checkpoint(note, key)
    except NoteRefused:
        raise RotationRefused(otherwise.format(key.id.hex())) from None


def _line_start(key: VerifierKey) -> str:
    """How a line of the key's plain signature begins, as far as letters of base64 hold bits of the id alone."""
    return f"— {key.name} {b64encode(key.id).decode()[:5]}"


def _write(path: Path, key: SigningKey) -> None:
    write_durably(path, key.encode_file().encode(), mode=PRIVATE)
