"""Taking offers without posting them: what a rehearsal does where a report composes an entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.award import count_taken, uncredited
from ledger.campaigns.campaign_body import TierCredit, VoucherAward
from ledger.campaigns.offer import Offer, Seen
from ledger.campaigns.receipt import Reason
from ledger.campaigns.skip import Skip
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.tiers.activity_credit import would_take
from ledger.vouchers.counts import Purpose, count_up
from ledger.vouchers.giving import find_terms, require_eligible, require_limits, require_live, validity_from
from ledger.vouchers.holding import Holding, holding_ids

_MOMENT: Final = timedelta(microseconds=1)


class Taking:
    """Takes the offers for one activity, as `Awarding` does, but posts nothing."""

    __slots__ = ("groups", "now", "programme", "seen", "state", "stock", "taken")

    def __init__(self, state: State, programme: Programme, seen: Seen, now: datetime, stock: dict[str, int]) -> None:
        self.state = state
        self.programme = programme
        self.seen = seen
        self.now = now
        self.stock = stock
        self.groups: set[str | None] = set()
        self.taken: list[Offer] = []

    def take(self, offer: Offer) -> Reason | None:
        """The offer is counted and paid; or why it cannot be."""
        if isinstance(offer.rule.action, VoucherAward):
            try:
                self._give(offer.rule.action.template)
            except Refusal as refusal:
                return Reason(refusal.code)
        if offer.budget is not None:
            self.state.put(ACCOUNTS, offer.budget._replace(posted=offer.budget.posted - offer.amount))
        count_taken(self.state, self.seen, offer)
        self.taken.append(offer)
        return None

    def by_rule(self) -> Mapping[str, int]:
        """What was taken to credit ladders, by their codes."""
        found: dict[str, int] = {}
        for offer in self.taken:
            if isinstance(offer.rule.action, TierCredit):
                ladder = offer.rule.action.ladder
                found[ladder] = found.get(ladder, 0) + offer.amount
        return found

    def uncredited(self) -> Sequence[Skip]:
        """Leaves out the credits of ladders that would not take them, and tells of each why, as a report does."""
        by_rule = self.by_rule()
        if not by_rule:
            return ()
        seen = self.seen
        took = would_take(self.state, self.programme, seen.member_id, by_rule, seen.occurred_at, seen.day, self.now)
        kept, skips = [], []
        for offer in self.taken:
            if isinstance(offer.rule.action, TierCredit) and offer.rule.action.ladder not in took:
                skips.append(uncredited(offer))
            else:
                kept.append(offer)
        self.taken = kept
        return skips

    def _give(self, template: str) -> None:
        """What `give_reward` refuses, refused in its order."""
        state, member_id = self.state, self.seen.member_id
        terms = find_terms(state, self.programme.id, template)
        validity_from(terms.body.validity, self.now, self.programme.time_zone)
        require_live(terms)
        # A level that this activity brought is held from the same instant on, and was not held yet.
        require_eligible(state, terms, member_id, self.now - _MOMENT)
        left = self.stock.get(template, terms.body.units)
        if left < terms.body.units:
            raise Refusal(RefusalCode.OUT_OF_STOCK)
        holding = Holding(state, self.programme, terms.template, holding_ids(member_id, terms.template.asset_id))
        today = holding.local_day(self.now)
        require_limits(holding, terms, today)
        count_up(state, member_id, terms.template.id, Purpose.ISSUE, today)
        if template in self.stock:
            self.stock[template] = left - terms.body.units
