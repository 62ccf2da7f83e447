"""Folders that settings name."""

import os
from pathlib import Path

from graphql_api.settings import SettingsError


def require_folder(setting: str, folder: Path, *, mode: int = 0o777) -> None:
    """Make the folder where it is missing; SettingsError, which names the setting, where it cannot be made or written."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError((f"{setting}: {folder} cannot be made ({error.strerror}); name another folder.",)) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError((f"{setting}: {folder} cannot be written by this user; name another folder.",))
