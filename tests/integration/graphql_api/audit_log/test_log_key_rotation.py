"""Rotation of the log's key: both sign for a while, each step is an entry, and nothing that was signed is lost."""

from pathlib import Path

import pytest

from audit.checkpoint import parse_checkpoint, verify_checkpoint
from audit.note import parse_note
from audit.policy import FormerKey, Policy
from audit.rollback import KnownCheckpoint, LogRolledBack, refuse_rollback
from audit.sequencer import Sequencer, open_connection
from audit.signing import SigningKey
from graphql_api.audit_log.log_key import new_log_key
from graphql_api.audit_log.log_key_rotation import RotationRefused, retire_log_key, rotate_log_key
from tests.key_world import KeyWorld, keys

__all__ = ["keys"]


def key_in(path: Path) -> SigningKey:
    """Return the key of the file."""
    return SigningKey.parse_file(path.read_text())


async def sign(world: KeyWorld, url: str, path: Path) -> str:
    """Record something, and let a worker with the key of the file sequence it and sign; the note."""
    async with world.acts.begin() as doing:
        doing.record("audit_read")
    connection = await open_connection(url)
    try:
        await Sequencer(connection, key_in(path)).sequence()
    finally:
        await connection.close()
    return str((await world.fetch("SELECT note FROM audit.checkpoints ORDER BY id DESC LIMIT 1"))[0][0])


def key_file(folder: Path, key: SigningKey) -> Path:
    """Return a file with the key."""
    path = folder / "log.key"
    path.touch(mode=0o600)
    path.write_text(key.encode_file())
    return path


async def test_a_new_key_takes_the_old_ones_place(keys: KeyWorld, database_url: str, tmp_path: Path) -> None:
    """Signed by the old, by both, by the new: an auditor who adds one line to his policy verifies all three."""
    old = new_log_key("bank.example/log")
    path, actor = key_file(tmp_path, old), "cli:ada"
    first = await sign(keys, database_url, path)

    both = await rotate_log_key(keys.acts, path, old, new_log_key(old.name), actor=actor)
    between = await sign(keys, database_url, path)
    with pytest.raises(RotationRefused, match="the safe holds no checkpoint"):
        await retire_log_key(keys.acts, path, both, [KnownCheckpoint(where="the safe", text=first)], actor=actor)
    kept = [KnownCheckpoint(where="the safe", text=between)]
    former = await retire_log_key(keys.acts, path, both, kept, actor=actor)
    last = await sign(keys, database_url, path)

    size = verify_checkpoint(first, old.verifier).checkpoint.size
    new = key_in(path)
    policy = Policy(key=new.verifier, former=(former,))
    assert former == FormerKey(key=old.verifier, size_max=size)
    assert (new.signers, path.stat().st_mode & 0o777) == ((new,), 0o600)
    assert [signed_by(note, policy) for note in (first, between, last)] == [old.verifier, new.verifier, new.verifier]
    assert verify_checkpoint(between, old.verifier).checkpoint == verify_checkpoint(between, new.verifier).checkpoint
    assert (await keys.told("log_key_rotated"), await keys.told("log_key_retired")) == (1, 1)
    records = await keys.fetch("SELECT convert_from(record, 'UTF8') FROM audit.events ORDER BY id")
    rotated = next(row[0] for row in records if "log_key_rotated" in row[0])
    assert f'"former":"{old.verifier}","key":"{new.verifier}"' in rotated
    assert "PRIVATE" not in "".join(row[0] for row in records)
    async with keys.connections.lending("scrip_sequencer")() as connection:
        await refuse_rollback(connection, both.verifiers, KnownCheckpoint(where="the safe", text=first))
        with pytest.raises(LogRolledBack, match="no checkpoint of the key"):
            await refuse_rollback(connection, new.verifiers, KnownCheckpoint(where="the safe", text=first))


def signed_by(note: str, policy: Policy) -> object:
    """Return the key that counts under the note, which it must have signed."""
    key = policy.key_for(parse_note(note), parse_checkpoint(parse_note(note).text).size)
    verify_checkpoint(note, key)
    return key


async def test_one_rotation_ends_before_the_next_begins(keys: KeyWorld, database_url: str, tmp_path: Path) -> None:
    """Nor is a key retired that stands alone, or before a worker signs with the new one; the file stays as it is."""
    old = new_log_key("bank.example/log")
    path, actor = key_file(tmp_path, old), "cli:ada"
    await sign(keys, database_url, path)

    with pytest.raises(RotationRefused, match="none to retire"):
        await retire_log_key(keys.acts, path, old, (), actor=actor)
    both = await rotate_log_key(keys.acts, path, old, new_log_key(old.name), actor=actor)
    with pytest.raises(RotationRefused, match="restart them"):
        await retire_log_key(keys.acts, path, both, (), actor=actor)
    with pytest.raises(RotationRefused, match="still signs"):
        await rotate_log_key(keys.acts, path, both, new_log_key(old.name), actor=actor)

    assert key_in(path) == both
    assert (await keys.told("log_key_rotated"), await keys.told("log_key_retired")) == (1, 0)
