"""An engine and nothing else: one writer and one reader, so that messages come in the same order each time.

Run as a module it is a process of its own that executes one spend and prints what came of it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from audit.cipher import KeySealer
from audit.log import AuditLog
from graphql_api.bootstrap import Unheard
from ledger.engine.batch import BatchRunner
from ledger.engine.command import Actor
from ledger.engine.database import Database
from ledger.engine.decide import Decider
from ledger.engine.engine import Engine
from ledger.engine.ids import IdSource
from ledger.engine.queue import Limits
from ledger.engine.reader import Reader
from ledger.engine.standing import Standing
from ledger.engine.statements import Statements
from ledger.points.spend import SpendPoints
from ledger.programme.clock import LiveClock
from tests.fixtures_application import ROOT_KEY

LAST_ANSWERS = 1
"""After a commit's answer the server says that it is ready for more, and a process that stops asks nothing."""
WRITTEN = 6
"""So many messages answer what a batch writes and its commit. The one before them tells that it may write."""


@asynccontextmanager
async def engine_through(url: str, *, answer_s: float = 40.0) -> AsyncIterator[Engine]:
    """An engine with one writer and one reader, so that messages come in the same order each time."""
    database = Database(url, book_schema="book", pool_size=1)
    await database.open()
    statements, sealer = Statements("book"), KeySealer(ROOT_KEY)
    runner = BatchRunner(
        statements=statements,
        standing=Standing(statements),
        decider=Decider(sealer, LiveClock()),
        sink=AuditLog(origin="test"),
        ids=IdSource(1),
    )
    limits = Limits(writers=1, answer_s=answer_s)
    engine = Engine(database, runner, Reader(database.pool, "book"), Unheard(), limits)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
        await database.close()


async def _spend(url: str, programme_id: str, member_id: str, merchant_id: str, key: str) -> None:
    command = SpendPoints(
        actor=Actor(kind="service", id="bank", programme_id=UUID(programme_id)),
        key=key,
        reference=key,
        member_id=UUID(member_id),
        asset="EVER",
        amount=1,
        merchant_id=UUID(merchant_id),
    )
    async with engine_through(url) as engine:
        outcome = await engine.execute(command)
    sys.stdout.write(f"accepted {outcome.unwrap().entry_id}\n")


if __name__ == "__main__":
    asyncio.run(_spend(*sys.argv[1:]))
