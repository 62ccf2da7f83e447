"""What a voucher is at an instant: a pure function of its row and `now` (semantics 5.7).

A lock and an expiry are facts at their instants whether or not anything was written. All windows are half-open.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from ledger.book.account import Role, account_id
from ledger.book.lot import Lot
from ledger.book.units import AccountId, AssetId, InvariantViolated, computed_id
from ledger.engine.shelves import LOTS, LOTS_BY_ID
from ledger.engine.state import State
from ledger.programme.rows import asset_id
from ledger.vouchers.rows import VOUCHERS, VOUCHERS_BY_ID, Voucher


class StoredState(StrEnum):
    """What entries made of a voucher; the row's `state`."""

    LIVE = "live"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    VOIDED = "voided"
    GIFTED = "gifted"


class VoucherState(StrEnum):
    """What a voucher is at an instant. GIFTED is the giver's side of a gift: the receiver has a voucher of its own."""

    ISSUED = "ISSUED"
    PART_USED = "PART_USED"
    LOCKED = "LOCKED"
    REDEEMED = "REDEEMED"
    EXPIRED = "EXPIRED"
    VOIDED = "VOIDED"
    GIFTED = "GIFTED"


def is_locked(voucher: Voucher, now: datetime) -> bool:
    """Whether a merchant's lock stands."""
    return voucher.state == StoredState.LIVE and voucher.lock_until is not None and now < voucher.lock_until


def seconds_locked(voucher: Voucher, now: datetime) -> int:
    """For how long the lock stands yet, in whole seconds, rounded up: who waits so long comes in time."""
    return 0 if voucher.lock_until is None else -((now - voucher.lock_until) // timedelta(seconds=1))


def dies_at(voucher: Voucher) -> datetime:
    """The instant at which a live voucher expires: the end of its validity, or of a lock taken in time."""
    if voucher.lock_until is None:
        return voucher.valid_until
    return max(voucher.valid_until, voucher.lock_until)


def without_lock(voucher: Voucher) -> Voucher:
    """The row as it is where no merchant ever locked it."""
    return voucher._replace(lock_merchant_id=None, lock_token_hash=None, lock_until=None, lock_units=0)


def state_at(voucher: Voucher, now: datetime) -> VoucherState:
    """The state at `now`."""
    if voucher.state != StoredState.LIVE:
        return VoucherState(voucher.state.upper())
    if dies_at(voucher) <= now:
        return VoucherState.EXPIRED
    if is_locked(voucher, now):
        return VoucherState.LOCKED
    return VoucherState.ISSUED if voucher.units_left == voucher.units else VoucherState.PART_USED


# -- ids ---------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def template_id(programme_id: UUID, code: str) -> UUID:
    """The id of the programme's template of that code, computed so that no look-up stands before a lock."""
    return computed_id(b"template", programme_id.bytes + code.encode())


def version_id(template: UUID, number: int) -> UUID:
    """The id of a template's version of that number."""
    return computed_id(b"template-version", template.bytes + number.to_bytes(8))


def voucher_asset_id(programme_id: UUID, template_code: str) -> AssetId:
    """The id of the asset in which a template's vouchers are counted."""
    return asset_id(programme_id, voucher_asset_code(template_code))


def voucher_asset_code(template_code: str) -> str:
    """The code of a template's asset; those of the assets that programmes make have no colon."""
    return f"voucher:{template_code}"


def voucher_account_id(member_id: UUID, template_asset_id: UUID) -> AccountId:
    """The account whose row's lock protects the member's vouchers of a template."""
    return account_id(member_id, template_asset_id, Role.VOUCHER)


# -- reading under the account's lock ----------------------------------------------------------------------------------


def live_vouchers(state: State, account: UUID) -> list[Voucher]:
    """The account's live vouchers as the batch leaves them so far, oldest first."""
    vouchers = state.rows(VOUCHERS, account)
    return sorted((v for v in vouchers if v.state == StoredState.LIVE), key=lambda voucher: voucher.id)


def voucher_of(state: State, account: UUID, voucher_id: UUID) -> Voucher | None:
    """The voucher as the batch leaves it so far, live or not; None where there is none of that id."""
    for changed in state.peek(VOUCHERS, account):
        if changed.id == voucher_id:
            return changed
    return state.find(VOUCHERS_BY_ID, voucher_id)


def find_voucher(state: State, account: UUID, voucher_id: UUID) -> Voucher:
    """The same of a voucher that a row names; InvariantViolated where it is gone from the account."""
    found = voucher_of(state, account, voucher_id)
    if found is None or found.account_id != account:
        raise InvariantViolated(f"voucher {voucher_id} is gone")
    return found


def lot_of(state: State, voucher: Voucher) -> Lot:
    """The voucher's lot as the batch leaves it so far, also where nothing of it remains."""
    for changed in state.peek(LOTS, voucher.account_id):
        if changed.id == voucher.lot_id:
            return changed
    lot = state.find(LOTS_BY_ID, voucher.lot_id)
    if lot is None:
        raise InvariantViolated(f"voucher {voucher.id} has no lot")
    return lot
