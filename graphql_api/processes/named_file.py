"""Files that commands write: a full disk is told by the file's name, and is no fault of the database."""

import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class NamedFile(io.FileIO):
    """An open file, whose faults name it."""

    def __init__(self, descriptor: int, told: str, *, closefd: bool = True) -> None:
        super().__init__(descriptor, "w", closefd=closefd)
        self._told = told

    def write(self, data: "ReadableBuffer", /) -> int:
        """OSError with the name where nothing of it can be written."""
        try:
            return super().write(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, self._told) from None


def open_named(path: Path, flags: int, mode: int = 0o600) -> BinaryIO:
    """The file to be written to; where it is made, for its owner only unless said otherwise. OSError where it cannot be."""
    return io.BufferedWriter(NamedFile(os.open(path, os.O_WRONLY | os.O_CREAT | flags, mode), str(path)))


def remove_file(path: Path) -> None:
    """Removes a file that may be gone; never what only has a name among files: /dev/null, /dev/stderr."""
    with suppress(FileNotFoundError):
        if stat.S_ISREG(path.lstat().st_mode):
            path.unlink()
