"""What a report of an activity answers: every award, and why the other campaigns awarded nothing."""

from datetime import datetime
from enum import StrEnum
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
    ROUNDED_TO_NOTHING = "ROUNDED_TO_NOTHING"
    CAPPED = "CAPPED"
    BUDGET_FROZEN = "BUDGET_FROZEN"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    BALANCE_LIMIT_EXCEEDED = "BALANCE_LIMIT_EXCEEDED"


@reply
class AwardLine:
    """What one campaign gave: `amount` units of the asset; below zero: what a refund took back."""

    award_id: UUID
    campaign_id: UUID
    version_id: UUID
    rule: str
    asset_id: UUID
    amount: int


@reply
class SkippedLine:
    """Why a campaign awarded nothing; `rule` where one of its rules was looked at, then with its phase and the member's
    variant.
    """

    campaign: str
    version_id: UUID
    rule: str | None
    reason: str
    phase: str | None = None
    variant: str | None = None


@reply
class ActivityReceipt:
    """What was recorded and what came of it; `entry_id` None where nothing was posted."""

    activity_id: UUID
    entry_id: UUID | None
    member_id: UUID
    state: str
    received_at: datetime
    awards: tuple[AwardLine, ...] = ()
    skipped: tuple[SkippedLine, ...] = ()
