"""Merchants as standing rows: commands read them without touching the database."""

from typing import NamedTuple
from uuid import UUID

from ledger.book.units import ProgrammeId
from ledger.engine.shelf import Shelf
from ledger.partners import tables


class Merchant(NamedTuple):
    """A row of `merchants`; `code` is the partner's own number of the shop."""

    id: UUID
    programme_id: ProgrammeId
    partner_id: UUID
    code: str
    name: str
    state: str
    version: int


MERCHANTS = Shelf(tables.MERCHANTS, Merchant, by="id", standing=True)
