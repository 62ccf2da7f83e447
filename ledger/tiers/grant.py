"""Grant: staff give a member a level by hand, with a reason and a last day; a second person decides (semantics 9.1)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.control.approval import Payload, request_approval
from ledger.control.waiting import MayWait
from ledger.engine.command import command_class
from ledger.engine.reply import reply
from ledger.engine.state import State
from ledger.programme.calendar import add_months, local_date
from ledger.programme.rows import Programme
from ledger.tiers.command import TierCommand
from ledger.tiers.evaluation import grant
from ledger.tiers.held_levels import open_standing, settle_tiers
from ledger.tiers.ladder import version_at
from ledger.tiers.ladder_text import parse_body
from ledger.tiers.move import move, terms_of
from ledger.tiers.rows import GRANTS, LADDER_VERSIONS, LADDERS, Grant, Ladder, Standing

MONTHS_MAX: Final = 120
REASON_CODE_LENGTH_MAX: Final = 64


@reply
class TierGranted:
    """What was asked for; `level` and `since` are what the member holds now.

    approval_id: of the request that waits, or of the one that ran
    """

    member_id: UUID
    ladder: str
    granted: str
    until_on: date
    level: str
    since: datetime
    approval_id: UUID


@command_class
class GrantTier(MayWait, TierCommand[TierGranted]):
    """Lets a member hold `level` through the local day `until_on`, whatever it earns; an earlier grant ends. Nothing is
    changed before somebody else agrees. Granting the first level through today ends a grant.

    reason:      free text, kept sealed
    approval_id: set only by the approval that runs the grant
    """

    kind: ClassVar[str] = "tier_grant"
    reply: ClassVar[type] = TierGranted

    ladder: str
    level: str
    until_on: date
    reason_code: str
    reason: str | None = None
    approval_id: UUID | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "ladder": self.ladder,
            "level": self.level,
            "untilOn": self.until_on,
            "reasonCode": self.reason_code,
            "reason": self.reason,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the reason's code is none."""
        if not 1 <= len(self.reason_code) <= REASON_CODE_LENGTH_MAX or not self.reason_code.isprintable():
            refuse_input("reasonCode")

    def decide(self, state: State, now: datetime) -> TierGranted:
        """Refused with INVALID_INPUT where the ladder has no such level, MEMBER_NOT_FOUND, TIER_LADDER_NOT_FOUND,
        MEMBER_CLOSED, EXPIRY_INVALID where the last day is over or more than ten years away.
        """
        ladder = self._require_ladder(state, now)
        programme = self.require_member(state)
        today = local_date(now, programme.time_zone)
        if not today <= self.until_on <= add_months(today, MONTHS_MAX):
            raise Refusal(RefusalCode.EXPIRY_INVALID)
        settle_tiers(state, programme, self.member_id, now)
        standing = open_standing(state, programme, self.member_id, ladder, now)
        if self.approval_id is None:
            return self._told(standing, self._ask(state, now))
        return self._told(self._grant(state, programme, standing, self.approval_id, now), self.approval_id)

    def _require_ladder(self, state: State, now: datetime) -> Ladder:
        """INVALID_INPUT where it has no such level, MEMBER_NOT_FOUND, TIER_LADDER_NOT_FOUND."""
        for ladder in state.rows(LADDERS, self.actor.programme_id):
            if ladder.code == self.ladder:
                body = parse_body(version_at(state.rows(LADDER_VERSIONS, ladder.id), now).body)
                if all(level.code != self.level for level in body.levels):
                    refuse_input("level")
                return ladder
        self.find_member(state)
        raise Refusal(RefusalCode.TIER_LADDER_NOT_FOUND)

    def _ask(self, state: State, now: datetime) -> UUID:
        payload: Payload = {
            "memberId": str(self.member_id),
            "ladder": self.ladder,
            "level": self.level,
            "untilOn": self.until_on.isoformat(),
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }
        return request_approval(state, actor=self.actor, kind=self.kind, payload=payload, now=now, reason=self.reason)

    def _grant(
        self, state: State, programme: Programme, standing: Standing, approval_id: UUID, now: datetime
    ) -> Standing:
        terms = terms_of(state, programme, standing.ladder_id, now)
        after = move(state, terms, grant(standing, terms, self.level, self.until_on, now), self.actor, now)
        row = Grant(
            id=state.ids.new(),
            programme_id=programme.id,
            member_id=self.member_id,
            standing_id=standing.id,
            version=after.version,
            level=self.level,
            until_on=self.until_on,
            reason_code=self.reason_code,
            approval_id=approval_id,
            granted_at=now,
        )
        state.append(GRANTS, [row])
        told = {
            "ladder": self.ladder,
            "level": self.level,
            "until_on": self.until_on.isoformat(),
            "reason_code": self.reason_code,
        }
        state.emit(self.new_event(state, now, subject_id=self.member_id, stream=(row.id, 1), facts=told))
        return after

    def _told(self, standing: Standing, approval_id: UUID) -> TierGranted:
        return TierGranted(
            member_id=self.member_id,
            ladder=self.ladder,
            granted=self.level,
            until_on=self.until_on,
            level=standing.level,
            since=standing.since,
            approval_id=approval_id,
        )
