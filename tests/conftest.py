"""Fixtures that every test may use: a server, a fresh migrated database, and what is left to `make check`."""

from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

import pytest
import uvloop
from hypothesis import settings

from graphql_api.processes.memory import relax_collector, settle_memory
from tests.databases import DatabaseServer, running_server
from tests.kept_databases import KeptDatabases

LEFT_TO_CHECK = {
    "node": "needs Node: run `make check`",
    "bench": "measures or takes long: run `make check` or `make bench`",
}
"""Markers whose tests `make test` skips, and what the summary says of them."""


relax_collector()
# No example is timed: on a busy machine a slow one is no fault of the data's.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--everything` runs what only `make check` runs; a test that then finds no Node fails by itself."""
    parser.addoption("--everything", action="store_true", help="also run what only `make check` runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is left to `make check`, unless everything was asked for."""
    if config.getoption("--everything"):
        return
    for item in items:
        for marker, reason in LEFT_TO_CHECK.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """Tests run on the loop that the product runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_finish() -> None:
    """What was imported and collected stays, so that the garbage collector need not walk it while tests run."""
    settle_memory()


@pytest.fixture(scope="session")
def server() -> Iterator[DatabaseServer]:
    """The PostgreSQL server of this run."""
    with running_server() as running:
        yield running


@pytest.fixture
def book_schema(request: pytest.FixtureRequest) -> str:
    """The book's schema; `@pytest.mark.parametrize("book_schema", ["other"], indirect=True)` renames it."""
    return str(getattr(request, "param", "book"))


@pytest.fixture(scope="session")
def kept_databases(server: DatabaseServer) -> Iterator[KeptDatabases]:
    """The databases that the tests of this process use in turn."""
    with closing(KeptDatabases(server)) as kept:
        yield kept


@pytest.fixture
def database_url(kept_databases: KeptDatabases, book_schema: str) -> Iterator[str]:
    """A migrated, empty database for the test alone, as a `postgresql://` URL."""
    with kept_databases.lend(book_schema) as url:
        yield url


@pytest.fixture
def server_database(server: DatabaseServer) -> Iterator[str]:
    """An empty database that nobody has migrated, as a `postgresql://` URL."""
    with server.empty_database() as url:
        yield url
