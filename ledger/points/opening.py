"""Opening balances: what a member held in an old system comes in as one entry, lot by lot with its own dates.

Decided here, since no rule of the semantics says it:
- An opening comes first: the wallet has no entry yet. So a file that was changed and imported again never doubles one.
- The lots add up to the total that the old system states, or nothing of them is taken (OPENING_DIFFERS).
- It takes effect now. The lots' dates may lie in closed periods: they are facts of the old system, nothing is posted
  there. A lot keeps its place in the order of spending by the day on which it was granted.
- A lot that is dead on arrival comes in and expires in the same entry, as a late earn does (semantics 2.4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.lot import Lot, dies_at
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import NEVER, LotId, is_amount
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.points.bounds import bring_forward, refresh_next_expiry
from ledger.points.command import PointsCommand, receipt, require_amount
from ledger.points.due import move_expired
from ledger.points.receipt import Receipt, lot_use
from ledger.points.wallet import Wallet
from ledger.programme.calendar import FIRST_START, end_of, first_instant, local_date
from ledger.programme.expiry import expires_at

LOTS_MAX: Final = 1_000
NEVER_EXPIRES: Final = date(9999, 12, 30)
"""A lot's `expires_on` where it is good for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningLot:
    """A lot of the old system. expires_on: the last good local day; None = by the asset's policy from `granted_on`."""

    amount: int
    granted_on: date
    expires_on: date | None = None
    purchased: bool = False

    def __str__(self) -> str:
        return f"{self.amount} {self.granted_on} {self.expires_on} {self.purchased}"


@command_class
class OpenBalance(PointsCommand):
    """Brings in the lots of a member from an old system, which states their `total`."""

    kind: ClassVar[str] = "opening"

    total: int
    lots: tuple[OpeningLot, ...]

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "member": self.member_id,
            "asset": self.asset,
            "total": self.total,
            "lots": "\n".join(map(str, self.lots)),
            "reference": self.reference,
        }

    def footprint(self) -> Sequence[Key]:
        """The wallet, made first where it is missing."""
        return [self.new_wallet_key()]

    def require_input(self) -> None:
        """INVALID_INPUT where an amount is none, the lots are too many, or there is nothing at all.

        No lots under a total, and lots under a total of 0, differ from it like any others.
        """
        if self.total or not self.lots:
            require_amount(self.total)
        if len(self.lots) > LOTS_MAX or not all(is_amount(lot.amount) for lot in self.lots):
            refuse_input("lots")

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with the codes of `open_wallet`, WALLET_NOT_NEW, EXPIRY_INVALID, OPENING_DIFFERS."""
        wallet = self.open_wallet(state, now)
        if wallet.account.version:
            raise Refusal(RefusalCode.WALLET_NOT_NEW)
        today = local_date(now, wallet.programme.time_zone)
        for lot in self.lots:
            later = lot.expires_on is not None and lot.expires_on < lot.granted_on
            if later or not FIRST_START <= lot.granted_on <= today:
                raise Refusal(RefusalCode.EXPIRY_INVALID)
        if sum(lot.amount for lot in self.lots) != self.total:
            raise Refusal(RefusalCode.OPENING_DIFFERS, stated=self.total, lots=sum(lot.amount for lot in self.lots))
        draft = self.draft(state, now, self.total)
        draft.move(wallet.system_account(Role.ISSUANCE), wallet.account, self.total)
        granted = [self._grant(wallet, draft, lot) for lot in self.lots]
        expired = _expire_on_arrival(wallet, draft, granted, now)
        refresh_next_expiry(wallet, draft)
        post(state, draft, self.actor)
        uses = [lot_use(lot.id, lot.granted, lot.expires_at) for lot in granted]
        return receipt(wallet, draft, uses, expired=expired)

    def _grant(self, wallet: Wallet, draft: Draft, lot: OpeningLot) -> Lot:
        zone = wallet.programme.time_zone
        death = _death(wallet, lot)
        granted = draft.grant(
            wallet.account,
            LotId(wallet.state.ids.new()),
            lot.amount,
            expires_at=death,
            granted_at=first_instant(lot.granted_on, zone),
            priority=wallet.asset.priority,
            purchased=lot.purchased,
        )
        bring_forward(wallet, draft, death)
        return granted


def _death(wallet: Wallet, lot: OpeningLot) -> datetime:
    zone = wallet.programme.time_zone
    if lot.expires_on is None:
        return expires_at(wallet.asset.expiry, lot.granted_on, zone)
    return NEVER if lot.expires_on >= NEVER_EXPIRES else end_of(lot.expires_on, zone)


def _expire_on_arrival(wallet: Wallet, draft: Draft, granted: Sequence[Lot], now: datetime) -> int:
    account = draft.account(wallet.account)
    dead = [lot for lot in granted if dies_at(lot, account) <= now]
    return move_expired(wallet, draft, dead) if dead else 0
