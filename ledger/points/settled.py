"""A wallet as a write at this instant would find it: what is due is posted in memory by the write's own functions.

So a read is true at its instant whether or not a job ran (semantics 2.2), by construction and not by a second formula.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from ledger.book.account import Account, Role
from ledger.book.lot import Lot
from ledger.book.units import AccountId, InvariantViolated
from ledger.engine.preview import Preview
from ledger.engine.reader import Reader, Snapshot
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, HOLDS, LOTS, POSTINGS
from ledger.engine.state import State
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, WalletIds, due_keys
from ledger.programme.rows import ASSETS, PROGRAMMES


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledWallet:
    """The wallet with everything due at `now` posted in memory, and what that moved.

    before:  the wallet's row as it stands in the book
    matured: what activated into the wallet, less what repaid a debt · overdue: what expired
    """

    now: datetime
    wallet: Wallet
    before: Account
    matured: int
    overdue: int

    @property
    def lots(self) -> list[Lot]:
        """The open lots that the write would find."""
        return self.wallet.lots

    @property
    def pending_lots(self) -> list[Lot]:
        """The lots that still wait for their date or a confirmation."""
        return self.wallet.pending_lots


async def settled_wallets(
    reader: Reader, programme_id: UUID, asked: Sequence[WalletIds]
) -> Mapping[AccountId, SettledWallet]:
    """The wallets of the programme that exist, settled at one instant of one snapshot. For the few that need it."""
    async with reader.snapshot() as snapshot:
        return await settled_at(snapshot, programme_id, asked, await snapshot.now())


async def settled_at(
    snapshot: Snapshot, programme_id: UUID, asked: Sequence[WalletIds], now: datetime
) -> Mapping[AccountId, SettledWallet]:
    """The same at an instant of the caller's."""
    preview = Preview(snapshot)
    keys = [key for ids in asked for key in _keys(programme_id, ids)]
    await preview.load(keys, lambda state: [key for ids in asked for key in due_keys(state, ids, now)])
    return {
        ids.wallet: await preview.decide(partial(settle, programme_id=programme_id, ids=ids, now=now))
        for ids in asked
        if _is_there(preview.state, programme_id, ids)
    }


def _keys(programme_id: UUID, ids: WalletIds) -> list[Key]:
    return [
        ACCOUNTS.key(ids.wallet),
        COMPANIONS.key(ids.pending),
        COMPANIONS.key(ids.owed),
        LOTS.key(ids.wallet),
        LOTS.key(ids.pending),
        HOLDS.key(ids.wallet),
        PROGRAMMES.key(programme_id),
        ASSETS.key(ids.asset_id),
    ]


def _is_there(state: State, programme_id: UUID, ids: WalletIds) -> bool:
    account = state.find(ACCOUNTS, ids.wallet)
    return account is not None and account.programme_id == programme_id


def settle(state: State, programme_id: UUID, ids: WalletIds, now: datetime) -> SettledWallet:
    """Settles a loaded wallet at `now` on its state."""
    programme, asset = state.find(PROGRAMMES, programme_id), state.find(ASSETS, ids.asset_id)
    before = state.find(ACCOUNTS, ids.wallet)
    if programme is None or asset is None or before is None:
        raise InvariantViolated(f"wallet {ids.wallet} has no terms")
    wallet = Wallet(state, programme, asset, ids)
    settle_due(wallet, now)
    moved = _moved(state, ids)
    return SettledWallet(
        now=now,
        wallet=wallet,
        before=before,
        matured=moved[ids.pending, ids.wallet],
        overdue=moved[ids.wallet, wallet.system_account(Role.BREAKAGE).id],
    )


class _Sums(dict[tuple[AccountId, AccountId], int]):
    def __missing__(self, key: tuple[AccountId, AccountId]) -> int:
        return 0


def _moved(state: State, ids: WalletIds) -> _Sums:
    sums = _Sums()
    for shelf, rows in state.inserted():
        if shelf.table is POSTINGS.table:
            for _, _, source, destination, _, amount in rows:
                if source in {ids.wallet, ids.pending}:
                    sums[source, destination] += amount  # type: ignore[index, operator]
    return sums
