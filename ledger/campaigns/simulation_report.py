"""What a simulation found: what the draft would have given to whom, and why it would have given nothing. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.campaigns.campaign_body import (
    ActionKind,
    Counting,
    Donation,
    PointsAward,
    ProgressStep,
    TierCredit,
    VoucherAward,
)
from ledger.campaigns.offer import Offer
from ledger.campaigns.receipt import Reason
from ledger.campaigns.skip import Skip

TOP_MAX: Final = 20
"""How many members and reasons a report names."""
_CAPPED: Final = frozenset({Reason.CAPPED, Reason.LIMIT_REACHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What the draft's rules would have done of one kind with one asset, template or counter.

    awards:   how many times · amount: points, vouchers, donated points, steps or credit
    returned: what refunds would have taken back of the amount; vouchers as if none of them had been used
    cost:     what the budget would have paid, less what refunds bring back; 0 where the draft has none for it
    """

    kind: ActionKind
    code: str
    awards: int
    amount: int
    returned: int
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLine:
    """A budget of the draft: what it was given, None for as much as needed; when it first did not cover an award."""

    asset: str
    given: int | None
    left: int | None
    exhausted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """Why there was no award, of which rule (None: of the whole campaign), and for how many activities."""

    reason: Reason
    rule: str | None
    activities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """A member, and how often."""

    member_id: UUID
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A rule, phase or variant: its awards, and how many members would have had one."""

    code: str
    awards: int
    winners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationReport:
    """The whole simulation. Progress and credit on ladders are no awards.

    activities: looked at, without refunds · is_complete: whether these were all there are
    reached:    members with an activity that the rules looked at · winners: members with an award
    capped:     members who would have had more without a cap or a limit of a template; `most_capped` of these
    """

    activities: int
    refunds: int
    is_complete: bool
    reached: int
    winners: int
    awards: int
    capped: int
    costs: tuple[CostLine, ...]
    budgets: tuple[BudgetLine, ...]
    reasons: tuple[ReasonLine, ...]
    most_awarded: tuple[MemberLine, ...]
    most_capped: tuple[MemberLine, ...]
    rules: tuple[GroupLine, ...]
    phases: tuple[GroupLine, ...]
    variants: tuple[GroupLine, ...]


def code_of(offer: Offer) -> str:
    """What the rule gives or moves: an asset, a template, a counter or a ladder."""
    action = offer.rule.action
    match action:
        case PointsAward() | Donation():
            return action.asset
        case VoucherAward():
            return action.template
        case ProgressStep():
            return action.counter
        case TierCredit():
            return action.ladder


@dataclass(slots=True, kw_only=True)
class _Cost:
    awards: int = 0
    amount: int = 0
    returned: int = 0
    cost: int = 0


@dataclass(slots=True, kw_only=True)
class _Group:
    awards: int = 0
    winners: set[bytes] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts as the simulation goes on. Memory grows with members, not with activities."""

    activities: int = 0
    refunds: int = 0
    awards: int = 0
    _reached: set[bytes] = field(default_factory=set)
    _winners: Counter[bytes] = field(default_factory=Counter)
    _capped: Counter[bytes] = field(default_factory=Counter)
    _reasons: Counter[tuple[Reason, str | None]] = field(default_factory=Counter)
    _costs: dict[tuple[ActionKind, str], _Cost] = field(default_factory=dict)
    _groups: dict[tuple[str, str], _Group] = field(default_factory=dict)
    _exhausted: dict[str, datetime] = field(default_factory=dict)

    def look(self, member_id: UUID, offers: Sequence[Offer], skips: Sequence[Skip], at: datetime) -> None:
        """Counts what came of one activity."""
        self.activities += 1
        member = member_id.bytes
        if offers or any(skip.rule is not None for skip in skips):
            self._reached.add(member)
        for skip in skips:
            self._reasons[skip.reason, skip.rule] += 1
        if any(offer.amount < offer.wanted for offer in offers) or any(skip.reason in _CAPPED for skip in skips):
            self._capped[member] += 1
        for offer in offers:
            self._take(member, offer)
        for skip in skips:
            if skip.reason == Reason.BUDGET_EXHAUSTED:
                self._note_exhausted(skip, at)

    def _take(self, member: bytes, offer: Offer) -> None:
        action = offer.rule.action
        line = self._costs.setdefault((action.kind, code_of(offer)), _Cost())
        line.awards += 1
        line.amount += offer.amount
        line.cost += 0 if offer.budget is None else offer.amount
        if not action.is_award:
            return
        self.awards += 1
        self._winners[member] += 1
        names = (("rule", offer.rule.code), ("phase", offer.phase), ("variant", offer.variant))
        for name, code in names:
            if code is not None:
                group = self._groups.setdefault((name, code), _Group())
                group.awards += 1
                group.winners.add(member)

    def _note_exhausted(self, skip: Skip, at: datetime) -> None:
        for phase in skip.of.body.phases:
            for rule in phase.rules if phase.code == skip.heading.phase else ():
                if rule.code == skip.rule and not isinstance(rule.action, Counting):
                    self._exhausted.setdefault(rule.action.asset, at)

    def take_back(self, kind: ActionKind, code: str, amount: int, cost: int) -> None:
        """Counts what a refund takes back of an award."""
        line = self._costs[kind, code]
        line.returned += amount
        line.cost -= cost

    def exhausted_at(self, asset: str) -> datetime | None:
        """When the budget first did not cover an award."""
        return self._exhausted.get(asset)

    def report(self, budgets: Iterable[BudgetLine], *, is_complete: bool) -> SimulationReport:
        """All that was counted."""
        return SimulationReport(
            activities=self.activities,
            refunds=self.refunds,
            is_complete=is_complete,
            reached=len(self._reached),
            winners=len(self._winners),
            awards=self.awards,
            capped=len(self._capped),
            costs=tuple(self._cost(kind, code, cost) for (kind, code), cost in sorted(self._costs.items())),
            budgets=tuple(budgets),
            reasons=tuple(
                ReasonLine(reason=reason, rule=rule, activities=count)
                for (reason, rule), count in self._reasons.most_common(TOP_MAX)
            ),
            most_awarded=_top(self._winners),
            most_capped=_top(self._capped),
            rules=self._lines("rule"),
            phases=self._lines("phase"),
            variants=self._lines("variant"),
        )

    def _cost(self, kind: ActionKind, code: str, cost: _Cost) -> CostLine:
        return CostLine(
            kind=kind, code=code, awards=cost.awards, amount=cost.amount, returned=cost.returned, cost=cost.cost
        )

    def _lines(self, name: str) -> tuple[GroupLine, ...]:
        return tuple(
            GroupLine(code=code, awards=group.awards, winners=len(group.winners))
            for (of, code), group in sorted(self._groups.items())
            if of == name
        )


def _top(counted: Counter[bytes]) -> tuple[MemberLine, ...]:
    return tuple(
        MemberLine(member_id=UUID(bytes=member), times=times) for member, times in counted.most_common(TOP_MAX)
    )
