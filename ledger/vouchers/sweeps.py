"""The sweep: posts the expiry of vouchers that nobody touches (semantics 2.2).

An ordinary command through the engine, so it is safe twice and in two processes: whoever comes second finds nothing due.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from ledger.engine.command import Actor, Command
from ledger.engine.due import SYSTEM
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State
from ledger.programme.rows import PROGRAMMES
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.holding import Holding, due_keys, holding_ids
from ledger.vouchers.rows import TEMPLATES

ACCOUNTS_MAX: Final = 200
"""Accounts of one batch: few enough that a member's own command behind them hardly waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VouchersSwept:
    """What one account's sweep did: how many expiries it posted, 0 where another had been there before."""

    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireVouchers(Command[VouchersSwept]):
    """Posts every expiry that is due in one account. It repeats harmlessly, so it takes no key; it is never refused."""

    kind: ClassVar[str] = "expire_vouchers"
    reply: ClassVar[type] = VouchersSwept

    member_id: UUID
    asset_id: UUID
    template_id: UUID
    replay_at: datetime | None = None

    def fields(self) -> Mapping[str, object]:
        """The account."""
        return {"memberId": self.member_id, "templateId": self.template_id}

    @property
    def _account(self) -> UUID:
        return holding_ids(self.member_id, self.asset_id).account

    def footprint(self) -> Sequence[Key]:
        """The account, locked."""
        return [ACCOUNTS.key(self._account)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due."""
        return due_keys(state, self._account, now)

    def decide(self, state: State, now: datetime) -> VouchersSwept:
        """Settles whatever state the member is in: freezing stops no expiry (semantics 2.7)."""
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        template = state.find(TEMPLATES, self.template_id)
        before = state.find(ACCOUNTS, self._account)
        if programme is None or template is None or before is None:
            return VouchersSwept(entries=0)
        holding = Holding(state, programme, template, holding_ids(self.member_id, self.asset_id))
        settle_expired(holding, now)
        return VouchersSwept(entries=holding.account.version - before.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherSweepCount:
    """How many accounts were due, and how many expiries their sweep posted."""

    accounts: int
    entries: int


_DUE = SqlQuery(
    """
    SELECT a.programme_id, a.holder_id, a.asset_id, t.id AS template_id
    FROM (SELECT programme_id, holder_id, asset_id, next_due_at FROM {book}.accounts
          WHERE role = 'voucher' AND next_due_at <= (SELECT now FROM {now} instant)
          ORDER BY next_due_at LIMIT CAST(:accounts_max AS bigint)) a
    JOIN registry.voucher_templates t ON t.asset_id = a.asset_id
    ORDER BY a.next_due_at
    """
)


async def sweep_vouchers(reader: Reader, engine: Engine, *, accounts_max: int = ACCOUNTS_MAX) -> VoucherSweepCount:
    """Posts what is due in at most `accounts_max` accounts, the longest overdue first. Raises a refusal of the engine
    itself (OVERLOADED, UNAVAILABLE): the next round tries again.
    """
    rows = await reader.rows(_DUE, {"accounts_max": accounts_max})
    commands = [
        ExpireVouchers(
            actor=Actor(kind=SYSTEM, id="sweep", programme_id=row["programme_id"]),
            key=None,
            member_id=row["holder_id"],
            asset_id=row["asset_id"],
            template_id=row["template_id"],
        )
        for row in rows
    ]
    outcomes = await engine.execute_list(commands)
    return VoucherSweepCount(accounts=len(rows), entries=sum(outcome.unwrap().entries for outcome in outcomes))
