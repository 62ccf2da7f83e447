"""The sweep of tiers: what time alone brings where nobody touches a member.

It is safe twice and in two processes: whoever comes second finds nothing due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from ledger.engine.command import command_class
from ledger.engine.due import sweep_actor
from ledger.engine.engine import Engine
from ledger.engine.reader import Reader
from ledger.engine.reply import reply
from ledger.engine.sql_query import SqlQuery
from ledger.engine.state import State
from ledger.members.membership import programme_of
from ledger.tiers.command import TierCommand
from ledger.tiers.held_levels import settle_tiers, standings_of

MEMBERS_MAX: Final = 500
"""Members of one batch: few enough that a member's own command behind them hardly waits."""


@reply
class TiersSettled:
    """How often the member's standings changed; 0 where another had been there before."""

    versions: int


@command_class
class SettleTiers(TierCommand[TiersSettled]):
    """Lets everything happen to one member that time alone has brought. It repeats harmlessly, so it takes no key."""

    kind: ClassVar[str] = "settle_tiers"
    reply: ClassVar[type] = TiersSettled

    def fields(self) -> Mapping[str, object]:
        """The member."""
        return {"memberId": self.member_id}

    def decide(self, state: State, now: datetime) -> TiersSettled:
        """Refused with MEMBER_NOT_FOUND. Neither freezing nor leaving stops a fall: what is due would wait for ever."""
        programme = programme_of(state, self.find_member(state))
        before = sum(standing.version for standing in standings_of(state, programme, self.member_id))
        settle_tiers(state, programme, self.member_id, now)
        after = sum(standing.version for standing in standings_of(state, programme, self.member_id))
        return TiersSettled(versions=after - before)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSweepCount:
    """How many members were due, and how often their standings changed."""

    due: int
    changed: int


# What fell due on a member's accounts by the same midnight is posted first (semantics 6.8).
_DUE = SqlQuery(
    """
    SELECT s.programme_id, s.member_id
    FROM {book}.tier_standings s
    WHERE s.next_due_at <= (SELECT now FROM {now} instant) AND s.next_due_at < '9999-12-31 00:00+00'
      AND NOT EXISTS (SELECT FROM {book}.accounts a WHERE a.holder_id = s.member_id AND a.role IN ('wallet', 'voucher')
                      AND a.next_due_at <= s.next_due_at)
    ORDER BY s.next_due_at LIMIT CAST(:most AS bigint)
    """
)


async def sweep_tiers(reader: Reader, engine: Engine, *, most: int = MEMBERS_MAX) -> TierSweepCount:
    """Settles what is due on at most so many standings, longest overdue first. Raises a refusal of the engine itself
    (OVERLOADED, UNAVAILABLE): the next round tries again.
    """
    rows = await reader.rows(_DUE, {"most": most})
    members = dict.fromkeys((row["programme_id"], row["member_id"]) for row in rows)
    commands = [SettleTiers(actor=sweep_actor(programme), key=None, member_id=member) for programme, member in members]
    outcomes = await engine.execute_list(commands)
    return TierSweepCount(due=len(rows), changed=sum(outcome.unwrap().versions for outcome in outcomes))
