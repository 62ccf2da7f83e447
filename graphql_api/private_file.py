"""Files with secrets: read only where others cannot read them, made once where development needs one."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from graphql_api.settings import SettingsError


def read_private(path: Path, name: str) -> str:
    """Return the file's text; raise `SettingsError`, which calls it `name`, where it is missing or open to others."""
    try:
        if path.stat().st_mode & 0o007:
            raise SettingsError((f"{name}: {path} can be read by everybody; run chmod 600 on it.",))
        return path.read_text(encoding="ascii").strip()
    except ValueError:
        raise SettingsError((f"{name}: {path} is not plain text.",)) from None
    except OSError as error:
        raise SettingsError((f"{name}: {path} cannot be read ({error.strerror}).",)) from None


def create_private(path: Path, make: Callable[[], str]) -> None:
    """Write a new file unless one is there; whole or not at all, also when two processes start at once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not by process id: two containers on one volume both have the first.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(make() + "\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
