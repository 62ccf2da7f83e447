"""Who may ask what, by role: the half of authorisation that no scope can widen (docs/reference/roles.md)."""

from typing import Final

from graphql_api.permissions import Role

BANK: Final = frozenset({Role.SERVICE, Role.OPERATOR, Role.APPROVER, Role.COMPLIANCE, Role.SUPPORT})
"""The bank's own systems and staff."""

BANK_AND_MEMBER: Final = BANK | {Role.MEMBER}
BANK_AND_MERCHANT: Final = BANK | {Role.MERCHANT}
AUDITORS: Final = frozenset({Role.COMPLIANCE})
"""Those who may look into the audit log, kept apart from those whose doings it records."""

EVERYBODY: Final = BANK | {Role.MEMBER, Role.MERCHANT}
"""Everybody who has said who they are."""
