"""A lock that the checker knows from its events: gone, changed or put back behind the ledger's back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ledger.vouchers.checks import RULES
from ledger.vouchers.lock import ReleaseLock, RenewLock
from tests.bank import Bank
from tests.planting import rules_that_find
from tests.voucher_desk import VoucherDesk
from tests.voucher_till import VoucherTill

_LOCK = ["voucher_lock_matches_events"]
_HASH = "'\\x00112233445566778899aabbccddeeff'"
_NO_LOCK = {"lock_until": "NULL", "lock_merchant_id": "NULL", "lock_token_hash": "NULL", "lock_units": "0"}


async def _found(url: str, voucher: UUID, change: Mapping[str, str]) -> list[str]:
    return await rules_that_find(url, RULES, table="book.vouchers", row=voucher, change=change)


async def test_a_lock_in_force_cannot_be_lifted(
    bank: Bank, desk: VoucherDesk, till: VoucherTill, database_url: str
) -> None:
    """Without its lock, with another's, or with less reserved, a voucher is not as its last event told."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    await till.lock(issued.voucher_id)
    kiosk = await till.another("kiosk")

    assert await _found(database_url, issued.voucher_id, {"lock_units": "lock_units"}) == []
    for change in (
        _NO_LOCK,
        {"lock_units": "0"},
        {"lock_merchant_id": f"'{kiosk.merchant_id}'"},
        {"lock_until": "lock_until - interval '1 second'"},
    ):
        assert await _found(database_url, issued.voucher_id, change) == _LOCK


async def test_a_lock_stands_as_it_was_told_last(
    bank: Bank, desk: VoucherDesk, till: VoucherTill, database_url: str
) -> None:
    """The end that the lock had before it was renewed, and any lock after it was given up, are differences."""
    engine = bank.application.engine
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("COFFEE"))
    locked, shown = await till.lock(issued.voucher_id)
    common: dict[str, Any] = {"actor": till.actor, "merchant_id": till.merchant_id, "vouchers": (shown,)}
    first = {"lock_until": f"'{locked.locked_until}'"}

    (await engine.execute(RenewLock(key=bank.key(), ttl_seconds=900, **common))).unwrap()
    renewed = await _found(database_url, issued.voucher_id, first)
    (await engine.execute(ReleaseLock(key=bank.key(), **common))).unwrap()

    assert renewed == _LOCK
    back = _put_back(till, f"'{locked.locked_until}'", 1)
    assert await _found(database_url, issued.voucher_id, back) == _LOCK
    assert await _found(database_url, issued.voucher_id, {**back, "lock_units": "0"}) == _LOCK


async def test_a_lock_is_used_up_by_its_redemption(
    bank: Bank, desk: VoucherDesk, till: VoucherTill, database_url: str
) -> None:
    """Where something is left, no lock stands any more, though no event of its own tells so; put back, it is found."""
    issued = await desk.issue(await bank.enrol("m-1"), await desk.live("PASS", uses=2))
    locked, shown = await till.lock(issued.voucher_id)
    (await bank.application.engine.execute(till.redeeming(shown))).unwrap()

    assert await _found(database_url, issued.voucher_id, {"lock_units": "0"}) == []
    back = _put_back(till, f"'{locked.locked_until}'", 1)
    assert await _found(database_url, issued.voucher_id, back) == _LOCK


def _put_back(till: VoucherTill, until: str, units: int) -> Mapping[str, str]:
    return {
        "lock_until": until,
        "lock_merchant_id": f"'{till.merchant_id}'",
        "lock_token_hash": _HASH,
        "lock_units": str(units),
    }
