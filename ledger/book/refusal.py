"""Refusals: every coded "no", in one table from which the enum, the docs page and the GraphQL types come.

The order of `REFUSALS` is the order of precedence (semantics 3.2, 3.4): where several codes would fit the same
input and state, the one that stands first is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn


class Retry(StrEnum):
    """What the caller may do after a refusal."""

    NEVER = "NEVER"
    SAME_KEY = "SAME_KEY"
    NEW_KEY = "NEW_KEY"


class RefusalCode(StrEnum):
    """The closed list of codes; precedence is the order of `REFUSALS`."""

    INVALID_INPUT = "INVALID_INPUT"
    LIST_TOO_LONG = "LIST_TOO_LONG"
    FORBIDDEN = "FORBIDDEN"
    THROTTLED = "THROTTLED"
    OVERLOADED = "OVERLOADED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UNAVAILABLE = "UNAVAILABLE"
    CONTENDED = "CONTENDED"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    REFERENCE_TAKEN = "REFERENCE_TAKEN"
    GROUP_FAILED = "GROUP_FAILED"
    APPROVAL_NOT_FOUND = "APPROVAL_NOT_FOUND"
    APPROVAL_DECIDED = "APPROVAL_DECIDED"
    APPROVAL_EXPIRED = "APPROVAL_EXPIRED"
    APPROVAL_OWN = "APPROVAL_OWN"
    PROGRAMME_NOT_FOUND = "PROGRAMME_NOT_FOUND"
    PARTNER_NOT_FOUND = "PARTNER_NOT_FOUND"
    API_KEY_NOT_FOUND = "API_KEY_NOT_FOUND"
    MEMBER_NOT_FOUND = "MEMBER_NOT_FOUND"
    MERCHANT_NOT_FOUND = "MERCHANT_NOT_FOUND"
    TERMINAL_NOT_FOUND = "TERMINAL_NOT_FOUND"
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    ENTRY_NOT_FOUND = "ENTRY_NOT_FOUND"
    HOLD_NOT_FOUND = "HOLD_NOT_FOUND"
    LOT_NOT_FOUND = "LOT_NOT_FOUND"
    TEMPLATE_NOT_FOUND = "TEMPLATE_NOT_FOUND"
    ACTIVITY_TYPE_NOT_FOUND = "ACTIVITY_TYPE_NOT_FOUND"
    ACTIVITY_NOT_FOUND = "ACTIVITY_NOT_FOUND"
    CAMPAIGN_NOT_FOUND = "CAMPAIGN_NOT_FOUND"
    TIER_LADDER_NOT_FOUND = "TIER_LADDER_NOT_FOUND"
    VOUCHER_NOT_FOUND = "VOUCHER_NOT_FOUND"
    REDEMPTION_NOT_FOUND = "REDEMPTION_NOT_FOUND"
    PAYMENT_CODE_INVALID = "PAYMENT_CODE_INVALID"
    CODE_TAKEN = "CODE_TAKEN"
    EXTERNAL_ID_TAKEN = "EXTERNAL_ID_TAKEN"
    MEMBER_CLOSED = "MEMBER_CLOSED"
    MEMBER_FROZEN = "MEMBER_FROZEN"
    MEMBER_NOT_FROZEN = "MEMBER_NOT_FROZEN"
    MEMBER_NOT_EMPTY = "MEMBER_NOT_EMPTY"
    MEMBER_NOT_CLOSED = "MEMBER_NOT_CLOSED"
    MERCHANT_CLOSED = "MERCHANT_CLOSED"
    TERMINAL_CLOSED = "TERMINAL_CLOSED"
    ACTIVITY_IN_FUTURE = "ACTIVITY_IN_FUTURE"
    EFFECTIVE_IN_FUTURE = "EFFECTIVE_IN_FUTURE"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    PERIOD_NOT_SETTLED = "PERIOD_NOT_SETTLED"
    WALLET_NOT_NEW = "WALLET_NOT_NEW"
    EXPIRY_INVALID = "EXPIRY_INVALID"
    OPENING_DIFFERS = "OPENING_DIFFERS"
    HOLD_CAPTURED = "HOLD_CAPTURED"
    HOLD_RELEASED = "HOLD_RELEASED"
    HOLD_LAPSED = "HOLD_LAPSED"
    CAPTURE_EXCEEDS_HOLD = "CAPTURE_EXCEEDS_HOLD"
    NOT_PENDING = "NOT_PENDING"
    NOT_REVERSIBLE = "NOT_REVERSIBLE"
    REVERSAL_WINDOW_CLOSED = "REVERSAL_WINDOW_CLOSED"
    ALREADY_REVERSED = "ALREADY_REVERSED"
    REVERSAL_EXCEEDS_ORIGINAL = "REVERSAL_EXCEEDS_ORIGINAL"
    NOT_REFUNDABLE = "NOT_REFUNDABLE"
    REFUND_EXCEEDS_SALE = "REFUND_EXCEEDS_SALE"
    TRANSFER_NOT_ALLOWED = "TRANSFER_NOT_ALLOWED"
    TRANSFER_TO_SELF = "TRANSFER_TO_SELF"
    TRANSFER_LIMIT_EXCEEDED = "TRANSFER_LIMIT_EXCEEDED"
    TEMPLATE_LIVE = "TEMPLATE_LIVE"
    TEMPLATE_NOT_LIVE = "TEMPLATE_NOT_LIVE"
    CAMPAIGN_STATE = "CAMPAIGN_STATE"
    NOT_CLAIMABLE = "NOT_CLAIMABLE"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    OUT_OF_STOCK = "OUT_OF_STOCK"
    VOUCHER_VOIDED = "VOUCHER_VOIDED"
    VOUCHER_REDEEMED = "VOUCHER_REDEEMED"
    VOUCHER_LOCKED = "VOUCHER_LOCKED"
    VOUCHER_EXPIRED = "VOUCHER_EXPIRED"
    VOUCHER_NOT_YET_VALID = "VOUCHER_NOT_YET_VALID"
    DYNAMIC_CODE_REQUIRED = "DYNAMIC_CODE_REQUIRED"
    LOCK_TOKEN_REQUIRED = "LOCK_TOKEN_REQUIRED"  # noqa: S105 - a code, no secret
    LOCK_EXPIRED = "LOCK_EXPIRED"
    SCENE_NOT_ACCEPTED = "SCENE_NOT_ACCEPTED"
    NOT_STACKABLE = "NOT_STACKABLE"
    GIFT_NOT_ALLOWED = "GIFT_NOT_ALLOWED"
    GIFT_TO_SELF = "GIFT_TO_SELF"
    LIMIT_REACHED = "LIMIT_REACHED"
    MINIMUM_SPEND = "MINIMUM_SPEND"
    INSUFFICIENT_VALUE = "INSUFFICIENT_VALUE"
    NOTHING_TO_REDEEM = "NOTHING_TO_REDEEM"
    RATE_NOT_FOUND = "RATE_NOT_FOUND"
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"
    AMOUNT_TOO_LARGE = "AMOUNT_TOO_LARGE"
    POINTS_OWED = "POINTS_OWED"
    INSUFFICIENT_POINTS = "INSUFFICIENT_POINTS"
    BALANCE_LIMIT_EXCEEDED = "BALANCE_LIMIT_EXCEEDED"


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """One line of the table: what the code means, what the caller may do, and which facts come with it."""

    code: RefusalCode
    retry: Retry
    message: str
    facts: tuple[str, ...] = ()
    frozen: bool = True


_C = RefusalCode
_NEVER, _SAME, _NEW = Retry.NEVER, Retry.SAME_KEY, Retry.NEW_KEY

_RULES = (
    RefusalRule(
        _C.INVALID_INPUT,
        _NEVER,
        "A field of the input is malformed.",
        ("field", "line", "column", "detail"),
        frozen=False,
    ),
    RefusalRule(_C.LIST_TOO_LONG, _NEVER, "A list holds at most 1,000 items.", ("limit",), frozen=False),
    RefusalRule(_C.FORBIDDEN, _NEVER, "The caller may not do this.", frozen=False),
    RefusalRule(_C.THROTTLED, _SAME, "Too many attempts; wait and try again.", ("retry_after_seconds",), frozen=False),
    RefusalRule(_C.OVERLOADED, _SAME, "The queue is full; try again shortly.", ("retry_after_seconds",), frozen=False),
    RefusalRule(_C.DEADLINE_EXCEEDED, _SAME, "The request's deadline passed before it was decided.", frozen=False),
    RefusalRule(
        _C.UNAVAILABLE,
        _SAME,
        "The database did not answer; the outcome is unknown until asked by key.",
        ("retry_after_seconds",),
        frozen=False,
    ),
    RefusalRule(_C.CONTENDED, _SAME, "Others kept changing what the command needs; try again.", frozen=False),
    RefusalRule(
        _C.IDEMPOTENCY_CONFLICT,
        _NEVER,
        "The idempotency key was used with other fields.",
        ("fields",),
        frozen=False,
    ),
    RefusalRule(
        _C.REFERENCE_TAKEN,
        _NEVER,
        "The reference belongs to an earlier entry, or to a request that waits for approval.",
        ("entry_id", "approval_id"),
    ),
    RefusalRule(_C.GROUP_FAILED, _NEW, "Another item of the atomic list was refused.", ("failed_index",)),
    RefusalRule(_C.APPROVAL_NOT_FOUND, _NEW, "There is no such approval."),
    RefusalRule(_C.APPROVAL_DECIDED, _NEVER, "The approval has been decided."),
    RefusalRule(_C.APPROVAL_EXPIRED, _NEVER, "The approval's time is over."),
    RefusalRule(_C.APPROVAL_OWN, _NEVER, "Nobody approves their own request, nor one request twice."),
    RefusalRule(_C.PROGRAMME_NOT_FOUND, _NEW, "There is no such programme."),
    RefusalRule(_C.PARTNER_NOT_FOUND, _NEW, "There is no such partner."),
    RefusalRule(_C.API_KEY_NOT_FOUND, _NEW, "There is no such API key, or it has been revoked."),
    RefusalRule(_C.MEMBER_NOT_FOUND, _NEW, "There is no such member."),
    RefusalRule(_C.MERCHANT_NOT_FOUND, _NEW, "There is no such merchant."),
    RefusalRule(_C.TERMINAL_NOT_FOUND, _NEW, "The merchant has no such terminal."),
    RefusalRule(_C.ASSET_NOT_FOUND, _NEW, "There is no such asset in the programme."),
    RefusalRule(_C.ENTRY_NOT_FOUND, _NEW, "There is no such entry."),
    RefusalRule(_C.HOLD_NOT_FOUND, _NEW, "There is no such hold."),
    RefusalRule(_C.LOT_NOT_FOUND, _NEW, "There is no such lot."),
    RefusalRule(_C.TEMPLATE_NOT_FOUND, _NEW, "There is no such voucher template."),
    RefusalRule(_C.ACTIVITY_TYPE_NOT_FOUND, _SAME, "There is no such type of activity in the programme.", frozen=False),
    RefusalRule(_C.ACTIVITY_NOT_FOUND, _SAME, "The activity to refund has not been reported.", frozen=False),
    RefusalRule(_C.CAMPAIGN_NOT_FOUND, _NEW, "There is no such campaign, or it has no such budget."),
    RefusalRule(_C.TIER_LADDER_NOT_FOUND, _NEW, "There is no such ladder of tiers."),
    RefusalRule(_C.VOUCHER_NOT_FOUND, _NEW, "There is no such voucher, or it is not accepted here.", ("failed_index",)),
    RefusalRule(_C.REDEMPTION_NOT_FOUND, _NEW, "There is no such redemption."),
    RefusalRule(_C.PAYMENT_CODE_INVALID, _NEW, "The payment code is unknown, used or older than its time to live."),
    RefusalRule(_C.CODE_TAKEN, _NEVER, "The code belongs to another one of its kind."),
    RefusalRule(_C.EXTERNAL_ID_TAKEN, _NEVER, "The external id belongs to another member.", ("member_id",)),
    RefusalRule(_C.MEMBER_CLOSED, _NEVER, "The member is closed."),
    RefusalRule(_C.MEMBER_FROZEN, _NEW, "The member is frozen."),
    RefusalRule(_C.MEMBER_NOT_FROZEN, _NEW, "The member is not frozen."),
    RefusalRule(_C.MEMBER_NOT_EMPTY, _NEW, "The member still has points, vouchers, holds, locks or a debt."),
    RefusalRule(_C.MEMBER_NOT_CLOSED, _NEW, "The member is not closed; close it first."),
    RefusalRule(_C.MERCHANT_CLOSED, _NEW, "The merchant is closed."),
    RefusalRule(_C.TERMINAL_CLOSED, _NEW, "The terminal is closed."),
    RefusalRule(_C.ACTIVITY_IN_FUTURE, _SAME, "The activity has not occurred yet.", frozen=False),
    RefusalRule(_C.EFFECTIVE_IN_FUTURE, _NEW, "The effective time lies in the future."),
    RefusalRule(_C.PERIOD_CLOSED, _NEW, "The effective time lies in a closed period.", ("open_from",)),
    RefusalRule(
        _C.PERIOD_NOT_SETTLED, _NEW, "Something that fell due in the period has not been posted.", ("wallets",)
    ),
    RefusalRule(_C.WALLET_NOT_NEW, _NEVER, "An opening balance comes first, and the wallet has entries."),
    RefusalRule(
        _C.EXPIRY_INVALID, _NEW, "The day of activation or of the end is past, too far ahead or unfit for the asset."
    ),
    RefusalRule(_C.OPENING_DIFFERS, _NEW, "The lots do not add up to the stated total.", ("stated", "lots")),
    RefusalRule(_C.HOLD_CAPTURED, _NEVER, "The hold has been captured."),
    RefusalRule(_C.HOLD_RELEASED, _NEVER, "The hold has been released."),
    RefusalRule(_C.HOLD_LAPSED, _NEVER, "The hold's deadline has passed.", ("deadline",)),
    RefusalRule(_C.CAPTURE_EXCEEDS_HOLD, _NEW, "More would be captured than is held.", ("held",)),
    RefusalRule(_C.NOT_PENDING, _NEVER, "The points are no longer pending."),
    RefusalRule(_C.NOT_REVERSIBLE, _NEVER, "It is not reversed so: reverse the redemption, or post the opposite."),
    RefusalRule(_C.REVERSAL_WINDOW_CLOSED, _NEVER, "The time to reverse the entry is over.", ("reversible_until",)),
    RefusalRule(_C.ALREADY_REVERSED, _NEVER, "The entry has been reversed in full."),
    RefusalRule(_C.REVERSAL_EXCEEDS_ORIGINAL, _NEW, "More would be reversed than is left.", ("reversible",)),
    RefusalRule(
        _C.NOT_REFUNDABLE, _NEVER, "It has no amount by which a refund could be measured, or is a refund itself."
    ),
    RefusalRule(_C.REFUND_EXCEEDS_SALE, _NEW, "The refunds would exceed the sale.", ("refundable_minor",)),
    RefusalRule(_C.TRANSFER_NOT_ALLOWED, _NEW, "The asset does not allow transfers."),
    RefusalRule(_C.TRANSFER_TO_SELF, _NEW, "Source and destination are the same member."),
    RefusalRule(_C.TRANSFER_LIMIT_EXCEEDED, _NEW, "The limit per day or month is reached.", ("left", "period")),
    RefusalRule(_C.TEMPLATE_LIVE, _NEVER, "The template is live already."),
    RefusalRule(_C.TEMPLATE_NOT_LIVE, _NEW, "The template is not live."),
    RefusalRule(_C.CAMPAIGN_STATE, _NEW, "The campaign is in another state than the step needs.", ("state",)),
    RefusalRule(_C.NOT_CLAIMABLE, _NEW, "Members cannot claim this voucher themselves."),
    RefusalRule(_C.NOT_ELIGIBLE, _NEW, "The member lacks the tier or segment that the voucher requires."),
    RefusalRule(_C.OUT_OF_STOCK, _NEW, "Nothing is left in stock."),
    RefusalRule(_C.VOUCHER_VOIDED, _NEVER, "The voucher was voided or given away.", ("failed_index",)),
    RefusalRule(_C.VOUCHER_REDEEMED, _NEVER, "The voucher has been redeemed.", ("redeemed_at", "failed_index")),
    RefusalRule(
        _C.VOUCHER_LOCKED,
        _SAME,
        "Another lock on the voucher stands.",
        ("retry_after_seconds", "failed_index"),
        frozen=False,
    ),
    RefusalRule(_C.VOUCHER_EXPIRED, _NEVER, "The voucher's validity is over.", ("expired_at", "failed_index")),
    RefusalRule(
        _C.VOUCHER_NOT_YET_VALID, _NEW, "The voucher's validity has not begun.", ("valid_from", "failed_index")
    ),
    RefusalRule(
        _C.DYNAMIC_CODE_REQUIRED, _NEW, "The voucher needs the code that the app shows now.", ("failed_index",)
    ),
    RefusalRule(
        _C.LOCK_TOKEN_REQUIRED, _NEW, "The voucher is locked here; its lock's token is needed.", ("failed_index",)
    ),
    RefusalRule(_C.LOCK_EXPIRED, _NEW, "The lock's time is over, or it was released.", ("failed_index",)),
    RefusalRule(_C.SCENE_NOT_ACCEPTED, _NEW, "The voucher is not accepted in this scene.", ("failed_index",)),
    RefusalRule(_C.NOT_STACKABLE, _NEW, "The vouchers cannot be combined on one basket."),
    RefusalRule(_C.GIFT_NOT_ALLOWED, _NEVER, "The voucher cannot be given away."),
    RefusalRule(_C.GIFT_TO_SELF, _NEW, "Giver and receiver are the same member."),
    RefusalRule(
        _C.LIMIT_REACHED, _NEW, "The member's limit for this voucher is reached.", ("limit", "period", "failed_index")
    ),
    RefusalRule(_C.MINIMUM_SPEND, _NEW, "The basket is below the minimum spend.", ("minimum_minor", "failed_index")),
    RefusalRule(
        _C.INSUFFICIENT_VALUE, _NEW, "Less value is left on the voucher.", ("value_left_minor", "failed_index")
    ),
    RefusalRule(_C.NOTHING_TO_REDEEM, _NEW, "The voucher gives nothing on this basket.", ("failed_index",)),
    RefusalRule(_C.RATE_NOT_FOUND, _NEW, "No rate to money is in force."),
    RefusalRule(_C.AMOUNT_TOO_SMALL, _NEW, "The amount comes to nothing after rounding down."),
    RefusalRule(_C.AMOUNT_TOO_LARGE, _NEW, "More than the basket, the payment code or a limit allows.", ("limit",)),
    RefusalRule(_C.POINTS_OWED, _NEW, "Nothing can be spent while points are owed.", ("owed",)),
    RefusalRule(_C.INSUFFICIENT_POINTS, _NEW, "Fewer points are available.", ("available",)),
    RefusalRule(_C.BALANCE_LIMIT_EXCEEDED, _NEW, "The balance would exceed 10^15."),
)

REFUSALS: Mapping[RefusalCode, RefusalRule] = {rule.code: rule for rule in _RULES}

Fact = str | int | tuple[str, ...]
Facts = Mapping[str, Fact]


class Refusal(Exception):
    """A coded "no". `facts` are JSON-safe and nothing personal; their names are those of the code's rule."""

    def __init__(self, code: RefusalCode, **facts: Fact) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts: Facts = facts

    @property
    def rule(self) -> RefusalRule:
        """The line of the table that this refusal is an instance of."""
        return REFUSALS[self.code]


def refuse_input(field: str, **fault: Fact) -> NoReturn:
    """INVALID_INPUT naming the field as the caller knows it; of an expression its `line`, `column` and `detail` too."""
    raise Refusal(RefusalCode.INVALID_INPUT, field=field, **fault)


def is_frozen(code: RefusalCode) -> bool:
    """Whether the refusal is kept as the key's outcome for ever (semantics 3.3)."""
    return REFUSALS[code].frozen
