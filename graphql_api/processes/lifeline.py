"""A child's tie to the process that started it: when the parent is gone, however it died, the child stops.

The parent keeps the writing end of a pipe open and passes on the reading end; the kernel closes it in any case.
"""

import os
import signal
import threading

VARIABLE = "SCRIP_LIFELINE"


def follow_parent() -> None:
    """Ask this process to stop once the parent that gave it a lifeline is gone; without one, do nothing."""
    given = os.environ.pop(VARIABLE, None)
    if given is not None:
        threading.Thread(target=_wait_for_end, args=(int(given),), name="lifeline", daemon=True).start()


def _wait_for_end(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
