"""The sweep: posts what is due on wallets that nobody touches (semantics 2.2).

An ordinary command through the engine, so it is safe twice and in two processes: whoever comes second finds nothing due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from ledger.engine.command import Actor, Command
from ledger.engine.due import SYSTEM
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, due_keys, wallet_ids
from ledger.programme.rows import ASSETS, PROGRAMMES

WALLETS_MAX = 200
"""Wallets of one batch: few enough that a member's own command behind them hardly waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one wallet's sweep did: how many versions it moved on, 0 where another had been there before."""

    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDue(Command[Swept]):
    """Posts everything of one wallet that is due. It repeats harmlessly, so it takes no key; it is never refused."""

    kind: ClassVar[str] = "post_due"
    reply: ClassVar[type] = Swept

    member_id: UUID
    asset_id: UUID
    replay_at: datetime | None = None

    def fields(self) -> Mapping[str, object]:
        """The wallet."""
        return {"memberId": self.member_id, "assetId": self.asset_id}

    def footprint(self) -> Sequence[Key]:
        """The wallet, locked."""
        wallet = wallet_ids(self.member_id, self.asset_id).wallet
        return [ACCOUNTS.key(wallet)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due."""
        return due_keys(state, wallet_ids(self.member_id, self.asset_id), now)

    def decide(self, state: State, now: datetime) -> Swept:
        """Settles whatever state the member is in: freezing stops no expiry (semantics 2.7)."""
        ids = wallet_ids(self.member_id, self.asset_id)
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        asset = state.find(ASSETS, self.asset_id)
        before = state.find(ACCOUNTS, ids.wallet)
        if programme is None or asset is None or before is None:
            return Swept(versions=0)
        wallet = Wallet(state, programme, asset, ids)
        settle_due(wallet, now)
        return Swept(versions=wallet.account.version - before.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCount:
    """How many wallets were due, and how many statement lines their sweep wrote."""

    wallets: int
    versions: int


_DUE = SqlQuery(
    """
    SELECT w.programme_id, w.holder_id, w.asset_id
    FROM {book}.accounts w
    WHERE w.role = 'wallet' AND w.next_due_at <= (SELECT now FROM {now} instant)
    ORDER BY w.next_due_at LIMIT CAST(:wallets_max AS bigint)
    """
)


async def sweep_due(reader: Reader, engine: Engine, *, wallets_max: int = WALLETS_MAX) -> SweepCount:
    """Posts what is due on at most `wallets_max` wallets, the longest overdue first. Raises a refusal of the engine
    itself (OVERLOADED, UNAVAILABLE): the next round tries again.
    """
    rows = await reader.rows(_DUE, {"wallets_max": wallets_max})
    commands = [
        PostDue(
            actor=Actor(kind=SYSTEM, id="sweep", programme_id=row["programme_id"]),
            key=None,
            member_id=row["holder_id"],
            asset_id=row["asset_id"],
        )
        for row in rows
    ]
    outcomes = await engine.execute_list(commands)
    return SweepCount(wallets=len(rows), versions=sum(outcome.unwrap().versions for outcome in outcomes))
