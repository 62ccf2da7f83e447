"""Validity: every reason why a voucher cannot be used at this counter now (semantics 5.1, 5.4 to 5.7). Pure.

What depends on the basket and on the other vouchers laid on it stands in `stacking.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from ledger.book.account import Account, AccountState
from ledger.book.refusal import REFUSALS, Refusal, RefusalCode
from ledger.partners.rows import Merchant, MerchantState, Terminal
from ledger.vouchers.counts import require_within, with_more
from ledger.vouchers.discount import ALL_DUE, Wanted
from ledger.vouchers.rows import Voucher, VoucherCount
from ledger.vouchers.template_body import TemplateBody
from ledger.vouchers.voucher import StoredState, dies_at, is_locked, seconds_locked

_VOID = frozenset({StoredState.VOIDED, StoredState.GIFTED})
_PRECEDENCE = {code: number for number, code in enumerate(REFUSALS)}


class Till(NamedTuple):
    """Where vouchers are shown: the merchant, its terminal, and the scene that it names (`in store`, `delivery` …)."""

    merchant: Merchant
    terminal: Terminal | None = None
    scene: str | None = None


class Shown(NamedTuple):
    """A voucher as it is shown at a till.

    place:           its place among the vouchers shown, from 0
    account:         the member's account of the template, everything due posted
    used:            the member's uses of the template, where that limits them
    reserved:        how many more uses the locks on the member's other vouchers of the template reserve
    is_dynamic:      whether the code came with a suffix that is right now
    lock_token_hash: of the lock token that came with it
    """

    place: int
    voucher: Voucher
    body: TemplateBody
    account: Account
    used: VoucherCount | None = None
    reserved: int = 0
    is_dynamic: bool = False
    lock_token_hash: bytes | None = None
    wanted: Wanted = ALL_DUE


def is_accepted(body: TemplateBody, merchant: Merchant) -> bool:
    """Whether the merchant accepts the template's vouchers; who does not is told nothing of them."""
    if not body.merchants and not body.partners:
        return True
    return merchant.id in body.merchants or merchant.partner_id in body.partners


def holds_lock(shown: Shown, till: Till, now: datetime) -> bool:
    """Whether the till shows the token of a lock of its merchant that stands."""
    if shown.lock_token_hash is None:
        return False
    voucher = shown.voucher
    is_own = is_locked(voucher, now) and voucher.lock_merchant_id == till.merchant.id
    return is_own and shown.lock_token_hash == voucher.lock_token_hash


def units_at_hand(shown: Shown, till: Till, now: datetime) -> int:
    """What the till may take: what its lock reserved, or all that is left."""
    return shown.voucher.lock_units if holds_lock(shown, till, now) else shown.voucher.units_left


def why_not(shown: Shown, till: Till, now: datetime, *, taken: int = 0) -> list[Refusal]:
    """Every reason but those that lie in the basket, in the order of precedence; none where the voucher, which is
    accepted here, is good.

    taken: uses of the same member and template by vouchers that lie on the basket already
    """
    voucher, body = shown.voucher, shown.body
    reasons: list[Refusal] = []
    has_lock = holds_lock(shown, till, now)
    # As older holds are captured, so are older locks redeemed (semantics 2.7).
    if shown.account.state == AccountState.FROZEN and not has_lock:
        reasons.append(Refusal(RefusalCode.MEMBER_FROZEN))
    reasons += why_closed(shown, till)
    reasons += _why_gone(shown, till, now)
    if now < voucher.valid_from:
        reasons.append(Refusal(RefusalCode.VOUCHER_NOT_YET_VALID, valid_from=voucher.valid_from.isoformat()))
    if body.needs_dynamic_code and not shown.is_dynamic and not has_lock:
        reasons.append(Refusal(RefusalCode.DYNAMIC_CODE_REQUIRED))
    if is_locked(voucher, now):
        if voucher.lock_merchant_id == till.merchant.id and not has_lock:
            reasons.append(Refusal(RefusalCode.LOCK_TOKEN_REQUIRED))
    elif shown.lock_token_hash is not None and voucher.state == StoredState.LIVE:
        reasons.append(Refusal(RefusalCode.LOCK_EXPIRED))
    if body.scenes and till.scene not in body.scenes:
        reasons.append(Refusal(RefusalCode.SCENE_NOT_ACCEPTED))
    if shown.used is not None:
        reasons += _used_too_often(shown, shown.used, taken)
    return reasons


def why_closed(shown: Shown, till: Till) -> list[Refusal]:
    """Whether the member, the merchant or its till has closed."""
    reasons: list[Refusal] = []
    if shown.account.state == AccountState.CLOSED:
        reasons.append(Refusal(RefusalCode.MEMBER_CLOSED))
    if till.merchant.state != MerchantState.OPEN:
        reasons.append(Refusal(RefusalCode.MERCHANT_CLOSED))
    if till.terminal is not None and till.terminal.state != MerchantState.OPEN:
        reasons.append(Refusal(RefusalCode.TERMINAL_CLOSED))
    return reasons


def why_no_lock(shown: Shown, till: Till, now: datetime) -> list[Refusal]:
    """Every reason why the till does not hold the voucher's lock; none where it does."""
    if holds_lock(shown, till, now):
        return []
    stands = is_locked(shown.voucher, now)
    code = RefusalCode.LOCK_TOKEN_REQUIRED if stands else RefusalCode.LOCK_EXPIRED
    return [*_why_gone(shown, till, now), Refusal(code)]


def in_precedence(reasons: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """The reasons in the order of the table of refusals."""
    return tuple(sorted(reasons, key=lambda reason: _PRECEDENCE[reason.code]))


def _why_gone(shown: Shown, till: Till, now: datetime) -> list[Refusal]:
    """Whether the voucher is used up, another's for now, or over. A lock taken in time keeps it good until its deadline."""
    voucher = shown.voucher
    reasons: list[Refusal] = []
    if voucher.state in _VOID:
        reasons.append(Refusal(RefusalCode.VOUCHER_VOIDED))
    if voucher.state == StoredState.REDEEMED and voucher.ended_at is not None:
        reasons.append(Refusal(RefusalCode.VOUCHER_REDEEMED, redeemed_at=voucher.ended_at.isoformat()))
    if is_locked(voucher, now) and voucher.lock_merchant_id != till.merchant.id:
        reasons.append(Refusal(RefusalCode.VOUCHER_LOCKED, retry_after_seconds=seconds_locked(voucher, now)))
    if voucher.state == StoredState.EXPIRED or (voucher.state == StoredState.LIVE and dies_at(voucher) <= now):
        over = voucher.ended_at or dies_at(voucher)
        reasons.append(Refusal(RefusalCode.VOUCHER_EXPIRED, expired_at=over.isoformat()))
    return reasons


def _used_too_often(shown: Shown, used: VoucherCount, taken: int) -> list[Refusal]:
    """The limits count what is used, what locks reserve, and what lies on the basket already."""
    try:
        require_within(with_more(used, shown.reserved + taken), shown.body.use_limits)
    except Refusal as refusal:
        return [refusal]
    return []
