"""THE composition root: where the ledger meets the audit log, the settings and the clock.

Nothing else constructs an engine. What a process does with the application (serve, work, check, import) stands in
`graphql_api.processes`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from audit.cipher import KeySealer
from graphql_api.audit_log.key_notices import KeyNotices
from graphql_api.audit_log.refused_access import RefusedAccess
from graphql_api.audit_log.side import AuditSide, open_audit_side
from graphql_api.code_guesses import CodeGuesses
from graphql_api.notices import Notices
from graphql_api.registry_merchants import RegistryMerchants
from graphql_api.setting_values import Environment
from graphql_api.settings import Settings
from graphql_api.wallet_changes import WalletChanges
from ledger.campaigns.campaign_approval import CAMPAIGN
from ledger.campaigns.top_up_request import TOP_UP
from ledger.control.approvable import Approvables
from ledger.control.audit_access import EXPORT, REVEAL
from ledger.control.erasure import ERASURE
from ledger.engine.batch import BatchRunner
from ledger.engine.database import Database
from ledger.engine.decide import Decider
from ledger.engine.engine import Engine
from ledger.engine.ids import IdSource
from ledger.engine.ports import Clock, Event, Observer
from ledger.engine.queue import Limits
from ledger.engine.reader import Reader
from ledger.engine.standing import Standing
from ledger.engine.statements import statements_of
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.members.erase import EraseMember
from ledger.members.queries import MemberIds
from ledger.points.adjust_approval import ADJUSTMENT
from ledger.programme.clock import LiveClock
from ledger.tiers.grant_approval import TIER_GRANT
from migrations.shape import require_book, require_shape, require_true_clock

APPROVABLES = Approvables(kinds=(ADJUSTMENT, CAMPAIGN, ERASURE, EXPORT, REVEAL, TIER_GRANT, TOP_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A composed, running ledger: commands go to `engine`, registry changes to `units`, queries to `reader`.

    audit:       the audit log as this process has it
    approvables: what `ApproveRequest` can run
    member_ids:  members by the bank's external ids, remembered
    notices:     what processes tell each other, of which the next three are channels
    changes:     who waits for which wallets to change
    merchants:   where merchants' credentials work
    guesses:     who tried how many wrong codes
    refused:     who hears of refused credentials and denied fields
    """

    settings: Settings
    database: Database
    engine: Engine
    reader: Reader
    units: UnitsOfWork
    sealer: KeySealer
    audit: AuditSide
    ids: IdSource
    approvables: Approvables
    member_ids: MemberIds
    notices: Notices
    changes: WalletChanges
    merchants: RegistryMerchants
    guesses: CodeGuesses
    refused: RefusedAccess


@asynccontextmanager
async def open_application(
    settings: Settings,
    *,
    url: str,
    clock: Clock | None = None,
    observer: Observer | None = None,
    origin: str = "cli",
) -> AsyncIterator[Application]:
    """Connects to the migrated database at `url` and starts the engine; afterwards drains it and disconnects.

    clock:    `LiveClock` by default; `ReplayClock` for imports of history
    observer: hears of batches, refusals and retries; nobody by default
    origin:   the kind of process, which every audit record names
    Raises SettingsError without a usable root key or under another log's name, WrongShape where migrations are missing,
    the book is another or, in production, its clock was moved, and what the driver raises where the server does not
    answer.
    """
    database = Database(url, book_schema=settings.book_schema, pool_size=settings.reader_connections)
    await database.open()
    try:
        async with database.pool.acquire() as connection:
            await require_shape(connection)
            await require_book(connection, schema=settings.book_schema, number=settings.book_number)
            if settings.environment is Environment.PRODUCTION:
                await require_true_clock(connection)
        application = await _compose(settings, database, clock or LiveClock(), observer or Unheard(), origin)
        try:
            async with _running(application):
                yield application
        finally:
            await application.audit.close()
    finally:
        await database.close()


@asynccontextmanager
async def _running(application: Application) -> AsyncIterator[None]:
    await application.engine.start()
    try:
        yield
    finally:
        await application.engine.stop()
        await application.refused.close()
        await application.notices.close()


async def _compose(
    settings: Settings, database: Database, clock: Clock, observer: Observer, origin: str
) -> Application:
    statements = statements_of(settings.book_schema)
    ids = IdSource(settings.book_number)
    reader = Reader(database.pool, settings.book_schema)
    notices = Notices(database.url)
    member_ids = MemberIds(reader)
    audit = await open_audit_side(settings, database, notices, ids, origin=origin, on_gone=member_ids.forget)
    changes = WalletChanges(notices, book_schema=settings.book_schema)
    runner = BatchRunner(
        statements=statements,
        standing=Standing(statements),
        decider=Decider(audit.sealer, clock),
        sink=audit.sink,
        ids=ids,
        after_commit=lambda events: _tell(events, changes, audit.notices),
    )
    return Application(
        settings=settings,
        database=database,
        engine=Engine(database, runner, reader, observer, limits_of(settings)),
        reader=reader,
        units=UnitsOfWork(database, audit.sink, ids),
        sealer=audit.sealer,
        audit=audit,
        ids=ids,
        approvables=APPROVABLES,
        member_ids=member_ids,
        notices=notices,
        changes=changes,
        merchants=RegistryMerchants(reader, notices),
        guesses=CodeGuesses(notices),
        refused=RefusedAccess(audit.acts, audit.sealer, reader),
    )


def _tell(events: Sequence[Event], changes: WalletChanges, gone: KeyNotices) -> None:
    """Every process hears at once which wallets changed, and whom nobody may know by a name any more."""
    changes.publish(_changed_accounts(events))
    erased = [event.subject_id for event in events if event.accepted and event.type == EraseMember.kind]
    if erased:
        gone.publish([subject_id for subject_id in erased if subject_id is not None])


def _changed_accounts(events: Sequence[Event]) -> Iterable[UUID]:
    return (account for event in events if event.accepted for account, _ in event.streams)


def limits_of(settings: Settings) -> Limits:
    """The bounds of the write path that an operator chose."""
    return Limits(
        writers=settings.writer_connections,
        queue_max=settings.queue_limit,
        batch_commands_max=settings.batch_limit,
        deadline_s=settings.deadline_seconds,
    )


class Unheard:
    """The observer of processes that publish no metrics."""

    def batch_done(self, commands: int, waits_s: Sequence[float], decide_s: float, commit_s: float) -> None:
        """Hears nothing."""

    def refused(self, code: str) -> None:
        """Hears nothing."""

    def retried(self, why: Exception) -> None:
        """Hears nothing."""
