"""Fixtures: a running application on a fresh database; a `conftest.py` imports the ones that its folder needs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from graphql_api.bootstrap import Application, open_application
from graphql_api.settings import Settings

ROOT_KEY = bytes(range(32))


@pytest.fixture
def settings(book_schema: str, tmp_path: Path) -> Settings:
    """Settings of a test: its own folder and a fixed root key."""
    return Settings(var=tmp_path, root_key=ROOT_KEY, book_schema=book_schema)


@pytest.fixture
async def application(settings: Settings, database_url: str) -> AsyncIterator[Application]:
    """A running application whose database is empty."""
    async with open_application(settings, url=database_url) as running:
        yield running
