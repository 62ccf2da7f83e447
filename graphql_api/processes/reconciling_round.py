"""The worker's daily look at the whole: does the log still say what the ledger says?"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from audit.reconcile import is_reconciliation_due, record_reconciliation
from graphql_api.audit_log.log_reconciling import reconcile_log
from graphql_api.bootstrap import Application

EVERY = timedelta(hours=24)
LOG = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcilingRound:
    """Safe in two processes: at worst both read, and both results are recorded."""

    application: Application

    async def reconcile(self) -> int:
        """Compares log and ledger where that is due, records the result, and says loudly where they differ."""
        acts = self.application.audit.acts
        if not await is_reconciliation_due(acts, EVERY):
            return 0
        settings = self.application.settings
        result = await reconcile_log(self.application.database.url, book_schema=settings.book_schema)
        await record_reconciliation(acts, result)
        if result.is_clean:
            LOG.info("log and ledger agree", size=result.size, accounts=result.accounts)
        else:
            LOG.error("log and ledger differ", differences=result.count, holes=result.holes)
        return 0
