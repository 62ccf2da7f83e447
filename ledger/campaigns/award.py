"""Awarding: the offers that an activity takes, posted as one entry, and how each came about (semantics 6.4)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX, EntryId
from ledger.campaigns.budget import open_of_budget
from ledger.campaigns.campaign_body import AWARDS
from ledger.campaigns.offer import Offer, Seen
from ledger.campaigns.rows import Award
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.engine.unit import WrongKeys
from ledger.points.due import settle_due
from ledger.points.earn import expire_on_arrival, grant_repaying, move_inactivity
from ledger.points.wallet import Wallet, wallet_ids
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at
from ledger.programme.rows import ASSETS, Programme, asset_id


class Awarding:
    """What the campaigns give for one activity, gathered until it is posted; at most one offer of each campaign."""

    __slots__ = ("_wallets", "groups", "now", "offers", "programme", "seen", "state")

    def __init__(self, state: State, programme: Programme, seen: Seen, now: datetime) -> None:
        self.state = state
        self.programme = programme
        self.seen = seen
        self.now = now
        self.offers: list[Offer] = []
        self.groups: set[str] = set()
        self._wallets: dict[str, Wallet] = {}

    def take(self, offer: Offer) -> None:
        """The offer is accepted; no other campaign of its group awards for the activity any more."""
        self.offers.append(offer)
        if offer.of.body.group is not None:
            self.groups.add(offer.of.body.group)

    def has_room(self, offer: Offer) -> bool:
        """Whether the balance stays within 10^15."""
        asset = offer.asset
        return self._wallet(asset).account.posted + self.sum_of(asset) + offer.amount <= AMOUNT_MAX

    def sum_of(self, asset: str) -> int:
        """The points of an asset that are taken so far."""
        return sum(offer.amount for offer in self.offers if offer.asset == asset)

    @property
    def assets(self) -> list[str]:
        """The codes of the assets that are awarded."""
        return sorted({offer.asset for offer in self.offers})

    def _wallet(self, code: str) -> Wallet:
        """The member's wallet, with everything due posted. WrongKeys where it is not locked, ASSET_NOT_FOUND."""
        found = self._wallets.get(code)
        if found is not None:
            return found
        ids = wallet_ids(self.seen.member_id, asset_id(self.programme.id, code))
        if not self.state.is_loaded(ACCOUNTS.key(ids.wallet)):
            raise WrongKeys(ids.wallet)
        asset = self.state.find(ASSETS, ids.asset_id)
        if asset is None or self.state.find(ACCOUNTS, ids.wallet) is None:
            raise Refusal(RefusalCode.ASSET_NOT_FOUND)
        wallet = self._wallets[code] = Wallet(self.state, self.programme, asset, ids)
        settle_due(wallet, self.now)
        return wallet

    def move(self, draft: Draft) -> None:
        """Every posting of the entry: what budgets pay, and one lot per asset."""
        for offer in self.offers:
            if offer.budget is not None:
                draft.move(offer.budget, open_of_budget(offer.budget, Role.SPENT), offer.amount)
        for code in self.assets:
            self._grant(draft, self._wallet(code), self.sum_of(code))

    def _grant(self, draft: Draft, wallet: Wallet, amount: int) -> None:
        zone = wallet.programme.time_zone
        death = expires_at(wallet.asset.expiry, local_date(draft.entry.effective_at, zone), zone)
        move_inactivity(wallet, draft, draft.entry.effective_at)
        granted = grant_repaying(wallet, draft, amount, death)
        if granted is not None:
            expire_on_arrival(wallet, draft, granted, self.now)

    def rows(self, activity_id: UUID, entry_id: EntryId) -> Sequence[Award]:
        """The awards as they are kept."""
        return [self._row(offer, activity_id, entry_id) for offer in self.offers]

    def _row(self, offer: Offer, activity_id: UUID, entry_id: EntryId) -> Award:
        campaign, budget = offer.of.campaign, offer.budget
        return Award(
            id=self.state.ids.new(),
            programme_id=campaign.programme_id,
            activity_id=activity_id,
            entry_id=entry_id,
            member_id=self.seen.member_id,
            campaign_id=campaign.id,
            version_id=offer.of.version.id,
            phase=offer.phase,
            rule=offer.rule.code,
            variant=offer.variant,
            asset_id=asset_id(campaign.programme_id, offer.asset),
            amount=offer.amount,
            base=offer.base,
            multiplier=offer.multiplier,
            wanted=offer.wanted,
            inputs=orjson.dumps(offer.inputs, option=orjson.OPT_SORT_KEYS).decode(),
            headroom=_headroom(offer),
            budget_id=None if budget is None else budget.id,
            cost=0 if budget is None else offer.amount,
            local_day=self.seen.day,
            awarded_at=self.now,
        )


def _headroom(offer: Offer) -> str:
    """Each cap with what it leaves after the award."""
    left = []
    for cap, before in offer.headroom:
        used = 1 if cap.counter == AWARDS else offer.amount if cap.counter == offer.asset else 0
        left.append({"counter": cap.counter, "period": cap.period, "limit": cap.limit, "left": before - used})
    return orjson.dumps(left).decode()
