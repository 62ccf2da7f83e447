"""The sweeps of vouchers: posts expiries where nobody touches the account (semantics 2.2), and gives the vouchers that
promotions to a tier left due.

They are safe twice and in two processes: whoever comes second finds nothing due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from asyncpg import Record

from ledger.book.units import InvariantViolated
from ledger.engine.command import Actor, command_class
from ledger.engine.due import sweep_actor
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State
from ledger.engine.sweep import ACCOUNTS_MAX, SettleAccount, SweepCount, sweep
from ledger.programme.rows import PROGRAMMES
from ledger.tiers.rows import PackState
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.holding import Holding, due_keys, holding_ids
from ledger.vouchers.rows import TEMPLATES
from ledger.vouchers.tier_pack import GivePack

PACKS_MAX: Final = 200


@command_class
class ExpireVouchers(SettleAccount):
    """Posts every expiry that is due in one member's account for vouchers of a template."""

    kind: ClassVar[str] = "expire_vouchers"

    template_id: UUID

    @property
    def account_id(self) -> UUID:
        """The account of the vouchers."""
        return holding_ids(self.member_id, self.asset_id).account

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due."""
        return due_keys(state, self.account_id, now)

    def settle(self, state: State, now: datetime) -> None:
        """Posts to breakage what is past its validity."""
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        template = state.find(TEMPLATES, self.template_id)
        if programme is None or template is None:
            raise InvariantViolated(f"account {self.account_id} without its programme or template")
        settle_expired(Holding(state, programme, template, holding_ids(self.member_id, self.asset_id)), now)


_DUE = SqlQuery(
    """
    SELECT a.programme_id, a.holder_id, a.asset_id, t.id AS template_id
    FROM (SELECT programme_id, holder_id, asset_id, next_due_at FROM {book}.accounts
          WHERE role = 'voucher' AND next_due_at <= (SELECT now FROM {now} instant)
          ORDER BY next_due_at LIMIT CAST(:most AS bigint)) a
    JOIN registry.voucher_templates t ON t.asset_id = a.asset_id
    ORDER BY a.next_due_at
    """
)


async def sweep_vouchers(reader: Reader, engine: Engine, *, most: int = ACCOUNTS_MAX) -> SweepCount:
    """Posts what is due in at most so many accounts; see `sweep`."""
    return await sweep(reader, engine, _DUE, _expire_vouchers, most=most)


def _expire_vouchers(actor: Actor, row: Record) -> ExpireVouchers:
    return ExpireVouchers(
        actor=actor,
        key=None,
        member_id=row["holder_id"],
        asset_id=row["asset_id"],
        template_id=row["template_id"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSweepCount:
    """How many vouchers of packs were due, and how many of them were given."""

    due: int
    given: int


_PACKS_DUE = SqlQuery(
    """
    SELECT programme_id, member_id, id, template FROM {book}.tier_packs
    WHERE state = 'DUE' AND next_try_at <= (SELECT now FROM {now} instant)
    ORDER BY next_try_at, id LIMIT CAST(:most AS bigint)
    """
)


async def sweep_packs(reader: Reader, engine: Engine, *, most: int = PACKS_MAX) -> PackSweepCount:
    """Tries to give at most so many vouchers that promotions left due, longest waiting first; raises a refusal of
    the engine itself (OVERLOADED, UNAVAILABLE): the next round tries again.
    """
    rows = await reader.rows(_PACKS_DUE, {"most": most})
    commands = [
        GivePack(
            actor=sweep_actor(row["programme_id"]),
            key=None,
            member_id=row["member_id"],
            pack_id=row["id"],
            template=row["template"],
        )
        for row in rows
    ]
    outcomes = await engine.execute_list(commands)
    settled = [outcome.unwrap() for outcome in outcomes]
    return PackSweepCount(due=len(rows), given=sum(each.state == PackState.GIVEN for each in settled))
