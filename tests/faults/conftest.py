"""A durable PostgreSQL of their own for the fault tests, because they kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_api.processes.embedded import EmbeddedServer, joined_server, own_server
from tests.databases import spare_folder
from tests.sequenced_log import connection

__all__ = ["connection"]


@pytest.fixture(scope="package")
def durable_folder() -> Iterator[Path]:
    """The `var` folder of an embedded server with fsync and synchronous_commit on."""
    with spare_folder() as folder, own_server(folder):
        yield folder


@pytest.fixture
def durable_server(durable_folder: Path) -> Iterator[EmbeddedServer]:
    """That server, running, also after an earlier test has killed it."""
    with joined_server(durable_folder) as server:
        yield server
