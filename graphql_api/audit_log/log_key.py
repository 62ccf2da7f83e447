"""Where the key that signs the audit log's checkpoints comes from: a file, or a development key made once in `SCRIP_VAR`.

Only workers need it: who breaks into an API process can record what he likes, but cannot sign another history.
"""

import secrets
from pathlib import Path

from audit.note import NoteRefused
from audit.signing import SEED_BYTES, SigningKey
from graphql_api.private_file import create_private, read_private
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError

_SETTING = "SCRIP_LOG_SIGNING_KEY_FILE"


def load_log_key(settings: Settings) -> SigningKey:
    """Return the key; raise `SettingsError` where its file is missing, malformed, open to others or another log's."""
    path = log_key_path(settings)
    if settings.log_signing_key_file:
        return _parse(read_private(path, _SETTING), settings.log_origin)
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError((f"{_SETTING} is missing; `scrip key new-signing` makes such a key.",))
    create_private(path, lambda: new_log_key(settings.log_origin).encode())
    return _parse(read_private(path, "the development log key"), settings.log_origin)


def log_key_path(settings: Settings) -> Path:
    """Return the file that keeps the key: one line, or two while a newer one takes its place."""
    return settings.log_signing_key_file or settings.var / "development_log.key"


def new_log_key(origin: str) -> SigningKey:
    """Return a new key for the log of that name; NoteRefused where it cannot be one's name."""
    return SigningKey(name=origin, seed=secrets.token_bytes(SEED_BYTES))


def _parse(text: str, origin: str) -> SigningKey:
    try:
        key = SigningKey.parse_file(text)
    except NoteRefused as error:
        raise SettingsError((f"the log's signing key cannot be used: {error}.",)) from None
    if key.name != origin:
        raise SettingsError((f"the signing key is that of the log {key.name}, and SCRIP_LOG_ORIGIN is {origin}.",))
    return key
