"""Reverse: a redemption is undone, stored value also in parts, and the units come back to their voucher (semantics 5.7).

After the voucher's validity they come back and expire at once, in one entry, as two visible postings; on a voucher that
was voided since, they are voided at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select
from sqlalchemy.sql.expression import any_

from ledger.book.account import AccountState, Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import AssetId, InvariantViolated, is_amount
from ledger.engine.command import Command, command_class
from ledger.engine.journal import post
from ledger.engine.reader import Query, Reader
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.partners.merchant import is_another_merchants
from ledger.points.command import require_room
from ledger.programme.rows import ASSETS, PROGRAMMES
from ledger.vouchers.counts import Purpose, count_down, count_key
from ledger.vouchers.expire import bring_forward, ended, settle_expired
from ledger.vouchers.holding import Holding, due_keys, receivable
from ledger.vouchers.presented import Found, body_of, holding_of, keys_of, limits_uses
from ledger.vouchers.redemption import RedemptionReversed
from ledger.vouchers.rows import REDEMPTIONS, TEMPLATE_VERSIONS, VOUCHERS, Redemption, Voucher
from ledger.vouchers.tables import REDEMPTIONS as REDEMPTIONS_TABLE
from ledger.vouchers.tables import VOUCHERS as VOUCHERS_TABLE
from ledger.vouchers.template_body import StoredValue
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import StoredState, dies_at, find_voucher, lot_of

REVERSE: Final = "reverse_redemption"
_STAYS: Final = frozenset({StoredState.EXPIRED, StoredState.VOIDED})
"""Nothing brings such a voucher back, and it stays what it is."""

_BY_ID = Query(
    select(
        REDEMPTIONS_TABLE.c.id,
        REDEMPTIONS_TABLE.c.entry_id,
        VOUCHERS_TABLE.c.id,
        VOUCHERS_TABLE.c.account_id,
        VOUCHERS_TABLE.c.member_id,
        VOUCHERS_TABLE.c.template_id,
        VOUCHERS_TABLE.c.template_version_id,
        VOUCHERS_TABLE.c.lot_id,
    )
    .join(VOUCHERS_TABLE, VOUCHERS_TABLE.c.id == REDEMPTIONS_TABLE.c.voucher_id)
    .where(REDEMPTIONS_TABLE.c.id == any_(bindparam("asked", type_=ARRAY(Uuid))))
)


class Target(NamedTuple):
    """What a redemption's id stands for: its entry, and its voucher."""

    entry_id: UUID
    found: Found


@command_class
class ReverseRedemption(Command[RedemptionReversed]):
    """Gives back a redemption, all that is left of it or, of stored value, `amount_minor`.

    `replay_at` is obeyed under a replay clock only; `target` is found, never given.
    """

    kind: ClassVar[str] = REVERSE
    reply: ClassVar[type] = RedemptionReversed

    redemption_id: UUID
    amount_minor: int | None = None
    reason_code: str | None = None
    replay_at: datetime | None = None
    target: Target | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {
            "redemptionId": self.redemption_id,
            "amountMinor": self.amount_minor,
            "reasonCode": self.reason_code,
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        if self.amount_minor is not None and not is_amount(self.amount_minor):
            refuse_input("amountMinor")

    async def find(self, reader: Reader) -> Self:
        """Which entry and voucher it was."""
        row = await reader.look_up(_BY_ID, self.redemption_id)
        return self if row is None else replace(self, target=Target(row[1], Found(*tuple(row)[2:])))

    def footprint(self) -> Sequence[Key]:
        """The member's account, locked, with the voucher; the redemption."""
        if self.target is None:
            return ()
        return [*keys_of(self.target.found), REDEMPTIONS.key(self.target.entry_id)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due in the account, and the member's uses where they are counted."""
        if self.target is None:
            return ()
        found = self.target.found
        bodies = [parse_body(version.body) for version in state.peek(TEMPLATE_VERSIONS, found.version_id)]
        counts = [count_key(found.member_id, found.template_id, Purpose.USE) for body in bodies if limits_uses(body)]
        return [*counts, *due_keys(state, found.account_id, now)]

    def decide(self, state: State, now: datetime) -> RedemptionReversed:
        """Refused with INVALID_INPUT where an amount is named and the voucher is used as a whole, REDEMPTION_NOT_FOUND,
        REVERSAL_WINDOW_CLOSED, ALREADY_REVERSED, REVERSAL_EXCEEDS_ORIGINAL, BALANCE_LIMIT_EXCEEDED.
        """
        redemption, found = self._require_redemption(state)
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        if programme is None:
            raise InvariantViolated(f"redemption {redemption.id} has no programme")
        holding = holding_of(state, programme, found)
        settle_expired(holding, now)
        voucher = find_voucher(state, holding.ids.account, found.voucher_id)
        body = body_of(state, voucher)
        if self.amount_minor is not None and not isinstance(body.gives, StoredValue):
            refuse_input("amountMinor")
        _require_in_time(holding, redemption, now)
        units = self._units(redemption)
        minor = units if isinstance(body.gives, StoredValue) else redemption.discount_minor
        changed = redemption._replace(
            reversed_units=redemption.reversed_units + units,
            reversed_minor=redemption.reversed_minor + minor,
            reversed_at=now,
        )
        state.put(REDEMPTIONS, changed)
        if limits_uses(body) and changed.reversed_units == changed.units:
            count_down(state, found.member_id, found.template_id, Purpose.USE, changed.local_day)
        return self._give_back(holding, voucher, changed, units, minor, now)

    def _require_redemption(self, state: State) -> tuple[Redemption, Found]:
        """The redemption; REDEMPTION_NOT_FOUND also where it is another merchant's."""
        if self.target is not None:
            for redemption in state.rows(REDEMPTIONS, self.target.entry_id):
                is_callers = not is_another_merchants(self.actor, redemption.merchant_id)
                is_ours = redemption.programme_id == self.actor.programme_id
                if redemption.id == self.redemption_id and is_ours and is_callers:
                    return redemption, self.target.found
        raise Refusal(RefusalCode.REDEMPTION_NOT_FOUND)

    def _units(self, redemption: Redemption) -> int:
        """How much comes back. ALREADY_REVERSED, REVERSAL_EXCEEDS_ORIGINAL."""
        left = redemption.units - redemption.reversed_units
        if left == 0:
            raise Refusal(RefusalCode.ALREADY_REVERSED)
        if self.amount_minor is None:
            return left
        if self.amount_minor > left:
            raise Refusal(RefusalCode.REVERSAL_EXCEEDS_ORIGINAL, reversible=left)
        return self.amount_minor

    def _give_back(
        self, holding: Holding, voucher: Voucher, redemption: Redemption, units: int, minor: int, now: datetime
    ) -> RedemptionReversed:
        """The posting back and, where the voucher is dead, the one that takes the units away for good."""
        state, account = holding.state, holding.account
        draft = self._draft(holding, redemption, units, now)
        draft.move(receivable(account, redemption.merchant_id), account, units)
        lot = draft.draw(lot_of(state, voucher), DrawKind.GIVE_BACK, units)
        is_dead = _is_dead(voucher, holding, now)
        if is_dead:
            end = Role.VOIDED if voucher.state == StoredState.VOIDED else Role.BREAKAGE
            draft.move(account, holding.system_account(end), units)
            draft.draw(lot, DrawKind.TAKE, units)
            after = voucher if voucher.state in _STAYS else ended(voucher, StoredState.EXPIRED, now)
        else:
            require_room(account, units)
            after = voucher._replace(state=StoredState.LIVE, units_left=voucher.units_left + units, ended_at=None)
            bring_forward(holding, draft, dies_at(after))
        state.put(VOUCHERS, after)
        post(state, draft, self.actor)
        return RedemptionReversed(
            entry_id=draft.entry.id,
            redemption_id=redemption.id,
            original_entry_id=redemption.entry_id,
            voucher_id=voucher.id,
            merchant_id=redemption.merchant_id,
            units=units,
            discount_minor=minor,
            units_left=redemption.units - redemption.reversed_units,
            voucher_units_left=after.units_left,
            dead_units=units if is_dead else 0,
            reversed_at=now,
        )

    def _draft(self, holding: Holding, redemption: Redemption, units: int, now: datetime) -> Draft:
        return self.new_draft(
            holding.state,
            now,
            units,
            asset_id=AssetId(holding.template.asset_id),
            member_id=redemption.member_id,
            merchant_id=redemption.merchant_id,
            original_entry_id=redemption.entry_id,
            reason_code=self.reason_code,
        )


def _require_in_time(holding: Holding, redemption: Redemption, now: datetime) -> None:
    """REVERSAL_WINDOW_CLOSED: so many days after the redemption, as the template's asset says."""
    asset = holding.state.find(ASSETS, holding.template.asset_id)
    if asset is None:
        raise InvariantViolated(f"asset {holding.template.asset_id} is gone")
    until = redemption.redeemed_at + timedelta(days=asset.reversal_days)
    if now >= until:
        raise Refusal(RefusalCode.REVERSAL_WINDOW_CLOSED, reversible_until=until.isoformat())


def _is_dead(voucher: Voucher, holding: Holding, now: datetime) -> bool:
    """Whether what comes back to the voucher can be used no more."""
    is_over = voucher.state in _STAYS or dies_at(voucher) <= now
    return is_over or holding.account.state == AccountState.CLOSED
