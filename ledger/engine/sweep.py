"""Sweeps: what is due in accounts that nobody touches is settled by ordinary commands (semantics 2.2).

They are safe twice and in two processes: whoever comes second finds nothing due.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from asyncpg import Record

from ledger.engine.command import Actor, Command, command_class
from ledger.engine.due import sweep_actor
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State

ACCOUNTS_MAX: Final = 200
"""Accounts of one batch: few enough that a member's own command behind them hardly waits."""


@reply
class Swept:
    """What one account's sweep did: how many versions it moved on, 0 where another had been there before."""

    versions: int


@command_class
class SettleAccount(Command[Swept]):
    """Posts everything of one account that is due. It repeats harmlessly, so it takes no key; it is never refused.

    It settles whatever state the member is in: freezing stops no expiry (semantics 2.7).
    """

    reply: ClassVar[type] = Swept

    member_id: UUID
    asset_id: UUID
    replay_at: datetime | None = None

    @property
    def account_id(self) -> UUID:
        """The account."""
        raise NotImplementedError

    def settle(self, state: State, now: datetime) -> None:
        """Posts what is due; the account is there."""
        raise NotImplementedError

    def fields(self) -> Mapping[str, object]:
        """The account."""
        return {"memberId": self.member_id, "assetId": self.asset_id}

    def footprint(self) -> Sequence[Key]:
        """The account, locked."""
        return [ACCOUNTS.key(self.account_id)]

    def decide(self, state: State, now: datetime) -> Swept:
        """How many versions the account moved on."""
        before = state.find(ACCOUNTS, self.account_id)
        if before is None:
            return Swept(versions=0)
        self.settle(state, now)
        after = state.find(ACCOUNTS, self.account_id) or before
        return Swept(versions=after.version - before.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepCount:
    """How many accounts were due, and how many statement lines their sweep wrote."""

    accounts: int
    versions: int


async def sweep(
    reader: Reader, engine: Engine, due: SqlQuery, command: Callable[[Actor, Record], SettleAccount], *, most: int
) -> SweepCount:
    """Settles at most so many accounts of those that `due` tells, with their programme, longest overdue first. Raises a
    refusal of the engine itself (OVERLOADED, UNAVAILABLE): the next round tries again.
    """
    rows = await reader.rows(due, {"most": most})
    outcomes = await engine.execute_list([command(sweep_actor(row["programme_id"]), row) for row in rows])
    return SweepCount(accounts=len(rows), versions=sum(outcome.unwrap().versions for outcome in outcomes))
