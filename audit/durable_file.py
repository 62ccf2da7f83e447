"""Writing a file so that a power cut leaves it whole or leaves it out, and keeps it once the writer has returned."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
READABLE: Final = 0o644


def write_durably(target: Path, content: bytes, *, root: Path | None = None, mode: int = READABLE) -> None:
    """Writes `content` beside the target and puts it in its place. OSError where that cannot be done.

    What a killed writer left beside it, perhaps a secret, the next one puts in place or writes over.

    root: the folder up to which folders on the way may be new, and are made durable too; the file's own if not given
    mode: of a new file, less the process's mask; one that is there keeps its own where that is no wider open, and its
          owner where root writes
    """
    with _own_draft(target, mode) as (draft, descriptor):
        os.ftruncate(descriptor, 0)
        if target.exists():
            _resemble(descriptor, target.stat(), mode)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        os.fsync(descriptor)
        draft.replace(target)
    # A name is on disk only when its folder is.
    for folder in target.parents:
        _sync_folder(folder)
        if folder == (root or target.parent):
            break


@contextmanager
def _own_draft(target: Path, mode: int) -> Iterator[tuple[Path, int]]:
    """The draft of the target, for one writer at a time in whatever process or container: a lock that dies with it."""
    draft = target.with_name(f".{target.name}.draft")
    while True:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT, mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Where whoever held it before has put it in its place, it is a draft no more.
            if _is_at(draft, descriptor):
                yield draft, descriptor
                return
        finally:
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _resemble(descriptor: int, before: os.stat_result, mode: int) -> None:
    """The owner and the group that could read the file can read it afterwards; what lay open by a slip is closed."""
    if os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    kept = before.st_mode & 0o777
    os.fchmod(descriptor, mode if kept & ~mode & 0o007 else kept)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
