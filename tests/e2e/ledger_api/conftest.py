"""What these tests share: a bank behind a served API."""

from collections.abc import AsyncIterator

import pytest

from tests.bank import Bank, bank
from tests.e2e.ledger_api.counter import counter
from tests.e2e.ledger_api.served import Api, api_of
from tests.fixtures_application import application, settings

__all__ = ["api", "application", "bank", "counter", "settings"]


@pytest.fixture
async def api(bank: Bank) -> AsyncIterator[Api]:
    """The API of a bank."""
    async with api_of(bank.application) as served:
        yield served
