"""The composed API of one process: what keeps it from starting is told as a fault of the settings."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from graphql_api.bootstrap import Application
from graphql_api.processes.api import compose_api
from graphql_api.settings import SettingsError
from tests.fixtures_application import application, settings

__all__ = ["application", "settings"]


async def test_an_allow_list_of_another_release_is_a_fault_of_the_settings(
    application: Application, tmp_path: Path
) -> None:
    """A document that the schema does not know, or that is not the one of its digest: the setting and the digest."""
    faults = {
        hashlib.sha256(b"{ nope }").hexdigest(): "Cannot query field 'nope' on type 'Query'",
        "0" * 64: "has another SHA-256",
    }

    for digest, message in faults.items():
        path = tmp_path / "documents.json"
        path.write_text(json.dumps({f"sha256:{digest}": "{ nope }"}))
        changed = replace(application, settings=replace(application.settings, trusted_documents=path))
        with pytest.raises(SettingsError, match=f"^SCRIP_TRUSTED_DOCUMENTS: .*sha256:{digest}.*{message}"):
            compose_api(changed, CollectorRegistry())
