"""Where the root keys come from: the environment, a file, or a development key made once in `SCRIP_VAR`."""

import secrets
from pathlib import Path

from audit.key_provider import FileKeyProvider, HeldKeyProvider, KeyProvider, parse_root
from graphql_api.private_file import create_private, read_private
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
    create_private(path, lambda: new_root_key().hex())
    return _file_provider(path, "the development key")


def new_root_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def _file_provider(path: Path, name: str) -> FileKeyProvider:
    try:
        lines = read_private(path, name).split()
        if not lines:
            raise SettingsError((f"{name}: {path} is empty.",))
        for line in lines:
            parse_root(line)
    except ValueError:
        raise SettingsError((f"{name}: {path} must hold 64 hexadecimal digits a line, one line a key.",)) from None
    return FileKeyProvider(path, secrets.token_bytes)
