"""Awarding: the offers that an activity takes, posted as one entry, and how each came about (semantics 6.4)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from ledger.book.account import Account, Role, open_account
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX, AssetId, EntryId, InvariantViolated
from ledger.campaigns.activity import set_headline
from ledger.campaigns.budget import open_of_budget
from ledger.campaigns.campaign_body import (
    AWARDS,
    Action,
    ActionKind,
    Counting,
    Donation,
    PointsAward,
    ProgressStep,
    TierCredit,
    VoucherAward,
)
from ledger.campaigns.campaign_terms import progress_name, rule_name
from ledger.campaigns.card import settle_card, use_card
from ledger.campaigns.counts import count_up, counted, counters_of, progress_counter
from ledger.campaigns.member_wallet import open_wallet
from ledger.campaigns.offer import Offer, Seen
from ledger.campaigns.receipt import Reason
from ledger.campaigns.rows import Award
from ledger.campaigns.skip import Skip, skipped_rule
from ledger.engine.command import Actor
from ledger.engine.journal import post
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.points.bounds import move_inactivity
from ledger.points.earn import expire_on_arrival, grant_repaying
from ledger.points.wallet import Wallet
from ledger.programme.calendar import local_date
from ledger.programme.expiry import expires_at
from ledger.programme.rows import Programme, asset_id
from ledger.vouchers.reward import give_reward
from ledger.vouchers.rows import Voucher


class Taken(NamedTuple):
    """An offer that was accepted; with the voucher that it gave, where it gives one."""

    offer: Offer
    voucher: Voucher | None = None


class Awarding:
    """What the campaigns do for one activity, gathered until it is posted; at most one award of each campaign.

    Points are gathered, so that an asset comes as one lot. Vouchers are given and cards used in the draft at once, so
    that the next campaign finds stock, limits and uses as they are then.
    """

    __slots__ = ("_draft", "_open_draft", "_points", "_wallets", "groups", "now", "programme", "seen", "state", "taken")

    def __init__(
        self, state: State, programme: Programme, seen: Seen, now: datetime, open_draft: Callable[[], Draft]
    ) -> None:
        self.state = state
        self.programme = programme
        self.seen = seen
        self.now = now
        self.taken: list[Taken] = []
        self.groups: set[str | None] = set()
        self._points: dict[str, int] = {}
        self._wallets: dict[str, Wallet] = {}
        self._draft: Draft | None = None
        self._open_draft = open_draft

    def _entry(self) -> Draft:
        """The entry that is being composed."""
        if self._draft is None:
            self._draft = self._open_draft()
        return self._draft

    # -- taking ------------------------------------------------------------------------------------------------------

    def take(self, offer: Offer) -> Reason | None:
        """The offer is accepted and counted, and no other campaign of its group awards any more; or why it cannot be."""
        action, voucher = offer.rule.action, None
        if not self._has_room(offer, action):
            return Reason.BALANCE_LIMIT_EXCEEDED
        if isinstance(action, VoucherAward):
            try:
                voucher = give_reward(self.state, self._entry(), self.programme, self.seen.member_id, action.template)
            except Refusal as refusal:
                return Reason(refusal.code)
        if isinstance(action, PointsAward):
            self._points[action.asset] = self._points.get(action.asset, 0) + offer.amount
        if offer.card is not None:
            use_card(self._entry(), offer.card)
        if action.is_award and offer.of.body.group is not None:
            self.groups.add(offer.of.body.group)
        count_taken(self.state, self.seen, offer)
        self.taken.append(Taken(offer, voucher))
        return None

    def _has_room(self, offer: Offer, action: Action) -> bool:
        """Whether what is moved stays within 10^15."""
        if isinstance(action, PointsAward):
            posted = self._wallet(action.asset).account.posted
            return posted + self._points.get(action.asset, 0) + offer.amount <= AMOUNT_MAX
        if isinstance(action, ProgressStep):
            seen, campaign = self.seen, offer.of.campaign
            counter = progress_counter(offer.of.body, seen.member_id, campaign.id, action.counter, seen.day)
            return counted(self.state, counter) + offer.amount <= AMOUNT_MAX
        return offer.amount <= AMOUNT_MAX

    def _wallet(self, code: str) -> Wallet:
        """The member's wallet, with everything due posted. WrongKeys where it is not locked, ASSET_NOT_FOUND."""
        found = self._wallets.get(code)
        if found is not None:
            return found
        asset = asset_id(self.programme.id, code)
        wallet = open_wallet(self.state, self.programme, self.seen.member_id, asset, self.now)
        if wallet is None:
            raise Refusal(RefusalCode.ASSET_NOT_FOUND)
        self._wallets[code] = wallet
        return wallet

    # -- posting -----------------------------------------------------------------------------------------------------

    def post(self, actor: Actor) -> EntryId | None:
        """Posts everything as one entry; None where nothing moved."""
        for taken in self.taken:
            if taken.offer.budget is not None:
                self._entry().move(taken.offer.budget, _paid_to(taken.offer, taken.offer.budget), taken.offer.amount)
        for code in sorted(self._points):
            self._grant(self._entry(), self._wallet(code), self._points[code])
        draft = self._draft
        if draft is None or not draft.postings:
            return None
        set_headline(draft, self._received())
        post(self.state, draft, actor)
        for taken in self.taken:
            if taken.offer.card is not None:
                settle_card(taken.offer.card)
        return draft.entry.id

    def _grant(self, draft: Draft, wallet: Wallet, amount: int) -> None:
        zone = wallet.programme.time_zone
        death = expires_at(wallet.asset.expiry, local_date(draft.entry.effective_at, zone), zone)
        move_inactivity(wallet, draft, draft.entry.effective_at)
        granted = grant_repaying(wallet, draft, amount, death)
        if granted is not None:
            expire_on_arrival(wallet, draft, granted, self.now)

    def _received(self) -> list[tuple[AssetId, int]]:
        received = [(asset_id(self.programme.id, code), amount) for code, amount in self._points.items()]
        vouchers = [taken.voucher for taken in self.taken if taken.voucher is not None]
        return received + [(self._asset_of(voucher), voucher.units) for voucher in vouchers]

    def _asset_of(self, voucher: Voucher) -> AssetId:
        account = self.state.find(ACCOUNTS, voucher.account_id)
        if account is None:
            raise InvariantViolated(f"voucher {voucher.id} without its account")
        return account.asset_id

    # -- recording ---------------------------------------------------------------------------------------------------

    def rows(self, activity_id: UUID, entry_id: EntryId | None) -> Sequence[Award]:
        """The awards and the progress as they are kept."""
        return [self._row(taken, activity_id, entry_id) for taken in self.taken]

    def credited(self, awards: Sequence[Award], took: Collection[str]) -> tuple[Sequence[Award], Sequence[Skip]]:
        """The awards without the credits of ladders that did not take them, and of these the reason."""
        if not any(award.kind == ActionKind.TIER_CREDIT and award.target not in took for award in awards):
            return awards, ()
        kept, skips = [], []
        for taken, award in zip(self.taken, awards, strict=True):
            if award.kind == ActionKind.TIER_CREDIT and award.target not in took:
                skips.append(uncredited(taken.offer))
            else:
                kept.append(award)
        return kept, skips

    def _row(self, taken: Taken, activity_id: UUID, entry_id: EntryId | None) -> Award:
        offer, voucher = taken
        campaign, budget, action = offer.of.campaign, offer.budget, offer.rule.action
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
            kind=action.kind,
            asset_id=None if isinstance(action, Counting) else asset_id(campaign.programme_id, action.asset),
            amount=offer.amount,
            base=offer.base,
            multiplier=offer.multiplier,
            wanted=offer.wanted,
            inputs=_json(offer.inputs),
            headroom=_json(_headroom(offer, action)) if offer.headroom else "[]",
            budget_id=None if budget is None else budget.id,
            cost=0 if budget is None else offer.amount,
            local_day=self.seen.day,
            awarded_at=self.now,
            target=_target(action),
            voucher_id=None if voucher is None else voucher.id,
            factors="[]" if offer.card is None and offer.tier is None else _json(_factors(offer)),
        )


def count_taken(state: State, seen: Seen, offer: Offer) -> None:
    """Moves the member's counters by what is taken."""
    of, action = offer.of, offer.rule.action
    if not of.terms.counters or isinstance(action, TierCredit):
        return
    if isinstance(action, ProgressStep):
        moved = {progress_name(action.counter): offer.amount}
    else:
        moved = {AWARDS: 1, action.asset: offer.amount, rule_name(offer.rule.code): 1}
    count_up(state, counters_of(of.terms, seen.member_id, of.campaign.id, seen.day), moved)


def uncredited(offer: Offer) -> Skip:
    """The ladder did not take the credit."""
    return skipped_rule(offer.of, offer.rule.code, Reason.NOT_CREDITED, offer.phase, offer.variant)


def _paid_to(offer: Offer, budget: Account) -> Account:
    """Where a budget's money goes: it is spent, or the merchant's."""
    action = offer.rule.action
    if isinstance(action, Donation):
        return open_account(budget.programme_id, action.merchant, budget.asset_id, Role.DONATION)
    return open_of_budget(budget, Role.SPENT)


def _target(action: Action) -> str | None:
    if isinstance(action, ProgressStep):
        return action.counter
    if isinstance(action, TierCredit):
        return action.ladder
    return str(action.merchant) if isinstance(action, Donation) else None


def _headroom(offer: Offer, action: Action) -> object:
    """Each cap with what it leaves after the award."""
    if isinstance(action, Counting):
        return []
    return [
        {
            "counter": room.cap.counter,
            "period": room.cap.period,
            "limit": room.cap.limit,
            "left": room.left - room.need_of(action.asset, offer.amount),
        }
        for room in offer.headroom
    ]


def _factors(offer: Offer) -> object:
    """What multiplied beside the rule itself."""
    card, tier = offer.card, offer.tier
    factors = [] if card is None else [{"card": str(card.voucher.id), "percent": card.percent}]
    if tier is not None:
        factors.append({"ladder": tier.ladder, "level": tier.level, "percent": tier.percent})
    return factors


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
