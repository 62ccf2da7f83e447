"""The ledger's enums of vouchers as GraphQL ones; whoever needs them in the schema imports them from here."""

from graphql_api.schema.descriptions import enum_type
from ledger.vouchers.discount import Exactness
from ledger.vouchers.template import TemplateState
from ledger.vouchers.template_body import BenefitKind, Kind, StackMode, Stock
from ledger.vouchers.voucher import VoucherState

__all__ = ["BenefitKind", "Exactness", "Kind", "StackMode", "Stock", "TemplateState", "VoucherState"]

enum_type(
    Kind,
    "VoucherKind",
    "What a voucher gives.",
    {
        "FIXED_DISCOUNT": "So much money off the basket.",
        "PERCENTAGE": "A part of the basket off.",
        "SPEND_SAVE": "Spend so much, save so much.",
        "STORED_VALUE": "Money to spend in parts.",
        "EXCHANGE": "Goods or a service.",
        "BENEFIT": "A better rate or a lower fee of a product of the bank.",
        "MULTIPLIER": "More points for what is bought.",
    },
)
enum_type(
    BenefitKind,
    "BenefitKind",
    "What a benefit changes.",
    {"RATE": "The product's rate is so much better.", "FEE": "The product's fee is so much lower."},
)
enum_type(
    Stock,
    "VoucherStock",
    "Where vouchers come from.",
    {
        "UNLIMITED": "They are made as needed.",
        "LIMITED": "From a stock that is topped up.",
        "IMPORTED": "From a partner's own codes, in the order of their import.",
    },
)
enum_type(
    TemplateState,
    "VoucherTemplateState",
    "Whether vouchers are issued from a template.",
    {
        "DRAFT": "Not yet.",
        "LIVE": "They are.",
        "STOPPED": "No more; those that were issued stay good.",
    },
)
enum_type(
    StackMode,
    "StackMode",
    "What a voucher may be combined with on one basket.",
    {
        "EXCLUSIVE": "With none.",
        "PER_CATEGORY": "With one voucher of each other category.",
        "ALL": "With every other that stacks.",
    },
)
enum_type(
    Exactness,
    "Exactness",
    "How stored value is taken.",
    {"STRICT": "What is asked for or nothing.", "UP_TO": "As much of what is asked for as there is."},
)
enum_type(
    VoucherState,
    "VoucherState",
    "What a voucher is at an instant.",
    {
        "ISSUED": "Nothing of it was used.",
        "PART_USED": "Something of it was used, and something is left.",
        "LOCKED": "A merchant keeps it for itself while its till takes the payment.",
        "REDEEMED": "All of it was used.",
        "EXPIRED": "Its validity is over.",
        "VOIDED": "The bank took it back for good.",
        "GIFTED": "It was given to another member, who has a voucher of its own.",
    },
)
