"""Where the root key comes from: the environment, a file, or a development key made once in `SCRIP_VAR`."""

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from graphql_api.setting_values import Environment, root_key
from graphql_api.settings import Settings, SettingsError

KEY_BYTES = 32


def load_root_key(settings: Settings) -> bytes:
    """Return the 32-byte root key; raise `SettingsError` where its file is missing, malformed or open to others."""
    if settings.root_key:
        return settings.root_key
    if settings.root_key_file:
        return _read(settings.root_key_file, "SCRIP_ROOT_KEY_FILE")
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError(("SCRIP_ROOT_KEY_FILE is missing.",))
    path = settings.var / "development_root.key"
    _create(path)
    return _read(path, "the development key")


def new_root_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def fingerprint_of(key: bytes) -> str:
    """Return 16 hexadecimal digits that name the key and reveal nothing of it."""
    return hashlib.sha256(b"scrip root key fingerprint\x00" + key).hexdigest()[:16]


def _read(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_mode & 0o007:
            raise SettingsError((f"{name}: {path} can be read by everybody; run chmod 600 on it.",))
        return root_key(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise SettingsError((f"{name}: {path} {error}.",)) from None
    except OSError as error:
        raise SettingsError((f"{name}: {path} cannot be read ({error.strerror}).",)) from None


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
