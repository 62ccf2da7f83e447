"""Where the state machines run on the real engine: an application on PostgreSQL, driven from a loop of its own."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from graphql_api.bootstrap import Application, open_application
from graphql_api.settings import Settings
from ledger.programme.clock import ReplayClock

T = TypeVar("T")


@dataclass(frozen=True)
class Ground:
    """An engine on PostgreSQL, run from a loop of this thread's own."""

    loop: asyncio.AbstractEventLoop
    application: Application
    connection: "asyncpg.Connection[asyncpg.Record]"

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine to its end."""
        return self.loop.run_until_complete(work)


@contextmanager
def ground_at(url: str, settings: Settings) -> Iterator[Ground]:
    """Opens the application and a superuser's connection."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    opening = open_application(settings, url=url, clock=ReplayClock())
    application = loop.run_until_complete(stack.enter_async_context(opening))
    connection = loop.run_until_complete(asyncpg.connect(url))
    try:
        yield Ground(loop, application, connection)
    finally:
        loop.run_until_complete(connection.close())
        loop.run_until_complete(stack.aclose())
        loop.close()
