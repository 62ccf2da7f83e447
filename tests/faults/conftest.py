"""A durable PostgreSQL of their own for the fault tests, because they kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_api.processes.embedded import EmbeddedServer, joined_server, own_server


@pytest.fixture(scope="package")
def durable_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The `var` folder of an embedded server with fsync and synchronous_commit on."""
    folder = tmp_path_factory.mktemp("durable")
    with own_server(folder):
        yield folder


@pytest.fixture
def durable_server(durable_folder: Path) -> Iterator[EmbeddedServer]:
    """That server, running, also after an earlier test has killed it."""
    with joined_server(durable_folder) as server:
        yield server
