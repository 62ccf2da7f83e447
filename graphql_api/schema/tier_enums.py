"""The ledger's enums of tiers as GraphQL ones; whoever needs them in the schema imports them here."""

from graphql_api.schema.descriptions import enum_type
from ledger.tiers.ladder_body import Demotion, MetricKind, PackPeriod, Promotion, WindowKind
from ledger.tiers.rows import Cause, PackState

__all__ = ["Cause", "Demotion", "MetricKind", "PackPeriod", "PackState", "Promotion", "WindowKind"]

enum_type(
    MetricKind,
    "TierMetricKind",
    "What brings a member up a ladder.",
    {
        "POINTS": "The points of an asset that activities are awarded.",
        "AMOUNT": "The amounts of activities, such as spend or deposits.",
        "COUNT": "How many activities there were.",
        "SNAPSHOT": "The value that was reported last, such as assets, a balance or a score worked out elsewhere.",
    },
)
enum_type(
    WindowKind,
    "TierWindowKind",
    "Over which time it is counted, in local days of the programme's zone.",
    {
        "ROLLING": "The last so many days, today included.",
        "MONTH": "The calendar month.",
        "QUARTER": "The calendar quarter.",
        "YEAR": "The calendar year.",
    },
)
enum_type(
    Promotion,
    "TierPromotion",
    "When a member rises.",
    {
        "NOW": "With the activity that reaches the threshold.",
        "AT_PERIOD_END": "When the calendar period ends; with a rolling window, when the day ends.",
    },
)
enum_type(
    Demotion,
    "TierDemotion",
    "How far a member falls who no longer reaches its level.",
    {
        "NONE": "A level that was reached stays.",
        "ONE_STEP": "One level; the next one not before the window has passed once more.",
        "FULL": "To the level that is reached.",
    },
)
enum_type(
    PackPeriod,
    "TierPackPeriod",
    "The calendar period in which a level's pack is given once.",
    {"YEAR": "The year.", "QUARTER": "The quarter.", "MONTH": "The month."},
)
enum_type(
    Cause,
    "TierStepCause",
    "Why a member's level changed.",
    {
        "REACHED": "It reached the level.",
        "FELL": "It no longer reached the level above.",
        "GRANTED": "The level was given by hand.",
        "GRANT_ENDED": "A level that was given by hand ended.",
    },
)
enum_type(
    PackState,
    "TierPackState",
    "What became of a voucher that a promotion brings.",
    {
        "DUE": "It is being given; where `refusal` says why not yet, it is tried again.",
        "GIVEN": "The member has it.",
        "REFUSED": "It could not be given within 30 days, or never can be.",
    },
)
