"""From settings to the HTTP face's own words."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from graphql_api.http.development_tokens import development_key, sign_token
from graphql_api.http.key_sets import KeysUnavailable
from graphql_api.permissions import Role
from graphql_api.processes.api import http_options, token_verifier
from graphql_api.settings import Settings, SettingsError


async def test_development_takes_tokens_of_the_development_key(tmp_path: Path) -> None:
    """`scrip token` and the API share the key's file."""
    now = time.time()
    token = sign_token(development_key(tmp_path), role=Role.OPERATOR, subject="olga", now=now)

    verified = await token_verifier(Settings(var=tmp_path)).verify(token, now)

    assert (verified.caller.role, verified.caller.subject) == (Role.OPERATOR, "olga")


async def test_a_provider_shuts_development_tokens_out(tmp_path: Path) -> None:
    """Where an identity provider is named, only its keys count, also when it does not answer."""
    now = time.time()
    token = sign_token(development_key(tmp_path), role=Role.OPERATOR, subject="olga", now=now)
    settings = Settings(var=tmp_path, jwt_jwks_url="http://127.0.0.1:1/keys", jwt_issuer="scrip-development")

    with pytest.raises(KeysUnavailable):
        await token_verifier(settings).verify(token, now)


def test_keys_in_clear_from_elsewhere_are_one_sentence() -> None:
    """It names the setting; plain HTTP serves only on this machine."""
    settings = Settings(jwt_jwks_url="http://id.bank.example/keys", jwt_issuer="x")

    with pytest.raises(SettingsError, match=r"^SCRIP_JWT_JWKS_URL: .* must start with https://, not "):
        token_verifier(settings)


def test_a_file_of_trusted_documents_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    """It names the setting and the file, and what is wrong with it."""
    path = tmp_path / "documents.json"
    settings = replace(Settings(), trusted_documents=path)

    with pytest.raises(
        SettingsError, match=r"^SCRIP_TRUSTED_DOCUMENTS: .*documents.json cannot be read \(No such file"
    ):
        http_options(settings)

    path.write_text("[]")
    with pytest.raises(SettingsError, match=r"^SCRIP_TRUSTED_DOCUMENTS: /.*documents.json must hold"):
        http_options(settings)


def test_choices_reach_the_http_face() -> None:
    """Nothing an operator turned off stays on."""
    options = http_options(Settings(graphiql=False, adhoc_documents=False, allowed_origins=("https://app.example",)))

    assert (options.graphiql, options.adhoc_for_all) == (False, False)
    assert options.allowed_origins == frozenset({"https://app.example"})
