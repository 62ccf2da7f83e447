"""A child's tie to the `scrip run` that started it, made of one pipe.

The parent sends the database's URL once the database is ready, so that children can import their libraries
meanwhile. Then it keeps the pipe open: the kernel closes it however the parent ends, and the child stops.
"""

import os
import signal
import sys
import threading

VARIABLE = "SCRIP_LIFELINE"


def database_from_parent() -> str | None:
    """Wait for the URL that the parent sends, and follow the parent from then on; without a parent, return None."""
    given = os.environ.pop(VARIABLE, None)
    if given is None:
        return None
    descriptor = int(given)
    url = _read_line(descriptor)
    if not url:
        sys.exit(0)
    threading.Thread(target=_stop_at_end, args=(descriptor,), name="lifeline", daemon=True).start()
    return url


def _read_line(descriptor: int) -> str:
    """Read up to the line's end; the empty string where the parent ended before it sent one."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(descriptor, 1)
        if not part:
            return ""
        line += part
    return line.decode().strip()


def _stop_at_end(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
