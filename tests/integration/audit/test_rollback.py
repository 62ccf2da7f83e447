"""A log that is behind, or beside, a checkpoint that it has signed is not appended to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from audit.checkpoint import Checkpoint
from audit.merkle import EMPTY_ROOT
from audit.rollback import KnownCheckpoint, LogRolledBack, refuse_rollback
from audit.signing import SigningKey, sign_checkpoint
from tests.sequenced_log import KEY, Connection, record_events, sequencing

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def known(size: int, root: bytes, key: SigningKey = KEY) -> KnownCheckpoint:
    """A checkpoint of that tree, kept in the office's safe."""
    text = sign_checkpoint(Checkpoint(origin=key.name, size=size, root=root), key, NOW)
    return KnownCheckpoint(where="the safe", text=text)


async def grow(connection: Connection, url: str, count: int) -> bytes:
    """Record and sequence so many events more; the root then."""
    await record_events(connection, count)
    async with sequencing(url) as sequencer:
        await sequencer.sequence()
    return bytes(await connection.fetchval("SELECT root FROM audit.tree"))


async def test_a_log_that_continues_the_checkpoint_may_be_appended_to(
    connection: Connection, database_url: str
) -> None:
    """The same tree, and one that has grown since, across the border of a tile."""
    root = await grow(connection, database_url, 200)
    await refuse_rollback(connection, KEY.verifiers, known(200, root))
    await grow(connection, database_url, 200)

    await refuse_rollback(connection, KEY.verifiers, known(200, root))
    await refuse_rollback(connection, KEY.verifiers, known(0, EMPTY_ROOT))


async def test_a_log_that_is_behind_is_refused(connection: Connection, database_url: str) -> None:
    """As after a backup was restored."""
    root = await grow(connection, database_url, 10)

    with pytest.raises(LogRolledBack, match="the safe knows 11 entries of this log, and the database has 10"):
        await refuse_rollback(connection, KEY.verifiers, known(11, root))


async def test_a_log_with_another_past_is_refused(connection: Connection, database_url: str) -> None:
    """As after a backup was restored and the log has grown again."""
    await grow(connection, database_url, 10)

    with pytest.raises(LogRolledBack, match="the first 10 entries are not those"):
        await refuse_rollback(connection, KEY.verifiers, known(10, b"\x01" * 32))


@pytest.mark.parametrize(
    "checkpoint",
    [
        known(0, EMPTY_ROOT, replace(KEY, seed=b"\x06" * 32)),
        known(0, EMPTY_ROOT, replace(KEY, name="another.example")),
        KnownCheckpoint(where="the safe", text=""),
        KnownCheckpoint(where="the safe", text="404 not found"),
    ],
)
async def test_what_the_key_has_not_signed_tells_nothing(connection: Connection, checkpoint: KnownCheckpoint) -> None:
    """Neither another key's checkpoint nor an error page lets the log be appended to."""
    with pytest.raises(LogRolledBack, match="the safe holds no checkpoint of the key"):
        await refuse_rollback(connection, KEY.verifiers, checkpoint)
