"""A connection for batches, and one of the driver's own to compare with."""

from collections.abc import AsyncIterator
from typing import TypeAlias

import asyncpg
import pytest

from ledger.engine.database import Database
from ledger.engine.wire.pipeline import Pipeline

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def writer(database_url: str) -> AsyncIterator[Pipeline]:
    """A connection for batches."""
    pipeline = await Database(database_url, book_schema="book", pool_size=1).open_writer()
    yield pipeline
    pipeline.close()


@pytest.fixture
async def plain(database_url: str) -> AsyncIterator[Connection]:
    """A connection on which the driver does everything."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
