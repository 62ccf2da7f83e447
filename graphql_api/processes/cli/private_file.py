"""Files that a command makes for its owner only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from graphql_api.processes.cli.failure import CommandError
from graphql_api.processes.named_file import open_named


@contextmanager
def new_private_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is made before the block, so that what the block does is not in vain, and gone where the block fails.

    CommandError where there is a file already, OSError where none can be made.
    """
    try:
        file = open_named(path, os.O_EXCL)
    except FileExistsError:
        raise CommandError(f"{path} is there already; name another file.") from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
