"""The ledger's enums of activities and campaigns as GraphQL ones; whoever needs them in the schema imports them here."""

from graphql_api.schema.descriptions import enum_type
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import ActionKind, CapMode, Period
from ledger.campaigns.receipt import ActivityState, Reason

__all__ = ["ActionKind", "ActivityState", "CampaignState", "CapMode", "Period", "Reason"]

enum_type(
    ActivityState,
    "ActivityState",
    "What became of a reported activity.",
    {
        "ACCEPTED": "Campaigns looked at it, or none was there to look.",
        "TOO_LATE": "It came too late for every campaign that would have looked at it, and is recorded only.",
    },
)
enum_type(
    Reason,
    "SkipReason",
    "Why a campaign, or one of its rules, awarded nothing; in the order in which they are looked at.",
    {
        "TOO_LATE": "The activity came later than the campaign accepts, or lies in a closed period.",
        "PAUSED": "The campaign was paused, when the activity occurred or when it was reported.",
        "NO_PHASE": "No phase of the campaign held on the local day.",
        "OTHER_CHANNEL": "The campaign holds on other channels.",
        "OTHER_BRANCH": "The campaign holds at other branches.",
        "OTHER_SEGMENT": "The member is not on the campaign's list, or not in its segment.",
        "GROUP_AWARDED": "Another campaign of the group awarded.",
        "OTHER_ACTIVITY": "No rule of the phase is for activities of this type.",
        "OTHER_VARIANT": "The rule is for another arm of the test.",
        "CONDITION_FALSE": "The rule's condition is false.",
        "CONDITION_FAILED": "The rule's condition has no value, such as after a division by zero.",
        "STREAK_INCOMPLETE": "The streak is not complete, or was awarded already.",
        "COMBINATION_INCOMPLETE": "The combination is not complete, or was awarded already.",
        "ROUNDED_TO_NOTHING": "The award came to less than one point.",
        "CAPPED": "A cap left nothing of it.",
        "BUDGET_FROZEN": "The budget is frozen.",
        "BUDGET_EXHAUSTED": "The budget does not cover the whole award.",
        "TEMPLATE_NOT_FOUND": "There is no such template of vouchers.",
        "EXPIRY_INVALID": "The template's validity is over.",
        "TEMPLATE_NOT_LIVE": "The template is not live.",
        "NOT_ELIGIBLE": "The voucher is for members of other tiers or segments.",
        "OUT_OF_STOCK": "No voucher of the template is left.",
        "LIMIT_REACHED": "The member has had as many as the template allows.",
        "BALANCE_LIMIT_EXCEEDED": "The member's balance would exceed 10^15.",
        "NOT_CREDITED": "The ladder takes no such credit: it counts snapshots, the activity is too late for it, or it is full.",
    },
)
enum_type(
    CampaignState,
    "CampaignState",
    "What a campaign is doing.",
    {
        "DRAFT": "It is being written.",
        "REVIEWED": "It was put forward and waits for somebody else's approval.",
        "APPROVED": "A version was approved; it can be started.",
        "RUNNING": "It awards.",
        "PAUSED": "It awards nothing, and its budgets are frozen.",
        "ENDED": "It is over for good.",
    },
)
enum_type(
    Period,
    "CapPeriod",
    "A local period of the programme's time zone.",
    {
        "DAY": "A local day.",
        "WEEK": "A local week, from Monday.",
        "MONTH": "A local month.",
        "QUARTER": "A local quarter of the calendar year.",
        "YEAR": "A local calendar year.",
        "TOTAL": "All the time.",
    },
)
enum_type(
    CapMode,
    "CapMode",
    "What happens to an award above the cap.",
    {"TRUNCATE": "It is cut to what the cap leaves.", "REFUSE": "It is not made."},
)
enum_type(
    ActionKind,
    "ActionKind",
    "What a rule does.",
    {
        "POINTS": "It awards points.",
        "VOUCHER": "It awards a voucher.",
        "DONATION": "It donates from the campaign's budget; the member gets nothing.",
        "PROGRESS": "It moves one of the campaign's counters of the member.",
        "TIER_CREDIT": "It counts on a ladder of tiers.",
    },
)
