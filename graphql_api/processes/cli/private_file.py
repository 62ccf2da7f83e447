"""Files that a command makes for its owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from graphql_api.processes.cli.failure import CommandError


@contextmanager
def new_private_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is made before the block, so that what the block does is not in vain, and gone where the block fails.

    CommandError where there is a file already, OSError where none can be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{path} is there already; name another file.") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
