"""Refusals: every coded "no", in one table from which the enum, the docs page and the GraphQL types come.

The order of `REFUSALS` is the order of precedence (semantics 3.2, 3.4): where several codes would fit the same
input and state, the one that stands first is given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    ENTRY_NOT_FOUND = "ENTRY_NOT_FOUND"
    HOLD_NOT_FOUND = "HOLD_NOT_FOUND"
    LOT_NOT_FOUND = "LOT_NOT_FOUND"
    PAYMENT_CODE_INVALID = "PAYMENT_CODE_INVALID"
    CODE_TAKEN = "CODE_TAKEN"
    EXTERNAL_ID_TAKEN = "EXTERNAL_ID_TAKEN"
    MEMBER_CLOSED = "MEMBER_CLOSED"
    MEMBER_FROZEN = "MEMBER_FROZEN"
    MEMBER_NOT_FROZEN = "MEMBER_NOT_FROZEN"
    MEMBER_NOT_EMPTY = "MEMBER_NOT_EMPTY"
    MERCHANT_CLOSED = "MERCHANT_CLOSED"
    EFFECTIVE_IN_FUTURE = "EFFECTIVE_IN_FUTURE"
    PERIOD_CLOSED = "PERIOD_CLOSED"
    PERIOD_NOT_SETTLED = "PERIOD_NOT_SETTLED"
    EXPIRY_INVALID = "EXPIRY_INVALID"
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


def _rules() -> tuple[RefusalRule, ...]:
    code, never, same, new = RefusalCode, Retry.NEVER, Retry.SAME_KEY, Retry.NEW_KEY
    rule = RefusalRule
    return (
        rule(code.INVALID_INPUT, never, "A field of the input is malformed.", ("field",), frozen=False),
        rule(code.LIST_TOO_LONG, never, "A list holds at most 1,000 items.", ("limit",), frozen=False),
        rule(code.FORBIDDEN, never, "The caller may not do this.", frozen=False),
        rule(code.THROTTLED, same, "Too many attempts; wait and try again.", ("retry_after_seconds",), frozen=False),
        rule(code.OVERLOADED, same, "The queue is full; try again shortly.", ("retry_after_seconds",), frozen=False),
        rule(code.DEADLINE_EXCEEDED, same, "The request's deadline passed before it was decided.", frozen=False),
        rule(
            code.UNAVAILABLE,
            same,
            "The database did not answer; the outcome is unknown until asked by key.",
            ("retry_after_seconds",),
            frozen=False,
        ),
        rule(code.CONTENDED, same, "Others kept changing what the command needs; try again.", frozen=False),
        rule(
            code.IDEMPOTENCY_CONFLICT,
            never,
            "The idempotency key was used with other fields.",
            ("fields",),
            frozen=False,
        ),
        rule(code.REFERENCE_TAKEN, never, "The reference belongs to an earlier entry.", ("entry_id",)),
        rule(code.GROUP_FAILED, new, "Another item of the atomic list was refused.", ("failed_index",)),
        rule(code.APPROVAL_NOT_FOUND, new, "There is no such approval."),
        rule(code.APPROVAL_DECIDED, never, "The approval has been decided."),
        rule(code.APPROVAL_EXPIRED, never, "The approval's time is over."),
        rule(code.APPROVAL_OWN, never, "Nobody approves their own request."),
        rule(code.PROGRAMME_NOT_FOUND, new, "There is no such programme."),
        rule(code.PARTNER_NOT_FOUND, new, "There is no such partner."),
        rule(code.API_KEY_NOT_FOUND, new, "There is no such API key, or it has been revoked."),
        rule(code.MEMBER_NOT_FOUND, new, "There is no such member."),
        rule(code.MERCHANT_NOT_FOUND, new, "There is no such merchant."),
        rule(code.ASSET_NOT_FOUND, new, "There is no such asset in the programme."),
        rule(code.ENTRY_NOT_FOUND, new, "There is no such entry."),
        rule(code.HOLD_NOT_FOUND, new, "There is no such hold."),
        rule(code.LOT_NOT_FOUND, new, "There is no such lot."),
        rule(code.PAYMENT_CODE_INVALID, new, "The payment code is unknown, used or older than its time to live."),
        rule(code.CODE_TAKEN, never, "The code belongs to another one of its kind."),
        rule(code.EXTERNAL_ID_TAKEN, never, "The external id belongs to another member.", ("member_id",)),
        rule(code.MEMBER_CLOSED, never, "The member is closed."),
        rule(code.MEMBER_FROZEN, new, "The member is frozen."),
        rule(code.MEMBER_NOT_FROZEN, new, "The member is not frozen."),
        rule(code.MEMBER_NOT_EMPTY, new, "The member still has points, holds, pending points or a debt."),
        rule(code.MERCHANT_CLOSED, new, "The merchant is closed."),
        rule(code.EFFECTIVE_IN_FUTURE, new, "The effective time lies in the future."),
        rule(code.PERIOD_CLOSED, new, "The effective time lies in a closed period.", ("open_from",)),
        rule(code.PERIOD_NOT_SETTLED, new, "Something that fell due in the period has not been posted.", ("wallets",)),
        rule(code.EXPIRY_INVALID, new, "The activation or expiry date does not fit the asset or lies in the past."),
        rule(code.HOLD_CAPTURED, never, "The hold has been captured."),
        rule(code.HOLD_RELEASED, never, "The hold has been released."),
        rule(code.HOLD_LAPSED, never, "The hold's deadline has passed.", ("deadline",)),
        rule(code.CAPTURE_EXCEEDS_HOLD, new, "More would be captured than is held.", ("held",)),
        rule(code.NOT_PENDING, never, "The points are no longer pending."),
        rule(code.NOT_REVERSIBLE, never, "An entry of this kind is not reversed; post the opposite."),
        rule(code.REVERSAL_WINDOW_CLOSED, never, "The time to reverse the entry is over.", ("reversible_until",)),
        rule(code.ALREADY_REVERSED, never, "The entry has been reversed in full."),
        rule(code.REVERSAL_EXCEEDS_ORIGINAL, new, "More would be reversed than is left.", ("reversible",)),
        rule(code.NOT_REFUNDABLE, never, "The entry is no earn with a sale amount."),
        rule(code.REFUND_EXCEEDS_SALE, new, "The refunds would exceed the sale.", ("refundable_minor",)),
        rule(code.TRANSFER_NOT_ALLOWED, new, "The asset does not allow transfers."),
        rule(code.TRANSFER_TO_SELF, new, "Source and destination are the same member."),
        rule(code.TRANSFER_LIMIT_EXCEEDED, new, "The limit per day or month is reached.", ("left", "period")),
        rule(code.RATE_NOT_FOUND, new, "No rate to money is in force."),
        rule(code.AMOUNT_TOO_SMALL, new, "The amount comes to nothing after rounding down."),
        rule(code.AMOUNT_TOO_LARGE, new, "The amount exceeds what the payment code or limit allows.", ("limit",)),
        rule(code.POINTS_OWED, new, "Nothing can be spent while points are owed.", ("owed",)),
        rule(code.INSUFFICIENT_POINTS, new, "Fewer points are available.", ("available",)),
        rule(code.BALANCE_LIMIT_EXCEEDED, new, "The balance would exceed 10^15."),
    )


REFUSALS: Mapping[RefusalCode, RefusalRule] = {rule.code: rule for rule in _rules()}

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


def is_frozen(code: RefusalCode) -> bool:
    """Whether the refusal is kept as the key's outcome for ever (semantics 3.3)."""
    return REFUSALS[code].frozen
