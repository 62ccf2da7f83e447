"""Refund: an activity that takes an earlier one back, in whole or in parts, with what it earned (semantics 6.5).

Of each award the member keeps the floor of its amount times the remaining sale by the sale. Budgets get back what they
paid, caps give nothing back. The points come from the lots of the award, then from others in spend order; what is gone
is owed, by the asset's terms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, NamedTuple, Self
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, any_, bindparam, func, select

from ledger.book.account import Role, open_account
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import AssetId, EntryId, ProgrammeId
from ledger.campaigns import tables
from ledger.campaigns.activity import ActivityCommand, activity_key, set_headline
from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.member_wallet import open_wallet
from ledger.campaigns.receipt import ActivityReceipt, ActivityState
from ledger.campaigns.record import award_line
from ledger.campaigns.rows import ACTIVITIES, ACTIVITIES_REFUNDING, AWARDS, Activity, Award
from ledger.campaigns.take_back import (
    GivenVoucher,
    count_down,
    find_whole,
    return_cost,
    take_points,
)
from ledger.campaigns.tiering import refund_tier_keys, settle_before
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.reader import Query, Reader
from ledger.engine.request import is_key, request_id
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, COMPANIONS, HOLDERS, LOTS, LOTS_OF_ENTRY
from ledger.engine.state import State
from ledger.points.wallet import due_keys, wallet_ids
from ledger.programme.activity_type import REFUND, SHIPPED, require_payload
from ledger.programme.payload import payload_of
from ledger.programme.rows import ASSETS, Programme, Shortfall
from ledger.tiers.activity_credit import Undone, take_back
from ledger.vouchers.expire import refresh_bounds
from ledger.vouchers.holding import content_keys, holding_ids
from ledger.vouchers.void import void_within

_A = tables.AWARDS.c
_AWARDED = Query(
    select(
        tables.ACTIVITIES.c.request_id,
        tables.ACTIVITIES.c.member_id,
        func.array_remove(func.array_agg(_A.asset_id.distinct()).filter(_A.kind == ActionKind.POINTS), None).label(
            "assets"
        ),
        func.array_remove(func.array_agg(_A.asset_id.distinct()).filter(_A.kind == ActionKind.VOUCHER), None).label(
            "vouchers"
        ),
        func.array_remove(func.array_agg(_A.budget_id.distinct()), None).label("budgets"),
    )
    .join(tables.AWARDS, _A.activity_id == tables.ACTIVITIES.c.id)
    .where(tables.ACTIVITIES.c.request_id == any_(bindparam("asked", type_=ARRAY(LargeBinary))))
    .group_by(tables.ACTIVITIES.c.request_id, tables.ACTIVITIES.c.member_id)
)


class Share(NamedTuple):
    """What a refund takes back of one award; `voucher` where it gave one."""

    award: Award
    amount: int
    cost: int
    voucher: GivenVoucher | None


@command_class
class ReportRefund(ActivityCommand):
    """Takes back so much of the activity that the same source calls `refund_of`; the payload names the amount.

    assets, vouchers, budgets: what a look before queueing saw of its awards; ours, never the caller's
    """

    kind: ClassVar[str] = "activity_refund"

    refund_of: str
    assets: tuple[UUID, ...] = ()
    vouchers: tuple[UUID, ...] = ()
    budgets: tuple[UUID, ...] = ()

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {**ActivityCommand.fields(self), "refundOf": self.refund_of}

    def require_input(self) -> None:
        """INVALID_INPUT, also where the refunded event's name is no key, or the payload is no refund's."""
        ActivityCommand.require_input(self)
        if not self.refund_of or not is_key(activity_key(self.source, self.refund_of)):
            refuse_input("refundOf")
        require_payload(SHIPPED[REFUND], self.payload)

    @property
    def _amount(self) -> int:
        """How much of the original is taken back."""
        amount: int = payload_of(self.payload).fields["amount"]
        return amount

    @property
    def _original_id(self) -> bytes:
        return request_id(self.actor.client, activity_key(self.source, self.refund_of))

    async def find(self, reader: Reader) -> Self:
        """What the original's awards moved."""
        row = await reader.look_up(_AWARDED, self._original_id)
        if row is None or row["member_id"] != self.member_id:
            return self
        assets, vouchers, budgets = (tuple(row[name] or ()) for name in ("assets", "vouchers", "budgets"))
        return replace(self, assets=assets, vouchers=vouchers, budgets=budgets)

    def footprint(self) -> Sequence[Key]:
        """The holder, the wallets with their lots and debts, vouchers and budgets; the original with its refunds."""
        keys: list[Key] = [HOLDERS.key(self.member_id), ACTIVITIES.key(self._original_id)]
        for asset in self.assets:
            ids = wallet_ids(self.member_id, asset)
            owed = open_account(ProgrammeId(self.actor.programme_id), self.member_id, asset, Role.OWED)
            keys += [ACCOUNTS.key(ids.wallet), LOTS.key(ids.wallet), COMPANIONS.key(ids.owed, create=owed)]
        for asset in self.vouchers:
            account = holding_ids(self.member_id, asset).account
            keys += [ACCOUNTS.key(account), *content_keys(account)]
        return [*keys, *(ACCOUNTS.key(budget) for budget in self.budgets)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due, and what the original earned."""
        keys = [key for asset in self.assets for key in due_keys(state, wallet_ids(self.member_id, asset), now)]
        for original in state.peek(ACTIVITIES, self._original_id):
            keys += [AWARDS.key(original.id), ACTIVITIES_REFUNDING.key(original.id)]
            keys += refund_tier_keys(state, self.actor.programme_id, self.member_id, original.id)
            if original.entry_id is not None:
                keys.append(LOTS_OF_ENTRY.key(original.entry_id))
        return keys

    def decide(self, state: State, now: datetime) -> ActivityReceipt:
        """Refused with MEMBER_NOT_FOUND, MERCHANT_NOT_FOUND, ACTIVITY_NOT_FOUND (which burns no key: the original may
        come later), MEMBER_CLOSED, ACTIVITY_IN_FUTURE, NOT_REFUNDABLE, REFUND_EXCEEDS_SALE, BALANCE_LIMIT_EXCEEDED
        where a budget has no room for what it gets back.
        """
        holder, original = self.require_parties(state), self._require_original(state)
        programme = self.require_countable(state, holder, now)
        if original.amount is None or original.refund_of is not None:
            raise Refusal(RefusalCode.NOT_REFUNDABLE)
        settle_before(
            state, programme, self.member_id, [wallet_ids(self.member_id, asset) for asset in self.assets], now
        )
        undone = self._undone(state, original)
        shares = self._shares(state, programme, undone, now)
        entry_id = self._post(state, programme, original, shares, now)
        awards = self._rows(state, programme, shares, undone.activity_id, entry_id, now)
        state.append(AWARDS, awards)
        self._record(state, programme, undone, entry_id, now)
        take_back(state, programme, self.actor, self.member_id, undone, now)
        return ActivityReceipt(
            activity_id=undone.activity_id,
            entry_id=entry_id,
            member_id=self.member_id,
            state=ActivityState.ACCEPTED,
            received_at=now,
            awards=tuple(award_line(award) for award in awards),
        )

    def _require_original(self, state: State) -> Activity:
        """ACTIVITY_NOT_FOUND, also where it is another member's."""
        for activity in state.rows(ACTIVITIES, self._original_id):
            if activity.member_id == self.member_id:
                return activity
        raise Refusal(RefusalCode.ACTIVITY_NOT_FOUND)

    def _undone(self, state: State, original: Activity) -> Undone:
        """How much of the original is taken back. REFUND_EXCEEDS_SALE."""
        sale = original.amount or 0
        left = sale - sum(earlier.amount or 0 for earlier in state.rows(ACTIVITIES_REFUNDING, original.id))
        if self._amount > left:
            raise Refusal(RefusalCode.REFUND_EXCEEDS_SALE, refundable_minor=left)
        return Undone(state.ids.new(), original.id, sale, left, self._amount)

    def _record(
        self, state: State, programme: Programme, undone: Undone, entry_id: EntryId | None, now: datetime
    ) -> None:
        """The refund among the activities, and for later commands of the batch among the original's refunds."""
        row = self.row(
            state,
            undone.activity_id,
            REFUND,
            now,
            day=self.local_day(programme),
            amount=undone.amount,
            entry_id=entry_id,
            refund_of=undone.original_id,
        )
        state.add(ACTIVITIES, row)
        state.mirror(ACTIVITIES_REFUNDING, row)

    def _shares(self, state: State, programme: Programme, undone: Undone, now: datetime) -> list[Share]:
        """What is taken back of each award."""
        shares = []
        for award in state.rows(AWARDS, undone.original_id):
            back, paid = undone.part_of(award.amount), undone.part_of(award.cost)
            if not back or self._is_kept(state, award):
                continue
            voucher = find_whole(state, programme, award, now) if award.kind == ActionKind.VOUCHER else None
            if voucher is not None or award.kind != ActionKind.VOUCHER:
                shares.append(Share(award, back, paid, voucher))
        return shares

    def _is_kept(self, state: State, award: Award) -> bool:
        """Whether the asset's terms let members keep their points, since awards are never pending; what a ladder was
        credited goes back there.
        """
        if award.kind == ActionKind.TIER_CREDIT:
            return True
        asset = None if award.asset_id is None else state.find(ASSETS, award.asset_id)
        return award.kind == ActionKind.POINTS and asset is not None and asset.shortfall == Shortfall.ONLY_PENDING

    def _post(
        self, state: State, programme: Programme, original: Activity, shares: Sequence[Share], now: datetime
    ) -> EntryId | None:
        """The entry that takes everything back, or only the event where nothing is posted."""
        for share in shares:
            if share.award.kind == ActionKind.PROGRESS:
                count_down(state, share.award, share.amount)
        if original.entry_id is None or all(share.award.kind == ActionKind.PROGRESS for share in shares):
            state.emit(self.new_event(state, now, subject_id=self.member_id))
            return None
        effective_at = max(self.occurred_at, programme.open_from)
        draft = self.draft(state, now, effective_at=effective_at, original=original.entry_id)
        points = _points(shares)
        for asset, amount in points.items():
            wallet = open_wallet(state, programme, self.member_id, asset, now)
            take_points(wallet, draft, amount, original.entry_id)
        vouchers = [share.voucher for share in shares if share.voucher is not None]
        for given in vouchers:
            void_within(draft, *given)
        for share in shares:
            return_cost(state, draft, share.award, share.cost)
        taken = [(given.holding.template.asset_id, given.voucher.units_left) for given in vouchers]
        set_headline(draft, [*points.items(), *taken])
        post(state, draft, self.actor)
        for given in vouchers:
            refresh_bounds(given.holding)
        return draft.entry.id

    def _rows(
        self,
        state: State,
        programme: Programme,
        shares: Sequence[Share],
        activity_id: UUID,
        entry_id: EntryId | None,
        now: datetime,
    ) -> list[Award]:
        """The awards that were taken back, as they are kept: below zero, each naming its original."""
        return [
            share.award._replace(
                id=state.ids.new(),
                activity_id=activity_id,
                entry_id=entry_id,
                amount=-share.amount,
                wanted=-share.amount,
                cost=-share.cost,
                local_day=self.local_day(programme),
                awarded_at=now,
                original_award_id=share.award.id,
            )
            for share in shares
        ]


def _points(shares: Sequence[Share]) -> dict[AssetId, int]:
    """The points that are taken back, by asset."""
    points: dict[AssetId, int] = {}
    for share in shares:
        asset = share.award.asset_id
        if share.award.kind == ActionKind.POINTS and asset is not None:
            points[asset] = points.get(asset, 0) + share.amount
    return points
