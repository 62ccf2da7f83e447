"""The worker's part in exports: the sealed bundle of each request that somebody agreed to, kept until it is fetched."""

import asyncio
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

import structlog

from audit.export import ExportRefused
from audit.signing import SigningKey
from audit.status import read_status
from audit.waiting_bundle import Made, drop_bundles, keep_bundle
from graphql_api.audit_log.bundle_making import Exported, Order, make_in_child
from graphql_api.audit_log.exporting import order_of
from graphql_api.bootstrap import Application
from ledger.control.approval import Approval
from ledger.control.audit_access import OPEN_FOR
from ledger.control.queries import unmade_export

ACTOR = "system:worker"
ENTRIES_MAX = 200_000
"""Of a bundle that a worker makes: about a gigabyte of memory. `scrip audit export` makes larger ones where there is more."""
LOG = structlog.get_logger("worker")

Make = Callable[[Order], Exported]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRounds:
    """Safe in two processes: the first bundle of a request is kept.

    make: makes a bundle; called in a thread
    """

    application: Application
    key: SigningKey
    make: Make = make_in_child

    async def make_due(self) -> int:
        """Makes the oldest bundle that is due and lets go of stale ones; 1 where it made one, as more may be due."""
        await drop_bundles(self.application.audit.key_acts)
        now = await self.application.reader.now()
        due = await unmade_export(self.application.reader, since=now - OPEN_FOR)
        if due is None or not await self._is_signed():
            return 0
        made = await self._made(due)
        await keep_bundle(self.application.audit.acts, due.id, due.programme_id, made, actor=ACTOR)
        LOG.info("export made", approval=str(due.id), entries=made.entries, problem=made.problem)
        return 1

    async def _is_signed(self) -> bool:
        """Before the first checkpoint nothing can be proven; that passes by itself."""
        async with self.application.database.pool.acquire() as connection:
            return (await read_status(connection)).signed_size is not None

    async def _made(self, approval: Approval) -> Made:
        order = order_of(approval, url=self.application.database.url, key=self.key)
        try:
            done = await asyncio.to_thread(self.make, replace(order, entries_max=ENTRIES_MAX))
        except ExportRefused as refused:
            return Made(None, problem=str(refused))
        except BrokenProcessPool:
            # Killed, as by want of memory: trying again would end the same way.
            return Made(None, problem="making it took more than this machine has; ask for fewer entries at a time")
        return Made(done.sealed, done.entries)
