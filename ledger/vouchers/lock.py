"""Locks: one merchant keeps a voucher for itself while its till takes the payment (semantics 5.4).

A lock reserves the whole voucher: nobody else redeems it while the lock stands, and its use counts in the member's
limits. It is a fact of the voucher's row, no entry: past its deadline it is over, and nothing needs to be posted. Taken
in time, it keeps the voucher good until then.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import ClassVar, Final, Generic, TypeVar
from uuid import UUID

from ledger.book.account import Account
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.command import command_class
from ledger.engine.ports import Sealer
from ledger.engine.reply import reply
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.points.receipt import or_none
from ledger.vouchers.counter import CounterCommand
from ledger.vouchers.discount import Exactness
from ledger.vouchers.rows import VOUCHERS, Voucher
from ledger.vouchers.template_body import StoredValue
from ledger.vouchers.validity import Shown, Till, in_precedence, why_closed, why_no_lock, why_not
from ledger.vouchers.voucher import StoredState, dies_at, without_lock

O = TypeVar("O")  # noqa: E741 - the reply
TTL_DEFAULT_S: Final = 120
TTL_MIN_S: Final = 30
TTL_MAX_S: Final = 15 * 60
_GRACE: Final = timedelta(minutes=15)
"""How long after the end of validity a lock may still stand."""
_TOKEN_BYTES: Final = 16


def lock_token(sealer: Sealer, client: str, key: str) -> str:
    """The token of the lock that the client asked for under this key: computed, so that a replay tells the same one and
    the book need not keep it.
    """
    asked = f"{client}\\0{key}".encode()
    return (sealer.blind_hash(b"voucher-lock/1" + asked) + sealer.blind_hash(b"voucher-lock/2" + asked)).hex()


def token_hash(token: str) -> bytes:
    """What the book keeps of a token."""
    return blake2b(token.encode(), digest_size=_TOKEN_BYTES, person=b"voucher-lock").digest()


@reply
class Locked:
    """A lock as it stands: until when, and what it reserves: a use, or minor units of stored value.

    valid_until: of the voucher; None = for ever
    """

    voucher_id: UUID
    template_id: UUID
    merchant_id: UUID
    locked_until: datetime
    units: int
    valid_until: datetime | None


@reply
class Released:
    """A lock that is over because its merchant gave it up."""

    voucher_id: UUID
    released_at: datetime


@command_class
class LockCommand(CounterCommand[O], Generic[O]):
    """What locking, renewing and releasing share: they are about one voucher."""

    def require_input(self) -> None:
        """INVALID_INPUT as of the vouchers presented, and where they are more than one."""
        CounterCommand.require_input(self)
        if len(self.vouchers) > 1:
            refuse_input("vouchers")

    def only_voucher(self, state: State, till: Till, now: datetime) -> Shown:
        """The voucher. VOUCHER_NOT_FOUND."""
        for shown in self.shown(state, till, now):
            return shown
        raise Refusal(RefusalCode.VOUCHER_NOT_FOUND)

    def change(self, state: State, voucher: Voucher, now: datetime) -> Voucher:
        """Keeps the voucher's row with its next version, and the event that tells of it."""
        changed = voucher._replace(version=voucher.version + 1)
        state.put(VOUCHERS, changed)
        account = state.find(ACCOUNTS, changed.account_id)
        bounded = None if account is None else forward(account, changed)
        if bounded is not None and bounded != account:
            state.put(ACCOUNTS, bounded)
        stream, told = (changed.id, changed.version), self._told(changed)
        state.emit(self.new_event(state, now, subject_id=voucher.member_id, stream=stream, facts=told))
        return changed

    def _told(self, changed: Voucher) -> Mapping[str, str | int]:
        """What the audit log keeps of a lock, whose row the next one takes."""
        told: dict[str, str | int] = {"merchant": str(self.merchant_id), "units": changed.lock_units}
        if self.terminal_id is not None:
            told["terminal"] = str(self.terminal_id)
        if changed.lock_until is not None:
            told["until"] = changed.lock_until.isoformat()
        return told


@command_class
class TimedLockCommand(LockCommand[Locked]):
    """What locking and renewing share: the lock stands for `ttl_seconds` (30 seconds to 15 minutes) from now on."""

    reply: ClassVar[type] = Locked

    ttl_seconds: int = TTL_DEFAULT_S

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {**CounterCommand.fields(self), "ttlSeconds": self.ttl_seconds}

    def require_input(self) -> None:
        """INVALID_INPUT as of a lock's voucher, and where the time is out of range."""
        LockCommand.require_input(self)
        if not TTL_MIN_S <= self.ttl_seconds <= TTL_MAX_S:
            refuse_input("ttlSeconds")

    def keep_until(self, state: State, voucher: Voucher, now: datetime) -> Locked:
        """Lets the lock stand from now on, never past the end of validity and a quarter of an hour."""
        until = min(now + timedelta(seconds=self.ttl_seconds), voucher.valid_until + _GRACE)
        locked = self.change(state, voucher._replace(lock_until=until), now)
        return Locked(
            voucher_id=locked.id,
            template_id=locked.template_id,
            merchant_id=self.merchant_id,
            locked_until=until,
            units=locked.lock_units,
            valid_until=or_none(locked.valid_until),
        )


@command_class
class LockVoucher(TimedLockCommand):
    """Locks the voucher. Of stored value it reserves what is wanted, or all of it.

    token_hash: of the token that the till will hold (`lock_token`); ours, so no field
    """

    kind: ClassVar[str] = "lock_voucher"

    token_hash: bytes

    def decide(self, state: State, now: datetime) -> Locked:
        """Refused with MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND, VOUCHER_NOT_FOUND, MEMBER_CLOSED, MEMBER_FROZEN,
        MERCHANT_CLOSED, TERMINAL_CLOSED, VOUCHER_VOIDED, VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED,
        VOUCHER_NOT_YET_VALID, DYNAMIC_CODE_REQUIRED, LOCK_TOKEN_REQUIRED, LOCK_EXPIRED, SCENE_NOT_ACCEPTED,
        LIMIT_REACHED, INSUFFICIENT_VALUE.
        """
        till = self.till(state)
        shown = self.only_voucher(state, till, now)
        for reason in why_not(shown, till, now):
            raise reason
        locked = shown.voucher._replace(
            lock_merchant_id=till.merchant.id, lock_token_hash=self.token_hash, lock_units=_units(shown)
        )
        return self.keep_until(state, locked, now)


@command_class
class RenewLock(TimedLockCommand):
    """Lets a lock stand on, for who shows its token."""

    kind: ClassVar[str] = "renew_lock"

    def decide(self, state: State, now: datetime) -> Locked:
        """Refused with MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND, VOUCHER_NOT_FOUND, MEMBER_CLOSED, MERCHANT_CLOSED,
        TERMINAL_CLOSED, VOUCHER_VOIDED, VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED, LOCK_TOKEN_REQUIRED,
        LOCK_EXPIRED.
        """
        till = self.till(state)
        shown = self.only_voucher(state, till, now)
        for reason in in_precedence((*why_closed(shown, till), *why_no_lock(shown, till, now))):
            raise reason
        return self.keep_until(state, shown.voucher, now)


@command_class
class ReleaseLock(LockCommand[Released]):
    """Gives a lock up, for who shows its token; the voucher is anybody's to accept again."""

    kind: ClassVar[str] = "release_lock"
    reply: ClassVar[type] = Released

    def decide(self, state: State, now: datetime) -> Released:
        """Refused with MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND, VOUCHER_NOT_FOUND, VOUCHER_VOIDED, VOUCHER_REDEEMED,
        VOUCHER_LOCKED, VOUCHER_EXPIRED, LOCK_TOKEN_REQUIRED, LOCK_EXPIRED.
        """
        till = self.till(state)
        shown = self.only_voucher(state, till, now)
        for reason in why_no_lock(shown, till, now):
            raise reason
        released = self.change(state, unlocked(shown.voucher, now), now)
        return Released(voucher_id=released.id, released_at=now)


def unlocked(voucher: Voucher, now: datetime) -> Voucher:
    """The row without a lock. Where only the lock kept the voucher good, both are over now: nothing dies before it."""
    if voucher.lock_until is None:
        return voucher
    if voucher.valid_until < now < voucher.lock_until:
        return voucher._replace(lock_until=now, lock_units=0)
    return without_lock(voucher)


def forward(account: Account, voucher: Voucher) -> Account:
    """The account's row with bounds that know of the voucher's death: without its lock it may come earlier."""
    death = dies_at(voucher)
    if voucher.state != StoredState.LIVE or death >= account.next_due_at:
        return account
    return account._replace(next_due_at=death, next_expiry_at=min(account.next_expiry_at, death))


def _units(shown: Shown) -> int:
    """What a lock reserves. INSUFFICIENT_VALUE where more is wanted than is left."""
    left, wanted = shown.voucher.units_left, shown.wanted
    if not isinstance(shown.body.gives, StoredValue):
        return 1
    if wanted.amount_minor is None:
        return left
    if wanted.exactness == Exactness.UP_TO:
        return min(left, wanted.amount_minor)
    if wanted.amount_minor > left:
        raise Refusal(RefusalCode.INSUFFICIENT_VALUE, value_left_minor=left)
    return wanted.amount_minor
