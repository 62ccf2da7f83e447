"""Writing a file so that a power cut leaves it whole or leaves it out, and keeps it once the writer has returned."""

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
READABLE: Final = 0o644


def write_durably(target: Path, content: bytes, *, root: Path | None = None, mode: int = READABLE) -> None:
    """Writes `content` beside the target and puts it in its place. OSError where that cannot be done.

    root: the folder up to which folders on the way may be new, and are made durable too; the file's own if not given
    mode: of the new file, less the process's mask
    """
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    # A name is on disk only when its folder is.
    for folder in target.parents:
        _sync_folder(folder)
        if folder == (root or target.parent):
            break


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
