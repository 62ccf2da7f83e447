"""Refund: an activity that takes an earlier one back, in whole or in parts, with what it earned (semantics 6.5).

Of each award the member keeps the floor of its amount times the remaining sale by the sale. Budgets get back what they
paid, caps give nothing back. The points come from the lots of the award, then from others in spend order; what is gone
is owed, by the asset's terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, any_, bindparam, func, select

from ledger.book.account import Role, open_account
from ledger.book.draft import Draft
from ledger.book.lot import Lot, spend_order
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import EntryId, InvariantViolated, ProgrammeId
from ledger.campaigns import tables
from ledger.campaigns.activity import ActivityCommand, activity_key
from ledger.campaigns.activity_type import REFUND, SHIPPED, require_payload
from ledger.campaigns.budget import open_of_budget
from ledger.campaigns.receipt import ActivityReceipt, ActivityState
from ledger.campaigns.record import award_line
from ledger.campaigns.rows import ACTIVITIES, ACTIVITIES_REFUNDING, AWARDS, Activity, Award
from ledger.engine.journal import post
from ledger.engine.reader import Query, Reader
from ledger.engine.request import is_key, request_id
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, HOLDERS, LOTS, LOTS_OF_ENTRY
from ledger.engine.state import State
from ledger.engine.unit import WrongKeys
from ledger.points.due import settle_due
from ledger.points.refund import claw
from ledger.points.wallet import Wallet, due_keys, wallet_ids
from ledger.programme.registry_change import refuse_input
from ledger.programme.rows import ASSETS, Programme, Shortfall

_AWARDED = Query(
    select(
        tables.ACTIVITIES.c.request_id,
        tables.ACTIVITIES.c.member_id,
        func.array_agg(tables.AWARDS.c.asset_id.distinct()).label("assets"),
        func.array_remove(func.array_agg(tables.AWARDS.c.budget_id.distinct()), None).label("budgets"),
    )
    .join(tables.AWARDS, tables.AWARDS.c.activity_id == tables.ACTIVITIES.c.id)
    .where(tables.ACTIVITIES.c.request_id == any_(bindparam("asked", type_=ARRAY(LargeBinary))))
    .group_by(tables.ACTIVITIES.c.request_id, tables.ACTIVITIES.c.member_id)
)


class Share(NamedTuple):
    """What a refund takes back of one award."""

    award: Award
    amount: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRefund(ActivityCommand):
    """Takes back so much of the activity that the same source calls `refund_of`; the payload names the amount.

    assets, budgets: what a look before queueing saw of its awards; ours, never the caller's
    """

    kind: ClassVar[str] = "activity_refund"

    refund_of: str
    assets: tuple[UUID, ...] = ()
    budgets: tuple[UUID, ...] = ()

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {**ActivityCommand.fields(self), "refundOf": self.refund_of}

    def require_input(self) -> None:
        """INVALID_INPUT, also where the refunded event's name is no key."""
        ActivityCommand.require_input(self)
        if not is_key(activity_key(self.source, self.refund_of)):
            refuse_input("refundOf")

    @property
    def _original_id(self) -> bytes:
        return request_id(self.actor.client, activity_key(self.source, self.refund_of))

    async def find(self, reader: Reader) -> Self:
        """What the original's awards moved."""
        row = await reader.look_up(_AWARDED, self._original_id)
        if row is None or row["member_id"] != self.member_id:
            return self
        return replace(self, assets=tuple(row["assets"]), budgets=tuple(row["budgets"]))

    def footprint(self) -> Sequence[Key]:
        """The holder, the wallets with their lots and debts, and the budgets; the original with its earlier refunds."""
        keys: list[Key] = [HOLDERS.key(self.member_id), ACTIVITIES.key(self._original_id)]
        for asset in self.assets:
            ids = wallet_ids(self.member_id, asset)
            owed = open_account(ProgrammeId(self.actor.programme_id), self.member_id, asset, Role.OWED)
            keys += [ACCOUNTS.key(ids.wallet), LOTS.key(ids.wallet), COMPANIONS.key(ids.owed, create=owed)]
        return [*keys, *(ACCOUNTS.key(budget) for budget in self.budgets)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due, and what the original earned."""
        keys = [key for asset in self.assets for key in due_keys(state, wallet_ids(self.member_id, asset), now)]
        for original in state.peek(ACTIVITIES, self._original_id):
            keys += [AWARDS.key(original.id), ACTIVITIES_REFUNDING.key(original.id)]
            if original.entry_id is not None:
                keys.append(LOTS_OF_ENTRY.key(original.entry_id))
        return keys

    def decide(self, state: State, now: datetime) -> ActivityReceipt:
        """Refused with INVALID_INPUT, MEMBER_NOT_FOUND, MERCHANT_NOT_FOUND, MEMBER_CLOSED, ACTIVITY_IN_FUTURE,
        ACTIVITY_NOT_FOUND (which burns no key: the original may come later), NOT_REFUNDABLE, REFUND_EXCEEDS_SALE.
        """
        programme = self.require_member(state)
        amount: int = require_payload(SHIPPED[REFUND], self.payload)["amount"]
        self.require_occurred(now)
        original = self._require_original(state)
        shares = self._shares(state, original, amount)
        activity_id = state.ids.new()
        entry_id = self._post(state, programme, original, shares, now)
        awards = [] if entry_id is None else self._rows(state, programme, shares, activity_id, entry_id, now)
        state.append(AWARDS, awards)
        row = self.row(programme, activity_id, REFUND, now, amount=amount, entry_id=entry_id, refund_of=original.id)
        state.add(ACTIVITIES, row)
        state.mirror(ACTIVITIES_REFUNDING, row)
        return ActivityReceipt(
            activity_id=activity_id,
            entry_id=entry_id,
            member_id=self.member_id,
            state=ActivityState.ACCEPTED,
            received_at=now,
            awards=tuple(award_line(award) for award in awards),
        )

    def _require_original(self, state: State) -> Activity:
        """ACTIVITY_NOT_FOUND, NOT_REFUNDABLE."""
        found = [a for a in state.rows(ACTIVITIES, self._original_id) if a.member_id == self.member_id]
        if not found:
            raise Refusal(RefusalCode.ACTIVITY_NOT_FOUND)
        if found[0].amount is None or found[0].refund_of is not None:
            raise Refusal(RefusalCode.NOT_REFUNDABLE)
        return found[0]

    def _shares(self, state: State, original: Activity, amount: int) -> list[Share]:
        """What is taken back of each award. REFUND_EXCEEDS_SALE."""
        sale = original.amount or 0
        left = sale - sum(earlier.amount or 0 for earlier in state.rows(ACTIVITIES_REFUNDING, original.id))
        if amount > left:
            raise Refusal(RefusalCode.REFUND_EXCEEDS_SALE, refundable_minor=left)
        shares = []
        for award in state.rows(AWARDS, original.id):
            back = award.amount * left // sale - award.amount * (left - amount) // sale
            paid = award.cost * left // sale - award.cost * (left - amount) // sale
            if back and not self._only_pending(state, award.asset_id):
                shares.append(Share(award, back, paid))
        return shares

    def _only_pending(self, state: State, asset_id: UUID) -> bool:
        """Whether the asset's terms let members keep what they have: awards are never pending."""
        asset = state.find(ASSETS, asset_id)
        return asset is not None and asset.shortfall == Shortfall.ONLY_PENDING

    def _post(
        self, state: State, programme: Programme, original: Activity, shares: Sequence[Share], now: datetime
    ) -> EntryId | None:
        """The entry that takes everything back, or only the event where nothing was earned."""
        if not shares or original.entry_id is None:
            state.emit(self.new_event(state, now, subject_id=self.member_id))
            return None
        wallets = {share.award.asset_id: self._wallet(state, programme, share.award.asset_id, now) for share in shares}
        amounts = {asset: sum(s.amount for s in shares if s.award.asset_id == asset) for asset in wallets}
        effective_at = max(self.occurred_at, programme.open_from)
        draft = self.draft(state, now, amounts, effective_at=effective_at, original=original.entry_id)
        for asset, wallet in wallets.items():
            _take_back(wallet, draft, amounts[asset], original.entry_id)
        for share in shares:
            if share.award.budget_id is not None:
                budget = state.find(ACCOUNTS, share.award.budget_id)
                if budget is None:
                    raise InvariantViolated(f"award {share.award.id} was paid from nowhere")
                draft.move(open_of_budget(budget, Role.SPENT), budget, share.cost)
        post(state, draft, self.actor)
        return draft.entry.id

    def _wallet(self, state: State, programme: Programme, asset_id: UUID, now: datetime) -> Wallet:
        """The wallet with everything due posted; WrongKeys where it is not locked."""
        ids = wallet_ids(self.member_id, asset_id)
        if not state.is_loaded(ACCOUNTS.key(ids.wallet)):
            raise WrongKeys(ids.wallet)
        asset = state.find(ASSETS, asset_id)
        if asset is None:
            raise InvariantViolated(f"an award of an asset {asset_id} that is gone")
        wallet = Wallet(state, programme, asset, ids)
        settle_due(wallet, now)
        return wallet

    def _rows(
        self,
        state: State,
        programme: Programme,
        shares: Sequence[Share],
        activity_id: UUID,
        entry_id: EntryId,
        now: datetime,
    ) -> list[Award]:
        """The awards that were taken back, as they are kept: below zero, each naming its original."""
        return [
            award._replace(
                id=state.ids.new(),
                activity_id=activity_id,
                entry_id=entry_id,
                amount=-amount,
                wanted=-amount,
                cost=-cost,
                local_day=self.local_day(programme),
                awarded_at=now,
                original_award_id=award.id,
            )
            for award, amount, cost in shares
        ]


def _take_back(wallet: Wallet, draft: Draft, amount: int, original: UUID) -> None:
    """From the lots that the original granted, then from others in spend order; the rest is owed."""
    lots = _in_order(wallet, original)
    from_wallet = min(amount, sum(lot.unheld for lot in lots))
    claw(wallet, draft, lots, from_wallet, is_pending=False)
    if amount > from_wallet:
        draft.move(wallet.owed_account, wallet.system_account(Role.ISSUANCE), amount - from_wallet)
        draft.touch(wallet.account, owing=True)


def _in_order(wallet: Wallet, original: UUID) -> list[Lot]:
    granted = {lot.id for lot in wallet.state.rows(LOTS_OF_ENTRY, original)}
    return sorted(wallet.lots, key=lambda lot: (lot.id not in granted, *spend_order(lot)))
