"""Rehearsing a draft: its rules look at a recorded activity as they would have, and what they move stays in memory.

The decisions are those of a report (`look.py`, `offer.py`); only what is taken is counted here instead of posted. So
members have no multiplier cards, no balance is ever full, and other campaigns of the group take nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from ledger.book.account import Account
from ledger.book.units import InvariantViolated
from ledger.campaigns.campaign_body import ActionKind, ProgressStep, TierCredit
from ledger.campaigns.card import card_keys
from ledger.campaigns.considered import Considered
from ledger.campaigns.counts import Counter, progress_counter
from ledger.campaigns.kept_counts import KeptCounts
from ledger.campaigns.line_up import LineUp
from ledger.campaigns.lock_plan import LockPlan, Ran
from ledger.campaigns.look import take_turns
from ledger.campaigns.offer import Offer, Seen
from ledger.campaigns.recorded import Recorded
from ledger.campaigns.rehearsed_members import Known, MemberRows
from ledger.campaigns.rehearsed_taking import Taking
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import (
    CAMPAIGN_COUNTS,
    LISTED_MEMBERS,
    CampaignCount,
    listed_member_id,
    member_list_id,
)
from ledger.campaigns.simulation_report import Tally, code_of
from ledger.campaigns.turns import Turns
from ledger.engine.command import Actor
from ledger.engine.ids import IdSource
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import StandingRows, State
from ledger.members.rows import MEMBER_FACTS, MEMBERS_BY_ID
from ledger.programme.activity_type import find_type, require_payload
from ledger.programme.calendar import local_date
from ledger.programme.rows import ASSETS, Asset, Programme, Shortfall, asset_id
from ledger.tiers.activity_credit import Undone, taken_back
from ledger.tiers.ladder_body import MetricKind
from ledger.tiers.move import terms_of as ladder_terms
from ledger.tiers.rows import STANDINGS, STEPS, ladder_id
from ledger.vouchers.counts import Purpose, count_id
from ledger.vouchers.rows import VOUCHER_COUNTS, VoucherCount
from ledger.vouchers.voucher import template_id

_SEED: Final = b"names of rows that are never written"


class Given(NamedTuple):
    """What a refund of the activity would take back; `metric` of the ladder that was credited, if one was."""

    kind: ActionKind
    code: str
    amount: int
    cost: int
    budget_id: UUID | None
    counter: Counter | None = None
    metric: MetricKind | None = None


class Sale(NamedTuple):
    """An activity that was refunded later: its amount, what is left of it, and what it was given."""

    amount: int
    left: int
    given: tuple[Given, ...]


class Rehearsal:
    """A draft with everything that its rules see and move. Memory grows with members, not with activities.

    standing: the programme, its types, assets and templates
    budgets:  of the draft, by account id
    stock:    units that are left of each template that has a stock, by code
    """

    __slots__ = (
        "_actor",
        "_counts",
        "_ids",
        "_line_ups",
        "_ran",
        "_sales",
        "_voucher_counts",
        "budgets",
        "draft",
        "programme",
        "standing",
        "stock",
        "tally",
    )

    def __init__(
        self,
        draft: Considered,
        programme: Programme,
        standing: StandingRows,
        budgets: Mapping[UUID, Account],
        stock: Mapping[str, int],
    ) -> None:
        self.draft = draft
        self.programme = programme
        self.standing = standing
        self.budgets = dict(budgets)
        self.stock = dict(stock)
        self.tally = Tally()
        self._ran = Ran(programme.id, [(draft.campaign.id, draft.version.body)])
        self._line_ups: dict[str, LineUp] = {}
        self._counts = KeptCounts(draft.terms)
        self._voucher_counts: dict[UUID, VoucherCount] = {}
        self._sales: dict[UUID, Sale] = {}
        self._ids = IdSource(1, seed=_SEED, clock_ms=lambda: 0)
        self._actor = Actor(kind="operator", id="simulation", programme_id=programme.id)

    # -- activities --------------------------------------------------------------------------------------------------

    def look(self, recorded: Recorded, known: Known) -> None:
        """What the draft would have done for the activity; what it came to is in the tally."""
        now = recorded.received_at
        self._counts.forget_before(local_date(now - self.draft.terms.late, self.programme.time_zone))
        command = self._command(recorded)
        day = command.local_day(self.programme)
        plan = self._ran.plan_of(recorded.type, recorded.occurred_at)
        counters = plan.counters_on(recorded.member_id, day, local_date(now, self.programme.time_zone))
        state = self._state(plan, recorded.member_id, counters, known.member(recorded))
        seen, turns = self._see(state, command, known.qualifying_of(recorded), recorded.merchant_code or "")
        taking = Taking(state, self.programme, seen, now, self.stock)
        skips = [*take_turns(taking, turns), *taking.uncredited()]
        self._keep(state)
        self.tally.look(recorded.member_id, taking.taken, skips, now)
        if recorded.is_refunded and recorded.amount and taking.taken:
            given = [
                self._given(offer, seen) for offer in taking.taken if not isinstance(offer.rule.action, TierCredit)
            ]
            given += self._credited(state, taking)
            self._sales[recorded.id] = Sale(recorded.amount, recorded.amount, tuple(given))

    def _see(
        self, state: State, command: ReportActivity, qualifying: Mapping[str, int], merchant: str
    ) -> tuple[Seen, Turns]:
        type_ = find_type(state, self.programme.id, command.type)
        if type_ is None:
            raise InvariantViolated(f"an activity of no type {command.type}")
        line_up = self._line_ups.get(command.type)
        if line_up is None:
            line_up = self._line_ups[command.type] = LineUp(command.type, [self.draft])
        then = command.member_then(state, self.programme, line_up)._replace(qualifying=qualifying)
        payload = require_payload(type_, command.payload)
        return command.see(self.programme, type_, payload, then, line_up, merchant)

    def _command(self, recorded: Recorded) -> ReportActivity:
        return ReportActivity(
            actor=self._actor,
            member_id=recorded.member_id,
            type=recorded.type,
            source="simulation",
            event_id=str(recorded.id),
            occurred_at=recorded.occurred_at,
            payload=recorded.payload,
            channel=recorded.channel,
            branch=recorded.branch,
            merchant_id=recorded.merchant_id,
        )

    def _state(self, plan: LockPlan, member_id: UUID, counters: Sequence[Counter], member: MemberRows) -> State:
        """What the plan asks for, as the rehearsal left it; a member has no vouchers beforehand."""
        state = State(self._ids)
        state.standing = self.standing
        state.load(CAMPAIGN_COUNTS, [counter.id for counter in counters], self._counts.rows(counters))
        state.load(ACCOUNTS, self.budgets, self.budgets.values())
        state.load(MEMBER_FACTS, [member_id], [] if member.facts is None else [member.facts])
        for code in plan.lists:
            listed = listed_member_id(member_list_id(self.programme.id, code), member_id)
            state.load(LISTED_MEMBERS, [listed], [] if member.listed is None else [member.listed])
        state.load(MEMBERS_BY_ID, [member_id], [] if member.member is None else [member.member])
        state.load(STANDINGS, [member_id], member.standings)
        state.load(STEPS, [standing.id for standing in member.standings], member.steps)
        for code in plan.cards:
            for key in card_keys(self.programme.id, member_id, code):
                state.load(key.shelf, [key.value], [])
        for code in plan.vouchers:
            id_ = count_id(member_id, template_id(self.programme.id, code), Purpose.ISSUE)
            found = self._voucher_counts.get(id_)
            state.load(VOUCHER_COUNTS, [id_], [] if found is None else [found])
        return state

    def _keep(self, state: State) -> None:
        """What was moved stays so for the next activity."""
        for shelf, rows in (*state.inserted(), *state.updated()):
            for row in rows:
                if isinstance(row, CampaignCount):
                    self._counts.keep(row)
                elif isinstance(row, VoucherCount):
                    self._voucher_counts[row.id] = row
                elif isinstance(row, Account):
                    self.budgets[row.id] = row
                else:
                    raise InvariantViolated(f"a rehearsal moved {shelf.table.name}")

    # -- refunds -----------------------------------------------------------------------------------------------------

    def _given(self, offer: Offer, seen: Seen) -> Given:
        action, counter = offer.rule.action, None
        if isinstance(action, ProgressStep):
            of = offer.of
            counter = progress_counter(of.body, seen.member_id, of.campaign.id, action.counter, seen.day)
        budget = offer.budget
        cost, budget_id = (0, None) if budget is None else (offer.amount, budget.id)
        return Given(action.kind, code_of(offer), offer.amount, cost, budget_id, counter)

    def _credited(self, state: State, taking: Taking) -> list[Given]:
        """A ladder is credited once for all rules, and takes back of the sum."""
        found = []
        for code, amount in taking.by_rule().items():
            terms = ladder_terms(state, self.programme, ladder_id(self.programme.id, code), taking.now)
            kind = terms.body.metric.kind
            found.append(Given(ActionKind.TIER_CREDIT, code, amount, 0, None, metric=kind))
        return found

    def take_back(self, refund: Recorded) -> None:
        """A refund of an activity that was given something takes its part back."""
        self.tally.refunds += 1
        sale = None if refund.refund_of is None else self._sales.get(refund.refund_of)
        if sale is None or refund.refund_of is None or refund.amount is None:
            return
        undone = Undone(refund.id, refund.refund_of, sale.amount, sale.left, refund.amount)
        for given in sale.given:
            self._take_back(given, undone)
        left = sale.left - refund.amount
        if left > 0:
            self._sales[refund.refund_of] = sale._replace(left=left)
        else:
            del self._sales[refund.refund_of]

    def _take_back(self, given: Given, undone: Undone) -> None:
        amount, metric = given.amount, given.metric
        back = undone.part_of(amount) if metric is None else taken_back(metric, amount, undone)
        cost = undone.part_of(given.cost)
        if not back or self._is_kept(given):
            return
        if given.budget_id is not None:
            budget = self.budgets[given.budget_id]
            self.budgets[given.budget_id] = budget._replace(posted=budget.posted + cost)
        if given.counter is not None:
            self._count_down(given.counter, back)
        self.tally.take_back(given.kind, given.code, back, cost)

    def _is_kept(self, given: Given) -> bool:
        """Whether the asset's terms let members keep their points."""
        if given.kind != ActionKind.POINTS:
            return False
        rows: Sequence[object] = self.standing[ASSETS, asset_id(self.programme.id, given.code)]
        return any(isinstance(row, Asset) and row.shortfall == Shortfall.ONLY_PENDING for row in rows)

    def _count_down(self, counter: Counter, amount: int) -> None:
        for row in self._counts.rows([counter]):
            self._counts.keep(row._replace(amount=row.amount - amount))
