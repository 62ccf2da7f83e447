"""Wallets in bulk: what members have, true at the instant of the read (semantics 2.1, 2.2).

One statement reads the rows. Only wallets of which something is due and not posted yet take a second look, in which the
write's own functions post it in memory (`settled.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.book.units import AccountId
from ledger.engine.reader import Reader, Record
from ledger.engine.sql_query import SqlQuery
from ledger.points.receipt import or_none
from ledger.points.settled import SettledWallet, settled_wallets
from ledger.points.wallet import WalletIds, wallet_ids
from ledger.programme.rows import Shortfall

WALLETS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletView:
    """A member's wallet in one asset at `read_at`. available = posted + matured - held - overdue, and minus owed where
    the asset's shortfall mode is NEGATIVE.

    posted:  the balance in the book · held: set aside by holds whose deadline is later
    pending: waits for a date or a confirmation · matured: its date has come and no entry says so yet (less what repaid
    a debt) · overdue: expired and no entry says so yet · owed: what a refund could not take back
    """

    member_id: UUID
    asset_id: UUID
    state: str
    version: int
    posted: int
    held: int
    pending: int
    matured: int
    overdue: int
    owed: int
    available: int
    next_expiry_at: datetime | None
    read_at: datetime


# Measured: planning costs six times the look-up. The sub-selects around the parameters hide their values from the planner,
# so that it keeps its generic plan; the lateral OFFSET 0 keeps that plan to unique keys, also where it was made while the
# tables were empty. The debt is read only where the wallet's row says that there is one.
_WALLETS = SqlQuery(
    """
    WITH i AS MATERIALIZED (SELECT now FROM {now} instant)
    SELECT w.id, w.state, w.version, w.posted, w.held, w.next_expiry_at, coalesce(p.posted, 0) AS pending,
           coalesce(-o.posted, 0) AS owed, a.shortfall, w.next_due_at <= i.now AS is_due, i.now
    FROM i
    CROSS JOIN unnest((SELECT CAST(:wallets AS uuid[]))) AS asked (id)
    CROSS JOIN LATERAL (SELECT * FROM {book}.accounts WHERE id = asked.id OFFSET 0) w
    CROSS JOIN LATERAL (SELECT shortfall FROM registry.assets WHERE id = w.asset_id AND kind = 'points' OFFSET 0) a
    LEFT JOIN LATERAL (SELECT posted FROM {book}.accounts
        WHERE holder_id = w.holder_id AND asset_id = w.asset_id AND role = 'pending' OFFSET 0) p ON true
    LEFT JOIN LATERAL (SELECT posted FROM {book}.accounts
        WHERE w.owing AND holder_id = w.holder_id AND asset_id = w.asset_id AND role = 'owed' OFFSET 0) o ON true
    WHERE w.programme_id = (SELECT CAST(:programme_id AS uuid))
    """
)


async def load_wallets(
    reader: Reader, programme_id: UUID, asked: Sequence[tuple[UUID, UUID]]
) -> list[WalletView | None]:
    """The wallets of (member, asset) in the order asked, at most 1,000; None where the programme has no such wallet yet
    (`empty_wallet` is what a member without postings has).
    """
    ids = [wallet_ids(member_id, asset_id) for member_id, asset_id in asked[:WALLETS_MAX]]
    records = await reader.rows(_WALLETS, {"wallets": [one.wallet for one in ids], "programme_id": programme_id})
    found = {record["id"]: record for record in records}
    due = [wallet for wallet in ids if wallet.wallet in found and found[wallet.wallet]["is_due"]]
    settled = await settled_wallets(reader, programme_id, due) if due else {}
    return [_view(wallet, found, settled) for wallet in ids]


def _view(
    ids: WalletIds, found: Mapping[UUID, Record], settled: Mapping[AccountId, SettledWallet]
) -> WalletView | None:
    if ids.wallet in settled:
        return view_of(settled[ids.wallet])
    row = found.get(ids.wallet)
    if row is None:
        return None
    _, state, version, posted, held, next_expiry_at, pending, owed, shortfall, _, now = row
    return WalletView(
        member_id=ids.member_id,
        asset_id=ids.asset_id,
        state=state,
        version=version,
        posted=posted,
        held=held,
        pending=pending,
        matured=0,
        overdue=0,
        owed=owed,
        available=posted - held - (owed if shortfall == Shortfall.NEGATIVE else 0),
        next_expiry_at=or_none(next_expiry_at),
        read_at=now,
    )


def view_of(settled: SettledWallet) -> WalletView:
    """The numbers of a settled wallet."""
    wallet, before = settled.wallet, settled.before
    return WalletView(
        member_id=wallet.ids.member_id,
        asset_id=wallet.ids.asset_id,
        state=before.state,
        version=before.version,
        posted=before.posted,
        held=wallet.account.held,
        pending=wallet.pending_account.posted,
        matured=settled.matured,
        overdue=settled.overdue,
        owed=wallet.owed,
        available=wallet.available(),
        next_expiry_at=or_none(wallet.account.next_expiry_at),
        read_at=settled.now,
    )


def empty_wallet(member_id: UUID, asset_id: UUID, *, state: str, read_at: datetime) -> WalletView:
    """What a member has in an asset before the first posting."""
    return WalletView(
        member_id=member_id,
        asset_id=asset_id,
        state=state,
        version=0,
        posted=0,
        held=0,
        pending=0,
        matured=0,
        overdue=0,
        owed=0,
        available=0,
        next_expiry_at=None,
        read_at=read_at,
    )


_WALLETS_OF_MEMBER = SqlQuery(
    """
    SELECT w.asset_id FROM {book}.accounts w
    WHERE w.holder_id = CAST(:member_id AS uuid) AND w.programme_id = CAST(:programme_id AS uuid) AND w.role = 'wallet'
    ORDER BY w.asset_id LIMIT 1000
    """
)


async def wallets_of_member(reader: Reader, programme_id: UUID, member_id: UUID) -> list[WalletView]:
    """All wallets of one member."""
    rows = await reader.rows(_WALLETS_OF_MEMBER, {"member_id": member_id, "programme_id": programme_id})
    views = await load_wallets(reader, programme_id, [(member_id, row[0]) for row in rows])
    return list(_present(views))


def _present(views: Iterable[WalletView | None]) -> Iterable[WalletView]:
    return (view for view in views if view is not None)
