"""What a report of an activity answers: every award, and why the other campaigns awarded nothing."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from ledger.engine.reply import reply


class ActivityState(StrEnum):
    """ACCEPTED, or TOO_LATE for every campaign: recorded only."""

    ACCEPTED = "ACCEPTED"
    TOO_LATE = "TOO_LATE"


class Reason(StrEnum):
    """Why a campaign, or one of its rules, awarded nothing; in the order in which they are looked at."""

    TOO_LATE = "TOO_LATE"
    PAUSED = "PAUSED"
    NO_PHASE = "NO_PHASE"
    OTHER_CHANNEL = "OTHER_CHANNEL"
    OTHER_BRANCH = "OTHER_BRANCH"
    OTHER_SEGMENT = "OTHER_SEGMENT"
    GROUP_AWARDED = "GROUP_AWARDED"
    OTHER_ACTIVITY = "OTHER_ACTIVITY"
    OTHER_VARIANT = "OTHER_VARIANT"
    CONDITION_FALSE = "CONDITION_FALSE"
    CONDITION_FAILED = "CONDITION_FAILED"
    STREAK_INCOMPLETE = "STREAK_INCOMPLETE"
    COMBINATION_INCOMPLETE = "COMBINATION_INCOMPLETE"
    ROUNDED_TO_NOTHING = "ROUNDED_TO_NOTHING"
    CAPPED = "CAPPED"
    BUDGET_FROZEN = "BUDGET_FROZEN"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    TEMPLATE_NOT_FOUND = "TEMPLATE_NOT_FOUND"
    EXPIRY_INVALID = "EXPIRY_INVALID"
    TEMPLATE_NOT_LIVE = "TEMPLATE_NOT_LIVE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    LIMIT_REACHED = "LIMIT_REACHED"
    BALANCE_LIMIT_EXCEEDED = "BALANCE_LIMIT_EXCEEDED"
    NOT_CREDITED = "NOT_CREDITED"


@reply
class AwardLine:
    """What one rule of a campaign did: `amount` units of the asset, or pieces of a voucher; below zero: what a refund
    took back.

    asset_id: of progress and credits of ladders, none
    target:   the counter that moved, the ladder that was credited, or the merchant that a donation went to
    """

    award_id: UUID
    campaign_id: UUID
    version_id: UUID
    rule: str
    asset_id: UUID | None
    amount: int
    kind: str = "POINTS"
    target: str | None = None
    voucher_id: UUID | None = None


class SkippedLine(NamedTuple):
    """Why a campaign, under the version of that number, awarded nothing; `rule` where one of its rules was looked at,
    then with its phase and the member's variant.
    """

    campaign: str
    version: int
    rule: str | None
    reason: str
    phase: str | None = None
    variant: str | None = None


@reply
class Unawarded:
    """What awarded nothing for one reason: of `looks` each is `campaign:version`, or `campaign:version:rule` where a rule
    was looked at. As short as can be, since every campaign leaves its lines with every activity.
    """

    reason: str
    phase: str | None
    variant: str | None
    looks: tuple[str, ...]

    @property
    def lines(self) -> list[SkippedLine]:
        """One for each look."""
        found = []
        for look in self.looks:
            campaign, version, *rule = look.split(":", 2)
            line = SkippedLine(campaign, int(version), rule[0] if rule else None, self.reason, self.phase, self.variant)
            found.append(line)
        return found


@reply
class ActivityReceipt:
    """What was recorded and what came of it; `entry_id` None where nothing was posted."""

    activity_id: UUID
    entry_id: UUID | None
    member_id: UUID
    state: str
    received_at: datetime
    awards: tuple[AwardLine, ...] = ()
    unawarded: tuple[Unawarded, ...] = ()

    @property
    def skipped(self) -> list[SkippedLine]:
        """Why the other campaigns awarded nothing, reason by reason."""
        return [line for each in self.unawarded for line in each.lines]
