"""The lots of a wallet in the order they will be drawn, and when they will expire (semantics 2.3, 4.11)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from ledger.book.lot import Lot, dies_at, spend_order
from ledger.book.units import NEVER, LotId
from ledger.engine.reader import Reader
from ledger.engine.shelves import LOTS
from ledger.points.receipt import or_none
from ledger.points.settled import SettledWallet, settled_wallets
from ledger.points.wallet import wallet_ids
from ledger.programme.calendar import local_date

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotView:
    """An open lot. `remaining` includes `held`; expires_at None = never.

    A lot whose activation is due and not posted yet carries the id and the entry of the pending lot that it comes from.
    """

    id: UUID
    entry_id: UUID
    granted: int
    remaining: int
    held: int
    granted_at: datetime
    expires_at: datetime | None
    activates_at: datetime | None
    priority: int
    purchased: bool
    source_lot_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryBucket:
    """So many points are good through the local date `expires_on`."""

    expires_on: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """sum(buckets) + never + held + overdue = posted + matured."""

    buckets: tuple[ExpiryBucket, ...]
    never: int
    held: int
    overdue: int
    posted: int
    matured: int


async def load_settled(reader: Reader, programme_id: UUID, member_id: UUID, asset_id: UUID) -> SettledWallet | None:
    """One wallet with its lots and holds, settled at the instant of the read; None where there is none."""
    ids = wallet_ids(member_id, asset_id)
    return (await settled_wallets(reader, programme_id, [ids])).get(ids.wallet)


def lots_of(settled: SettledWallet) -> list[LotView]:
    """The open lots in spend order."""
    wallet = settled.wallet
    waited = {lot.id: lot for lot in wallet.state.rows(LOTS, wallet.ids.pending)}
    unposted = [lot for lot in settled.lots if lot.account_version > settled.before.version]
    origins = {lot.id: waited[LotId(lot.source_lot_id)] for lot in unposted if lot.source_lot_id is not None}
    return [_view(lot, origin=origins.get(lot.id)) for lot in sorted(settled.lots, key=spend_order)]


def pending_lots_of(settled: SettledWallet) -> list[LotView]:
    """The pending lots, the next to activate first; those that wait for a confirmation last."""
    lots = sorted(settled.pending_lots, key=lambda lot: (lot.activates_at or NEVER, lot.id))
    return [_view(lot) for lot in lots]


def _view(lot: Lot, *, origin: Lot | None = None) -> LotView:
    """`origin`: the pending lot that it comes from, where no entry says so yet and its own ids are made up."""
    named = lot if origin is None else origin
    return LotView(
        id=named.id,
        entry_id=named.entry_id,
        granted=lot.granted,
        remaining=lot.remaining,
        held=lot.held,
        granted_at=lot.granted_at,
        expires_at=or_none(lot.expires_at),
        activates_at=lot.activates_at,
        priority=lot.priority,
        purchased=lot.purchased,
        source_lot_id=lot.source_lot_id if origin is None else None,
    )


def forecast_of(settled: SettledWallet) -> Forecast:
    """What expires after which local date, if nothing is spent (semantics 4.11)."""
    by_date = _by_last_good_date(settled, (lot for lot in settled.lots if lot.unheld > 0))
    never = by_date.pop(None, 0)
    dated = {day: amount for day, amount in by_date.items() if day is not None}
    return Forecast(
        buckets=tuple(ExpiryBucket(expires_on=day, amount=dated[day]) for day in sorted(dated)),
        never=never,
        held=settled.wallet.account.held,
        overdue=settled.overdue,
        posted=settled.before.posted,
        matured=settled.matured,
    )


def _by_last_good_date(settled: SettledWallet, lots: Iterable[Lot]) -> Counter[date | None]:
    account, zone = settled.wallet.account, settled.wallet.programme.time_zone
    sums: Counter[date | None] = Counter()
    for lot in lots:
        death = dies_at(lot, account)
        sums[None if death >= NEVER else local_date(death - _MICROSECOND, zone)] += lot.unheld
    return sums
