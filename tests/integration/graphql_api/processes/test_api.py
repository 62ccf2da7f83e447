"""The composed API of one process: what keeps it from starting is told as a fault of the settings, and what it shows."""

import hashlib
import json
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from graphql_api.bootstrap import Application
from graphql_api.processes.api import compose_api
from graphql_api.settings import SettingsError
from tests.e2e.http.serving import client_of
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


async def test_the_metrics_page_shows_a_pool_that_is_used_up(application: Application) -> None:
    """As it is when the page is read; readiness need not be asked, and could not be."""
    pool = application.database.pool
    app = compose_api(application, CollectorRegistry())

    async with AsyncExitStack() as busy, client_of(app) as client:
        for _ in range(application.settings.reader_connections):
            await busy.enter_async_context(pool.acquire())
        shown = (await client.get("/metrics")).text.splitlines()

    assert 'scrip_pool_connections{state="idle"} 0.0' in shown
    assert f'scrip_pool_connections{{state="busy"}} {float(application.settings.reader_connections)}' in shown
