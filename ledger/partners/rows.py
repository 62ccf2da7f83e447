"""Partners, merchants, terminals and API keys as rows.

Merchants and terminals are standing: commands read them without touching the database.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import ProgrammeId, computed_id
from ledger.engine.shelf import Shelf
from ledger.partners import tables

Network = IPv4Network | IPv6Network


class MerchantState(StrEnum):
    """Of a merchant or a terminal: open until it is closed, for good."""

    OPEN = "open"
    CLOSED = "closed"


class Partner(NamedTuple):
    """A row of `partners`: a company that honours points."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    name: str
    version: int


class Merchant(NamedTuple):
    """A row of `merchants`; `code` is the partner's own number of the shop.

    networks: where its credentials work; none = anywhere
    """

    id: UUID
    programme_id: ProgrammeId
    partner_id: UUID
    code: str
    name: str
    state: str
    version: int
    networks: Sequence[Network] = ()


class Terminal(NamedTuple):
    """A row of `terminals`; `code` is the shop's own number of the till, its id is `terminal_id` of both."""

    id: UUID
    programme_id: ProgrammeId
    merchant_id: UUID
    code: str
    name: str
    state: str
    version: int


class ApiKey(NamedTuple):
    """A row of `api_keys`. Of the secret only its SHA-256 is kept; times are real time, not the ledger's."""

    id: UUID
    merchant_id: UUID
    programme_id: ProgrammeId
    secret_hash: bytes
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    version: int


MERCHANTS = Shelf(tables.MERCHANTS, Merchant, by="id", standing=True)
TERMINALS = Shelf(tables.TERMINALS, Terminal, by="id", standing=True)


@lru_cache(maxsize=4096)
def terminal_id(merchant_id: UUID, code: str) -> UUID:
    """The id of the shop's till of that code, computed so that a command needs no look-up to name it."""
    return computed_id(b"terminal", merchant_id.bytes + code.encode())
