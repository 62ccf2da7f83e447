"""Where the log's signing key comes from: a file of its own, or a development key; never another log's."""

from dataclasses import replace
from pathlib import Path

import pytest

from graphql_api.audit_log.log_key import load_log_key, new_log_key
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings, SettingsError


def key_file(folder: Path, text: str) -> Path:
    """A file that only its owner can read."""
    path = folder / "log.key"
    path.touch(mode=0o600)
    path.write_text(text + "\n")
    return path


def test_a_development_key_is_made_once(tmp_path: Path) -> None:
    """It has the log's name, stays the same, and nobody else can read it."""
    settings = Settings(var=tmp_path / "var", log_origin="test.example/log")

    key = load_log_key(settings)

    assert key.name == "test.example/log"
    assert load_log_key(settings) == key
    assert (tmp_path / "var" / "development_log.key").stat().st_mode & 0o777 == 0o600


def test_a_key_is_read_from_its_file(tmp_path: Path) -> None:
    """In the form that `scrip key new-signing` prints."""
    key = new_log_key("bank.example/log")
    settings = Settings(log_origin="bank.example/log", log_signing_key_file=key_file(tmp_path, key.encode()))

    assert load_log_key(settings) == key


def test_two_keys_sign_while_one_takes_the_others_place(tmp_path: Path) -> None:
    """A line each, the newest last; never three, and never another log's beside."""
    old, new, other = (new_log_key(name) for name in ("bank.example/log", "bank.example/log", "other.example"))
    both = replace(new, former=old)
    settings = Settings(log_origin=old.name, log_signing_key_file=key_file(tmp_path, both.encode_file()))

    assert load_log_key(settings) == both
    assert both.verifiers == (new.verifier, old.verifier)
    for wrong in (both.encode_file() + old.encode(), f"{other.encode()}\n{new.encode()}"):
        with pytest.raises(SettingsError, match="cannot be used"):
            load_log_key(Settings(log_origin=old.name, log_signing_key_file=key_file(tmp_path, wrong)))


def test_production_makes_no_key(tmp_path: Path) -> None:
    """A worker without the key refuses to start; the API never needs it."""
    with pytest.raises(SettingsError, match="SCRIP_LOG_SIGNING_KEY_FILE is missing"):
        load_log_key(Settings(var=tmp_path, environment=Environment.PRODUCTION))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (new_log_key("other.example").encode(), "is that of the log other.example"),
        (str(new_log_key("bank.example/log").verifier), "starts with PRIVATE"),
        ("", "starts with PRIVATE"),
    ],
    ids=["another log's", "public", "empty"],
)
def test_what_is_not_this_logs_key_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """Another log's key would sign checkpoints that no auditor of this one accepts."""
    settings = Settings(log_origin="bank.example/log", log_signing_key_file=key_file(tmp_path, text))

    with pytest.raises(SettingsError, match=why):
        load_log_key(settings)


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    """It would be no secret."""
    path = key_file(tmp_path, new_log_key("bank.example/log").encode())
    path.chmod(0o604)

    with pytest.raises(SettingsError, match="can be read by everybody"):
        load_log_key(Settings(log_origin="bank.example/log", log_signing_key_file=path))
