"""A process's memory in huge pages, where the system gives them to who asks (Linux: `transparent_hugepage=madvise`).

Deciding a batch walks through more memory than the processor's list of small pages holds, and behind a hypervisor every
page that is not on it is looked for twice (docs/decisions/0028).
"""

import ctypes
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

HUGE_PAGE_BYTES: Final = 2 << 20
LOOK_SECONDS: Final = 10.0
_THREAD: Final = "huge-pages"
_MAPPINGS: Final = Path("/proc/self/maps")
# From <linux/mman.h>: the `mmap` module advises of its own mappings only.
_MADV_HUGEPAGE: Final = 14
_MADV_COLLAPSE: Final = 25


def use_huge_pages() -> None:
    """Puts together what memory there is, and from now on what it grows by; without a word where the system has none."""
    if not _MAPPINGS.exists():
        return
    put_together()
    if _THREAD not in {thread.name for thread in threading.enumerate()}:
        threading.Thread(target=_go_on, name=_THREAD, daemon=True).start()


def put_together() -> None:
    """Asks for huge pages for all own memory, and has them now; no program can see a difference."""
    madvise = ctypes.CDLL(None).madvise
    for begin, end in _own_memory(_MAPPINGS.read_text()):
        for advice in (_MADV_HUGEPAGE, _MADV_COLLAPSE):
            madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advice)


def _go_on() -> None:
    while True:
        time.sleep(LOOK_SECONDS)
        # A process may be out of file descriptors for a while; the memory is there at the next look.
        with suppress(OSError):
            put_together()


def _own_memory(mappings: str) -> Iterator[tuple[int, int]]:
    """Begin and end of what is private, written to and no file's, where a huge page may lie in it (proc_pid_maps(5))."""
    for line in mappings.splitlines():
        addresses, access, _, _, _, *name = line.split()
        begin, end = (int(address, 16) for address in addresses.split("-"))
        if access == "rw-p" and name in ([], ["[heap]"]) and end - begin >= HUGE_PAGE_BYTES:
            yield begin, end
