"""The sweep of wallets: posts what is due where nobody touches them (semantics 2.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from asyncpg import Record

from ledger.book.units import InvariantViolated
from ledger.engine.command import Actor, command_class
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State
from ledger.engine.sweep import ACCOUNTS_MAX, SettleAccount, SweepCount, sweep
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, PROGRAMMES


@command_class
class PostDue(SettleAccount):
    """Posts everything of one wallet that is due."""

    kind: ClassVar[str] = "post_due"

    @property
    def account_id(self) -> UUID:
        """The wallet."""
        return wallet_ids(self.member_id, self.asset_id).wallet

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due."""
        return due_keys(state, wallet_ids(self.member_id, self.asset_id), now)

    def settle(self, state: State, now: datetime) -> None:
        """Activates, lapses and expires."""
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        asset = state.find(ASSETS, self.asset_id)
        if programme is None or asset is None:
            raise InvariantViolated(f"wallet {self.account_id} without its programme or asset")
        settle_due(Wallet(state, programme, asset, wallet_ids(self.member_id, self.asset_id)), now)


_DUE = SqlQuery(
    """
    SELECT w.programme_id, w.holder_id, w.asset_id
    FROM {book}.accounts w
    WHERE w.role = 'wallet' AND w.next_due_at <= (SELECT now FROM {now} instant)
    ORDER BY w.next_due_at LIMIT CAST(:most AS bigint)
    """
)


async def sweep_due(reader: Reader, engine: Engine, *, most: int = ACCOUNTS_MAX) -> SweepCount:
    """Posts what is due in at most so many wallets; see `sweep`."""
    return await sweep(reader, engine, _DUE, _post_due, most=most)


def _post_due(actor: Actor, row: Record) -> PostDue:
    return PostDue(actor=actor, key=None, member_id=row["holder_id"], asset_id=row["asset_id"])
