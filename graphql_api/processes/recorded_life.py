"""Which starts and stops are recorded, and with what."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from audit.process_life import recorded_life
from graphql_api.bootstrap import Application


@asynccontextmanager
async def recorded(application: Application) -> AsyncIterator[None]:
    """Records the process's start before the block and its stop after it.

    The digest of the settings changes when somebody configures the process otherwise; secrets are not in it.
    """
    settings = hashlib.sha256(repr(application.settings).encode()).hexdigest()[:16]
    async with recorded_life(application.audit.acts, {"settings": settings, "version": version("scrip")}):
        yield
