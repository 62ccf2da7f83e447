"""What reading the log needs of a connection to the database."""

from collections.abc import Sequence
from typing import Protocol

import asyncpg


class Connection(Protocol):
    """Also one of a pool, or in a transaction."""

    async def fetch(self, query: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Runs a query and returns its rows."""
        ...
