"""The ledger's states of members, merchants and holds as GraphQL enums; whoever needs them in the schema imports them here."""

from graphql_api.schema.descriptions import enum_type
from ledger.book.account import AccountState as MemberState
from ledger.book.hold import HoldState
from ledger.partners.rows import MerchantState

__all__ = ["HoldState", "MemberState", "MerchantState"]

enum_type(
    MemberState,
    "MemberState",
    "What a member may do.",
    {
        "OPEN": "Everything.",
        "FROZEN": "Nothing that it would start itself; what it has still expires, and older holds go on.",
        "CLOSED": "Nothing more: the membership has ended.",
    },
)
enum_type(
    MerchantState,
    "MerchantState",
    "What a merchant, or one of its tills, may do.",
    {"OPEN": "Everything.", "CLOSED": "Nothing more; what it did stays."},
)
enum_type(
    HoldState,
    "HoldState",
    "What became of a hold.",
    {
        "OPEN": "It stands until its deadline.",
        "CAPTURED": "Points of it were taken.",
        "RELEASED": "It was given back.",
        "LAPSED": "Its deadline came first.",
    },
)
