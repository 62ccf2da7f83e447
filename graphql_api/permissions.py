"""The words of authorisation: scopes (`noun:verb`), roles, and the scopes a role holds by default.

Where a scope is checked: graphql_api.field_rules. Where a credential grants one: graphql_api.http.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """What a caller may do; granted by credentials, required by fields."""

    POINTS_EARN = "points:earn"
    POINTS_SPEND = "points:spend"
    POINTS_HOLD = "points:hold"
    POINTS_REFUND = "points:refund"
    POINTS_REVERSE = "points:reverse"
    POINTS_TRANSFER = "points:transfer"
    POINTS_ADJUST = "points:adjust"
    PAYMENT_CODE_CREATE = "payment_code:create"
    WALLET_READ = "wallet:read"
    WALLET_READ_ANY = "wallet:read_any"
    ENTRY_READ = "entry:read"
    MEMBER_ENROL = "member:enrol"
    MEMBER_READ = "member:read"
    MEMBER_FREEZE = "member:freeze"
    MEMBER_CLOSE = "member:close"
    MEMBER_ERASE = "member:erase"
    MERCHANT_READ = "merchant:read"
    MERCHANT_MANAGE = "merchant:manage"
    PROGRAMME_READ = "programme:read"
    PROGRAMME_MANAGE = "programme:manage"
    TEMPLATE_READ = "template:read"
    TEMPLATE_MANAGE = "template:manage"
    VOUCHER_READ = "voucher:read"
    VOUCHER_READ_ANY = "voucher:read_any"
    VOUCHER_ISSUE = "voucher:issue"
    VOUCHER_CLAIM = "voucher:claim"
    VOUCHER_GIFT = "voucher:gift"
    VOUCHER_VOID = "voucher:void"
    VOUCHER_REDEEM = "voucher:redeem"
    REDEMPTION_READ = "redemption:read"
    REDEMPTION_REVERSE = "redemption:reverse"
    ACTIVITY_REPORT = "activity:report"
    ACTIVITY_READ = "activity:read"
    CAMPAIGN_READ = "campaign:read"
    CAMPAIGN_READ_ANY = "campaign:read_any"
    CAMPAIGN_MANAGE = "campaign:manage"
    TIER_READ = "tier:read"
    TIER_READ_ANY = "tier:read_any"
    TIER_MANAGE = "tier:manage"
    TIER_GRANT = "tier:grant"
    APPROVAL_READ = "approval:read"
    APPROVAL_DECIDE = "approval:decide"
    SUPPORT_READ = "support:read"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    AUDIT_REVEAL = "audit:reveal"
    SANDBOX_ADVANCE = "sandbox:advance"
    DOCUMENT_ADHOC = "document:adhoc"


class Role(StrEnum):
    """The kinds of callers."""

    MEMBER = "member"
    MERCHANT = "merchant"
    SERVICE = "service"
    OPERATOR = "operator"
    APPROVER = "approver"
    COMPLIANCE = "compliance"
    SUPPORT = "support"
    ANONYMOUS = "anonymous"
    """Nobody yet: in development, whoever looks at the schema before signing in."""


OWN = frozenset({Scope.WALLET_READ, Scope.VOUCHER_READ, Scope.TIER_READ, Scope.CAMPAIGN_READ})
"""What members may read of themselves. For others these scopes open nothing: whoever reads of any member needs the one
that says so.
"""

_BACK_OFFICE = frozenset(
    {
        Scope.PROGRAMME_READ,
        Scope.MERCHANT_READ,
        Scope.TEMPLATE_READ,
        Scope.VOUCHER_READ_ANY,
        Scope.REDEMPTION_READ,
        Scope.ACTIVITY_READ,
        Scope.CAMPAIGN_READ_ANY,
        Scope.TIER_READ_ANY,
        Scope.APPROVAL_READ,
        Scope.DOCUMENT_ADHOC,
    }
)

ROLE_SCOPES: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {
        Role.ANONYMOUS: frozenset({Scope.DOCUMENT_ADHOC}),
        Role.MEMBER: frozenset(
            {
                Scope.WALLET_READ,
                Scope.ENTRY_READ,
                Scope.PAYMENT_CODE_CREATE,
                Scope.POINTS_HOLD,
                Scope.POINTS_TRANSFER,
                Scope.VOUCHER_READ,
                Scope.VOUCHER_CLAIM,
                Scope.VOUCHER_GIFT,
                Scope.CAMPAIGN_READ,
                Scope.TIER_READ,
            }
        ),
        Role.MERCHANT: frozenset(
            {
                Scope.POINTS_SPEND,
                Scope.POINTS_HOLD,
                Scope.POINTS_REFUND,
                Scope.POINTS_REVERSE,
                Scope.ENTRY_READ,
                Scope.MERCHANT_READ,
                Scope.VOUCHER_REDEEM,
                Scope.REDEMPTION_READ,
                Scope.REDEMPTION_REVERSE,
            }
        ),
        # Taking points without a payment code is not a default: a service gets `points:spend` by name.
        Role.SERVICE: frozenset(
            {
                Scope.POINTS_EARN,
                Scope.POINTS_REFUND,
                Scope.POINTS_REVERSE,
                Scope.WALLET_READ_ANY,
                Scope.ENTRY_READ,
                Scope.MEMBER_ENROL,
                Scope.MEMBER_READ,
                Scope.PROGRAMME_READ,
                Scope.TEMPLATE_READ,
                Scope.VOUCHER_READ_ANY,
                Scope.VOUCHER_ISSUE,
                Scope.VOUCHER_VOID,
                Scope.REDEMPTION_READ,
                Scope.REDEMPTION_REVERSE,
                Scope.ACTIVITY_REPORT,
                Scope.ACTIVITY_READ,
                Scope.CAMPAIGN_READ_ANY,
                Scope.TIER_READ_ANY,
            }
        ),
        Role.OPERATOR: _BACK_OFFICE
        | {
            Scope.POINTS_ADJUST,
            Scope.WALLET_READ_ANY,
            Scope.ENTRY_READ,
            Scope.MEMBER_READ,
            Scope.MEMBER_FREEZE,
            Scope.MEMBER_CLOSE,
            Scope.MERCHANT_MANAGE,
            Scope.PROGRAMME_MANAGE,
            Scope.TEMPLATE_MANAGE,
            Scope.VOUCHER_ISSUE,
            Scope.VOUCHER_VOID,
            Scope.REDEMPTION_REVERSE,
            Scope.CAMPAIGN_MANAGE,
            Scope.TIER_MANAGE,
            Scope.TIER_GRANT,
            # Refused wherever the deployment is no sandbox.
            Scope.SANDBOX_ADVANCE,
        },
        Role.APPROVER: _BACK_OFFICE | {Scope.APPROVAL_DECIDE, Scope.WALLET_READ_ANY, Scope.ENTRY_READ},
        Role.COMPLIANCE: _BACK_OFFICE
        | {
            Scope.WALLET_READ_ANY,
            Scope.ENTRY_READ,
            Scope.MEMBER_READ,
            Scope.MEMBER_ERASE,
            Scope.AUDIT_READ,
            Scope.AUDIT_EXPORT,
            Scope.AUDIT_REVEAL,
        },
        Role.SUPPORT: _BACK_OFFICE | {Scope.WALLET_READ_ANY, Scope.ENTRY_READ, Scope.MEMBER_READ, Scope.SUPPORT_READ},
    }
)
"""What a role may do when its credential names no scopes; a credential that names some gets only those."""
