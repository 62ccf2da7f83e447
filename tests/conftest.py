"""Fixtures that every test may use: a server, a fresh migrated database, and the rule about Node."""

from collections.abc import Iterator

import pytest

from tests.databases import DatabaseServer, running_server


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--node` runs the tests that need Node; without it they are skipped and the summary says so."""
    parser.addoption("--node", action="store_true", help="run the tests that need Node (make check does)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs Node unless it was asked for; asked for without Node, those tests fail by themselves."""
    if config.getoption("--node"):
        return
    for item in items:
        if item.get_closest_marker("node"):
            item.add_marker(pytest.mark.skip(reason="needs Node: run `make check`"))


@pytest.fixture(scope="session")
def server() -> Iterator[DatabaseServer]:
    """The PostgreSQL server of this run."""
    with running_server() as running:
        yield running


@pytest.fixture
def book_schema(request: pytest.FixtureRequest) -> str:
    """The book's schema; `@pytest.mark.parametrize("book_schema", ["other"], indirect=True)` renames it."""
    return str(getattr(request, "param", "book"))


@pytest.fixture
def database_url(server: DatabaseServer, book_schema: str) -> Iterator[str]:
    """A migrated, empty database of the test's own, as a `postgresql://` URL."""
    with server.clone(book_schema) as url:
        yield url


@pytest.fixture
def server_database(server: DatabaseServer) -> Iterator[str]:
    """An empty database that nobody has migrated, as a `postgresql://` URL."""
    with server.empty_database() as url:
        yield url
