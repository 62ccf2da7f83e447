"""Templates, vouchers, redemptions, counts and imported codes as rows of the write path.

None has a lock rank: vouchers, redemptions and a member's counts are protected by the lock of the member's voucher
account, imported codes and stocks by that of the template's stock account. Templates are standing rows.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from ledger.book.units import AccountId, AssetId, EntryId, LotId, ProgrammeId
from ledger.engine.shelf import Shelf
from ledger.vouchers import tables


class Template(NamedTuple):
    """A row of `voucher_templates`: state `draft`, `live` or `stopped`; kind, stock and asset never change."""

    id: UUID
    programme_id: ProgrammeId
    asset_id: AssetId
    code: str
    kind: str
    stock: str
    state: str
    current_version_id: UUID
    current_number: int
    version: int


class TemplateVersion(NamedTuple):
    """A row of `voucher_template_versions`; `body` is the canonical JSON of a `TemplateBody`."""

    id: UUID
    template_id: UUID
    programme_id: ProgrammeId
    number: int
    body: str
    terms: str
    created_at: datetime


class Voucher(NamedTuple):
    """A row of `vouchers`: a lot with a code.

    entry_id:          the entry that issued it
    code_hash:         16 keyed bytes of the normalised code; `code_sealed` is the code itself, for its owner
    state:             as stored (`StoredState`); what it is at an instant, `voucher.state_at` says
    units, units_left: as its lot's granted and remaining: uses, or minor units of stored value
    lock_…:            one merchant's lock; over at `lock_until` though the columns stay
    ended_at:          when it was redeemed in full, expired, voided or given away
    source_voucher_id: the voucher that was given away for this one
    version:           rises with every change of the lock; what moves units, entries tell
    """

    id: UUID
    programme_id: ProgrammeId
    template_id: UUID
    template_version_id: UUID
    account_id: AccountId
    member_id: UUID
    lot_id: LotId
    entry_id: EntryId
    code_hash: bytes
    code_sealed: bytes
    state: str
    units: int
    units_left: int
    valid_from: datetime
    valid_until: datetime
    lock_merchant_id: UUID | None = None
    lock_token_hash: bytes | None = None
    lock_until: datetime | None = None
    lock_units: int = 0
    ended_at: datetime | None = None
    source_voucher_id: UUID | None = None
    version: int = 0

    def with_left(self, state: str, units_left: int, ended_at: datetime | None) -> "Voucher":
        """The same voucher after a use. `_replace` takes more than twice as long, and every redemption does this."""
        return tuple.__new__(Voucher, (*self[:10], state, self.units, units_left, *self[13:19], ended_at, *self[20:]))


class Redemption(NamedTuple):
    """A row of `redemptions`: what one entry took of one voucher, and what of that was reversed since.

    local_day: of the programme's zone, whose use limits it counts in
    """

    id: UUID
    programme_id: ProgrammeId
    entry_id: EntryId
    voucher_id: UUID
    template_id: UUID
    account_id: AccountId
    member_id: UUID
    merchant_id: UUID
    terminal_id: UUID | None
    units: int
    discount_minor: int
    basket_minor: int
    local_day: date
    redeemed_at: datetime
    reversed_units: int = 0
    reversed_minor: int = 0
    reversed_at: datetime | None = None


class VoucherCount(NamedTuple):
    """A row of `voucher_counts`: how many a member received (`issue`) or used (`use`).

    counted_on: the latest local day of the programme's zone that was counted in; `in_…` are that day's, its week's and
    its month's
    """

    id: UUID
    member_id: UUID
    template_id: UUID
    purpose: str
    counted_on: date
    total: int = 0
    in_day: int = 0
    in_week: int = 0
    in_month: int = 0


class ImportedCode(NamedTuple):
    """A row of `imported_codes`: a partner's own code, which becomes a voucher when its position is dealt."""

    id: UUID
    programme_id: ProgrammeId
    template_id: UUID
    position: int
    code_hash: bytes
    code_sealed: bytes
    entry_id: EntryId
    voucher_id: UUID | None


class VoucherStock(NamedTuple):
    """A row of `voucher_stocks`; the id is the template's."""

    id: UUID
    imported: int
    dealt: int


TEMPLATES = Shelf(tables.TEMPLATES, Template, by="id", standing=True)
TEMPLATES_BY_ASSET = Shelf(tables.TEMPLATES, Template, by="asset_id", standing=True)
TEMPLATE_VERSIONS = Shelf(tables.TEMPLATE_VERSIONS, TemplateVersion, by="id", standing=True)
VOUCHERS = Shelf(
    tables.VOUCHERS,
    Voucher,
    by="account_id",
    where=tables.VOUCHERS.c.is_live,
    updates=(
        "state",
        "units_left",
        "lock_merchant_id",
        "lock_token_hash",
        "lock_until",
        "lock_units",
        "ended_at",
        "version",
    ),
)
"""The live vouchers of an account; changes go through this shelf only, also of a voucher that is live no more."""
VOUCHERS_BY_ID = Shelf(tables.VOUCHERS, Voucher, by="id")
VOUCHERS_BY_CODE = Shelf(tables.VOUCHERS, Voucher, by="code_hash")
REDEMPTIONS = Shelf(
    tables.REDEMPTIONS, Redemption, by="entry_id", updates=("reversed_units", "reversed_minor", "reversed_at")
)
VOUCHER_COUNTS = Shelf(
    tables.VOUCHER_COUNTS, VoucherCount, by="id", updates=("counted_on", "total", "in_day", "in_week", "in_month")
)
IMPORTED_CODES = Shelf(tables.IMPORTED_CODES, ImportedCode, by="id", updates=("voucher_id",))
IMPORTED_BY_CODE = Shelf(tables.IMPORTED_CODES, ImportedCode, by="code_hash")
VOUCHER_STOCKS = Shelf(tables.VOUCHER_STOCKS, VoucherStock, by="id", updates=("imported", "dealt"))
