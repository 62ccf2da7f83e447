"""Kinds of global ids, and what is made of an id that cannot be one.

An id of another kind and text that is no id become an id that nothing has, so that the answer is the same as for a
stranger's: there is no such thing.
"""

from typing import Final
from uuid import UUID

import strawberry

from graphql_api.global_ids import decode_id, encode_id
from ledger.book.units import computed_id

MEMBER: Final = "Member"
MERCHANT: Final = "Merchant"
PARTNER: Final = "Partner"
TERMINAL: Final = "Terminal"
API_KEY: Final = "ApiKey"
ENTRY: Final = "Entry"
LOT: Final = "Lot"
HOLD: Final = "Hold"
TEMPLATE: Final = "VoucherTemplate"
VOUCHER: Final = "Voucher"
REDEMPTION: Final = "Redemption"
ACTIVITY: Final = "Activity"
AWARD: Final = "Award"
CAMPAIGN: Final = "Campaign"
APPROVAL: Final = "Approval"
RATE: Final = "Rate"
AUDIT_EVENT: Final = "AuditEvent"


def id_of(kind: str, uuid: UUID) -> strawberry.ID:
    """The global id."""
    return strawberry.ID(encode_id(kind, uuid))


def maybe_id(kind: str, uuid: UUID | None) -> strawberry.ID | None:
    """The global id, where there is one."""
    return None if uuid is None else strawberry.ID(encode_id(kind, uuid))


def uuid_of(kind: str, text: str) -> UUID:
    """What `text` names; an id that nothing has where it is no id of this kind."""
    return decode_id(kind, text) or computed_id(b"unknown", f"{kind}:{text}".encode())


def maybe_uuid(kind: str, text: str | None) -> UUID | None:
    """What `text` names, where it is given."""
    return None if text is None else uuid_of(kind, text)
