"""A file as numbered lines of bounded length, read in bounded memory whatever it holds."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from graphql_api.processes.importing.faults import UnusableFile

LINE_BYTES_MAX: Final = 262_144
_SKIP_BYTES: Final = 65_536
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLine:
    """One line without its end; `size` is what it took of the file. Of an overlong one only the beginning is kept."""

    number: int
    data: bytes
    size: int
    is_too_long: bool = False


def read_lines(path: Path) -> Iterator[RawLine]:
    """Every line that is not blank, numbered from 1 with the blank ones counted.

    Raises UnusableFile at the end of a file that was written to meanwhile: its end may not have been there yet.
    """
    with path.open("rb") as file:
        before = state_of(os.fstat(file.fileno()))
        number = 0
        while data := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            size = len(data)
            too_long = size > LINE_BYTES_MAX
            if too_long and not data.endswith(b"\n"):
                size += _skip_rest(file)
            plain = data.removeprefix(_BYTE_ORDER_MARK) if number == 1 else data
            plain = plain.rstrip(b"\r\n")
            if plain.strip():
                yield RawLine(number=number, data=plain, size=size, is_too_long=too_long)
        if state_of(os.fstat(file.fileno())) != before:
            raise UnusableFile(
                f"{path} was changed while it was read, up to line {number}; run it again when it is whole."
            )


def state_of(status: os.stat_result) -> tuple[int, ...] | None:
    """Which file it is, and what changes with its content; None for a pipe, which is read as it is written."""
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _skip_rest(file: BinaryIO) -> int:
    skipped = 0
    while part := file.readline(_SKIP_BYTES):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
