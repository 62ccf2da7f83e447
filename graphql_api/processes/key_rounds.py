"""The worker's part in the keys: erasures, expiry, the turnover of the root, and the clock."""

from dataclasses import dataclass

import structlog

from audit.key_provider import RootUnavailable
from audit.process_life import ClockWatch
from graphql_api.bootstrap import Application
from ledger.members.queries import erased_members

ERASURES_MAX = 100
TURNOVER_ACTOR = "system:worker"
LOG = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRounds:
    """Rounds that are safe to run twice and in two processes."""

    application: Application
    clock: ClockWatch

    async def settle_erasures(self) -> int:
        """Destroys or restricts the keys of members that the ledger has erased, and of those whose time has come."""
        eraser = self.application.audit.eraser
        subjects = [*await erased_members(self.application.reader, limit=ERASURES_MAX), *await eraser.due()]
        for subject_id in subjects:
            erasure = await eraser.erase(subject_id)
            LOG.info("erasure settled", subject=str(subject_id), state=erasure.state)
        if subjects:
            self.application.audit.notices.publish(subjects)
        return len(subjects)

    async def find_revived(self) -> int:
        """Where a restored key store has revived somebody, destroys the key again and says so loudly."""
        revived = await self.application.audit.eraser.revived()
        for subject_id in revived:
            LOG.error("an erased person's key was there again, as in a restored backup", subject=str(subject_id))
            await self.application.audit.eraser.destroy_again(subject_id)
        if revived:
            self.application.audit.notices.publish(revived)
        return len(revived)

    async def expire(self) -> int:
        """Destroys the keys of the months that are over."""
        for epoch in await self.application.audit.expiry.run():
            LOG.info("epoch expired", epoch=epoch)
        return 0

    async def turn_over(self) -> int:
        """Turns the root over when it is due; where its provider cannot, says so and leaves it to the operator."""
        turnover, every = self.application.audit.turnover, self.application.audit.turnover_every
        if every is None or not await turnover.is_due(every):
            return 0
        try:
            done = await turnover.run(actor=TURNOVER_ACTOR)
        except RootUnavailable as error:
            LOG.warning("the root key is due to be turned over", why=str(error))
            return 0
        LOG.info("root key turned over", old=done.old, new=done.new, subjects=done.subjects)
        return 0

    async def watch_clock(self) -> int:
        """Records a step of the database's clock."""
        step = await self.clock.look()
        if step:
            LOG.warning("the database's clock has stepped", seconds=step.total_seconds())
        return 0
