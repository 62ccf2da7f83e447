"""Refusing to append to a log that is behind, or beside, a checkpoint that it has signed.

A restored backup looks like a healthy database. Only a checkpoint kept elsewhere tells that the log had been longer;
to append to it now would be to sign two different histories.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import Checkpoint, verify_checkpoint
from audit.connection import Connection
from audit.note import NoteRefused, VerifierKey
from audit.tree import read_root

_SIZE = "SELECT size FROM audit.tree"


class LogRolledBack(Exception):
    """The database's log is not a continuation of what is known of it; the message says of which checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCheckpoint:
    """A checkpoint and where it is kept."""

    where: str
    text: str


async def refuse_rollback(connection: Connection, keys: Sequence[VerifierKey], known: KnownCheckpoint) -> None:
    """Raise LogRolledBack unless the database's log begins with what the checkpoint signs.

    A checkpoint that none of these keys of the log has signed is refused too: it cannot tell whether the log is whole.
    """
    checkpoint = _verified(known, keys)
    await refuse_departure(connection, checkpoint.size, checkpoint.root, where=known.where)


def _verified(known: KnownCheckpoint, keys: Sequence[VerifierKey]) -> Checkpoint:
    why: list[str] = []
    for key in keys:
        try:
            return verify_checkpoint(known.text, key).checkpoint
        except NoteRefused as error:
            why.append(f"{key}: {error}")
    raise LogRolledBack(f"{known.where} holds no checkpoint of the key {'; nor of '.join(why)}")


async def refuse_departure(connection: Connection, size: int, root: bytes, *, where: str) -> None:
    """Raise LogRolledBack unless the database's log begins with the tree of that size and root, which `where` knows."""
    found = await read_size(connection)
    if size > found:
        raise LogRolledBack(f"{where} knows {size} entries of this log, and the database has {found}")
    if await read_root(connection, size) != root:
        raise LogRolledBack(f"the first {size} entries are not those that {where} knows")


async def read_size(connection: Connection) -> int:
    """How many entries the database's log has."""
    return int((await connection.fetch(_SIZE))[0][0])
