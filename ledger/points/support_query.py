"""One member across everything, for support: recorded before the data leave (semantics 9, the audit log)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.engine.command import Actor
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.engine.unit_of_work import UnitsOfWork, event_for
from ledger.points.entry_query import EntryView, load_entries
from ledger.points.hold_query import HoldView, holds_of_wallet
from ledger.points.wallet_query import WalletView, wallets_of_member

ENTRIES_SHOWN = 50
HOLDS_SHOWN = 20
SUPPORT_READ = "support_read"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberOverview:
    """The member, all wallets, their latest holds and the latest entries, newest first."""

    member_id: UUID
    external_id: str
    state: str
    enrolled_at: datetime
    wallets: tuple[WalletView, ...]
    holds: tuple[HoldView, ...]
    entries: tuple[EntryView, ...]


_MEMBER = SqlQuery(
    """
    SELECT m.id AS member_id, m.external_id, h.state, m.enrolled_at
    FROM {book}.members m JOIN {book}.holders h ON h.id = m.id
    WHERE m.id = CAST(:member_id AS uuid) AND m.programme_id = CAST(:programme_id AS uuid)
    """
)
_ENTRIES = SqlQuery(
    """
    SELECT DISTINCT latest.entry_id FROM {book}.accounts a
    CROSS JOIN LATERAL (SELECT entry_id FROM {book}.statement_lines line WHERE line.account_id = a.id
                        ORDER BY version DESC LIMIT CAST(:rows_max AS bigint)) latest
    WHERE a.holder_id = CAST(:member_id AS uuid) AND a.programme_id = CAST(:programme_id AS uuid)
    ORDER BY entry_id DESC LIMIT CAST(:rows_max AS bigint)
    """
)


async def record_support_read(units: UnitsOfWork, actor: Actor, member_id: UUID) -> None:
    """Commits to the audit log that `actor` is about to see the member's data."""
    async with units.begin() as work:
        work.emit(event_for(work, actor, SUPPORT_READ, at=await work.now(), subject_id=member_id))


async def member_overview(reader: Reader, units: UnitsOfWork, actor: Actor, member_id: UUID) -> MemberOverview | None:
    """Everything support needs about one member of the actor's programme; None where there is no such member. That it was
    asked is in the audit log either way.
    """
    await record_support_read(units, actor, member_id)
    asked = {"member_id": member_id, "programme_id": actor.programme_id}
    member = await reader.row(_MEMBER, asked)
    if member is None:
        return None
    wallets = await wallets_of_member(reader, actor.programme_id, member_id)
    holds = [
        hold
        for wallet in wallets
        for hold in await holds_of_wallet(reader, actor.programme_id, member_id, wallet.asset_id, first=HOLDS_SHOWN)
    ]
    rows = await reader.rows(_ENTRIES, {**asked, "rows_max": ENTRIES_SHOWN})
    entries = await load_entries(reader, actor.programme_id, [row[0] for row in rows])
    return MemberOverview(
        **dict(member),
        wallets=tuple(wallets),
        holds=tuple(holds),
        entries=tuple(entry for entry in entries if entry is not None),
    )
