"""Payment codes and transfer totals: rows protected by their wallet's lock."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import computed_id
from ledger.engine.shelf import Shelf
from ledger.points import tables


class PaymentCode(NamedTuple):
    """A row of `payment_codes`. The id is a keyed digest of the code, which is stored nowhere; used = has an entry."""

    id: UUID
    member_id: UUID
    asset_id: UUID
    amount_max: int | None
    expires_at: datetime
    entry_id: UUID | None


class TransferTotal(NamedTuple):
    """A row of `transfer_totals`: what a wallet has sent in a local day or month."""

    id: UUID
    account_id: UUID
    period: str
    starts_on: date
    amount: int


PAYMENT_CODES = Shelf(tables.PAYMENT_CODES, PaymentCode, by="id", updates=("entry_id",))
TRANSFER_TOTALS = Shelf(tables.TRANSFER_TOTALS, TransferTotal, by="id", updates=("amount",))


def transfer_total_id(account_id: UUID, period: str, starts_on: date) -> UUID:
    """The id of a total, computed from what it counts."""
    return computed_id(b"transfers", f"{account_id}/{period}/{starts_on}".encode())
