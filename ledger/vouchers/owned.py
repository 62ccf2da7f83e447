"""Commands about a voucher that somebody owns: its id names the account that is locked. A voucher never changes accounts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, NamedTuple, Self, assert_never
from uuid import UUID

from sqlalchemy import bindparam, select

from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.engine.command import Command, command_class
from ledger.engine.reader import Query, Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.programme.rows import PROGRAMMES
from ledger.vouchers import tables
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.holding import Holding, content_keys, holding_ids
from ledger.vouchers.receipt import VoucherReceipt
from ledger.vouchers.rows import TEMPLATES, Voucher
from ledger.vouchers.voucher import VoucherState, dies_at, find_voucher, seconds_locked, state_at


class Owner(NamedTuple):
    """Whose voucher it is, of which template."""

    member_id: UUID
    template_id: UUID
    asset_id: UUID


_OWNER = Query(
    select(tables.VOUCHERS.c.member_id, tables.VOUCHERS.c.template_id, tables.TEMPLATES.c.asset_id)
    .join(tables.TEMPLATES, tables.TEMPLATES.c.id == tables.VOUCHERS.c.template_id)
    .where(tables.VOUCHERS.c.id == bindparam("id"), tables.VOUCHERS.c.programme_id == bindparam("programme_id"))
)


@command_class
class OwnedCommand(Command[VoucherReceipt]):
    """Does something with the voucher `voucher_id`. `owner` is found, never given; None = there is no such voucher.

    `replay_at` is obeyed under a replay clock only.
    """

    reply: ClassVar[type] = VoucherReceipt

    voucher_id: UUID
    replay_at: datetime | None = None
    owner: Owner | None = None

    async def find(self, reader: Reader) -> Self:
        """Whose voucher it is."""
        row = await reader.row(_OWNER, {"id": self.voucher_id, "programme_id": self.actor.programme_id})
        return replace(self, owner=None if row is None else Owner(*row))

    def footprint(self) -> Sequence[Key]:
        """The owner's account, locked, its vouchers and lots."""
        if self.owner is None:
            return []
        account = holding_ids(self.owner.member_id, self.owner.asset_id).account
        return [ACCOUNTS.key(account), *content_keys(account)]

    # -- deciding ----------------------------------------------------------------------------------------------------

    def holding(self, state: State, member_id: UUID, now: datetime) -> Holding:
        """The account of a member for vouchers of this template, with everything due posted."""
        owner = self.require_owner()
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        template = state.find(TEMPLATES, owner.template_id)
        if programme is None or template is None:
            raise InvariantViolated(f"voucher {self.voucher_id} without its programme or template")
        holding = Holding(state, programme, template, holding_ids(member_id, owner.asset_id))
        settle_expired(holding, now)
        return holding

    def require_owner(self) -> Owner:
        """Whose voucher it is. VOUCHER_NOT_FOUND."""
        if self.owner is None:
            raise Refusal(RefusalCode.VOUCHER_NOT_FOUND)
        return self.owner

    def voucher(self, holding: Holding) -> Voucher:
        """The voucher as the batch leaves it so far."""
        return find_voucher(holding.state, holding.ids.account, self.voucher_id)

    def draft(self, holding: Holding, voucher: Voucher, now: datetime, *, reason_code: str | None = None) -> Draft:
        """A draft of this command's entry, about what is left of the voucher."""
        return self.new_draft(
            holding.state,
            now,
            voucher.units_left,
            asset_id=holding.template.asset_id,
            member_id=voucher.member_id,
            reason_code=reason_code,
        )


def require_whole(voucher: Voucher, now: datetime) -> None:
    """VOUCHER_VOIDED, VOUCHER_REDEEMED, VOUCHER_LOCKED, VOUCHER_EXPIRED where nothing can be done with it."""
    state = state_at(voucher, now)
    match state:
        case VoucherState.ISSUED | VoucherState.PART_USED:
            return
        case VoucherState.VOIDED | VoucherState.GIFTED:
            raise Refusal(RefusalCode.VOUCHER_VOIDED)
        case VoucherState.REDEEMED:
            raise Refusal(
                RefusalCode.VOUCHER_REDEEMED, redeemed_at=str(voucher.ended_at and voucher.ended_at.isoformat())
            )
        case VoucherState.LOCKED:
            raise Refusal(RefusalCode.VOUCHER_LOCKED, retry_after_seconds=seconds_locked(voucher, now))
        case VoucherState.EXPIRED:
            raise Refusal(RefusalCode.VOUCHER_EXPIRED, expired_at=(voucher.ended_at or dies_at(voucher)).isoformat())
        case _:
            assert_never(state)
