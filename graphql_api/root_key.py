"""Where the root keys come from: the environment, a file, or a development key made once in `SCRIP_VAR`."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from audit.key_provider import FileKeyProvider, HeldKeyProvider, KeyProvider, parse_root
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError

KEY_BYTES = 32


def key_provider(settings: Settings) -> KeyProvider:
    """Return what keeps the root keys; raise `SettingsError` where their file is missing, malformed or open to others."""
    if settings.root_key:
        return HeldKeyProvider(settings.root_key)
    if settings.root_key_file:
        return _file_provider(settings.root_key_file, "SCRIP_ROOT_KEY_FILE")
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError(("SCRIP_ROOT_KEY_FILE is missing.",))
    path = settings.var / "development_root.key"
    _create(path)
    return _file_provider(path, "the development key")


def new_root_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def _file_provider(path: Path, name: str) -> FileKeyProvider:
    try:
        if path.stat().st_mode & 0o007:
            raise SettingsError((f"{name}: {path} can be read by everybody; run chmod 600 on it.",))
        lines = path.read_text(encoding="ascii").split()
        if not lines:
            raise SettingsError((f"{name}: {path} is empty.",))
        for line in lines:
            parse_root(line)
    except ValueError:
        raise SettingsError((f"{name}: {path} must hold 64 hexadecimal digits a line, one line a key.",)) from None
    except OSError as error:
        raise SettingsError((f"{name}: {path} cannot be read ({error.strerror}).",)) from None
    return FileKeyProvider(path, secrets.token_bytes)


def _create(path: Path) -> None:
    """Write a new key unless one is there; whole or not at all, also when two processes start at once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(new_root_key().hex() + "\n")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
