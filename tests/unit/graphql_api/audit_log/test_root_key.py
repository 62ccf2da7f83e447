"""The root key: made once in development, refused when others can read it."""

from dataclasses import replace
from pathlib import Path

import pytest

from graphql_api.audit_log.root_key import key_provider, new_root_key
from graphql_api.settings import Settings, SettingsError


async def test_the_development_key_is_made_once_and_private(tmp_path: Path) -> None:
    """A second process finds the first one's key."""
    settings = Settings(var=tmp_path / "var")

    first, second = await key_provider(settings).references(), await key_provider(settings).references()

    assert first == second
    assert [path.stat().st_mode & 0o777 for path in settings.var.iterdir()] == [0o600]


def test_a_key_file_that_everybody_reads_is_refused(tmp_path: Path) -> None:
    """The message says what to do."""
    path = tmp_path / "root.key"
    path.write_text(new_root_key().hex())
    path.chmod(0o644)

    with pytest.raises(SettingsError, match="chmod 600"):
        key_provider(replace(Settings(), root_key_file=path))


def test_a_missing_key_file_is_one_sentence(tmp_path: Path) -> None:
    """It names the file."""
    with pytest.raises(SettingsError, match="cannot be read"):
        key_provider(replace(Settings(), root_key_file=tmp_path / "none.key"))
