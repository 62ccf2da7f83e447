"""A durable PostgreSQL of their own for the fault tests, because they kill it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphql_api.processes.embedded import EmbeddedServer, joined_server, own_server
from tests.databases import servers_folder
from tests.sequenced_log import connection

__all__ = ["connection"]


@pytest.fixture(scope="package")
def durable_folder() -> Iterator[Path]:
    """The `var` folder of an embedded server with fsync and synchronous_commit on.

    Not below pytest's own temporary folder: every start of pytest takes other users' rights to that away, and where
    root runs the tests PostgreSQL is another user.
    """
    folder = Path(tempfile.mkdtemp(prefix="durable-", dir=servers_folder()))
    with own_server(folder):
        yield folder
    shutil.rmtree(folder)


@pytest.fixture
def durable_server(durable_folder: Path) -> Iterator[EmbeddedServer]:
    """That server, running, also after an earlier test has killed it."""
    with joined_server(durable_folder) as server:
        yield server
