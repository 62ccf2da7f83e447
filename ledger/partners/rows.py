"""Partners, merchants and API keys as rows. Merchants are standing: commands read them without touching the database."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import ProgrammeId
from ledger.engine.shelf import Shelf
from ledger.partners import tables


class Partner(NamedTuple):
    """A row of `partners`: a company that honours points."""

    id: UUID
    programme_id: ProgrammeId
    code: str
    name: str
    version: int


class Merchant(NamedTuple):
    """A row of `merchants`; `code` is the partner's own number of the shop."""

    id: UUID
    programme_id: ProgrammeId
    partner_id: UUID
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
