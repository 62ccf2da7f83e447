"""Fixtures for the HTTP face: a client that calls the sample application in this process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.e2e.http.serving import client_of, sample_app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sample application with default options."""
    async with client_of(sample_app()) as calling:
        yield calling
