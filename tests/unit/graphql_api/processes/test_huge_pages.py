"""Huge pages: which of a real process's memory the system is asked to give them for."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_api.processes.huge_pages import HUGE_PAGE_BYTES, put_together

SMAPS = Path("/proc/self/smaps")
ASKED_FOR = "hg"
"""Of the flags of a mapping (proc_pid_smaps(5))."""

pytestmark = pytest.mark.skipif(
    not SMAPS.exists() or "VmFlags" not in SMAPS.read_text(), reason="no Linux with /proc/self/smaps"
)


def _asked_for() -> Iterator[tuple[int, int, str]]:
    """Begin, end and access of every mapping that huge pages were asked for."""
    begin, end, access = 0, 0, ""
    for line in SMAPS.read_text().splitlines():
        first, *rest = line.split()
        if "-" in first:
            begin, end = (int(address, 16) for address in first.split("-"))
            access = rest[0]
        elif first == "VmFlags:" and ASKED_FOR in rest:
            yield begin, end, access


def _is_asked_for(memory: mmap.mmap) -> bool:
    byte = ctypes.c_char.from_buffer(memory)
    address = ctypes.addressof(byte)
    return any(begin <= address < end for begin, end, _ in _asked_for())


def test_a_process_asks_for_its_own_memory() -> None:
    """Also for what it got since it last asked, and whatever stands there stays."""
    put_together()
    with mmap.mmap(-1, 4 * HUGE_PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory[::4096] = b"x" * (len(memory) // 4096)
        before = memory[:]
        put_together()

        assert _is_asked_for(memory)
        assert memory[:] == before


def test_only_for_what_it_alone_writes(tmp_path: Path) -> None:
    """A file, what is shared and what is only read have pages of their own."""
    place = tmp_path / "file"
    place.write_bytes(bytes(4 * HUGE_PAGE_BYTES))
    with (
        place.open("r+b") as file,
        mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE) as own_of_file,
        mmap.mmap(-1, 4 * HUGE_PAGE_BYTES) as shared,
    ):
        put_together()

        assert not _is_asked_for(own_of_file)
        assert not _is_asked_for(shared)
    assert {access for _, _, access in _asked_for()} == {"rw-p"}
