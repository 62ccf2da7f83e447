"""What a campaign offers for an activity: the first of its rules that awards, within its caps and its budget.

Pure functions on what was read; nothing is counted or moved here.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account, AccountState
from ledger.campaigns.budget import locked_budget
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_body import AWARDS, CampaignBody, CapMode, Phase, PointsAward, Rule
from ledger.campaigns.campaign_text import variable_of
from ledger.campaigns.considered import Considered
from ledger.campaigns.counts import Counter, Headroom, counted, headroom, starts_on
from ledger.campaigns.expression import MEMBER_FIELDS, Facts, Value, Variables
from ledger.campaigns.receipt import Reason
from ledger.engine.state import State
from ledger.members.rows import MEMBER_FACTS


class Seen(NamedTuple):
    """The activity as campaigns see it; `day` is the programme's local day of `occurred_at`."""

    member_id: UUID
    type: str
    occurred_at: datetime
    day: date
    channel: str | None
    branch: str | None
    variables: Variables
    values: dict[str, Value]
    facts: Facts


class Offer(NamedTuple):
    """An award that may be made: `amount` after caps of `wanted`; `budget` pays for it, None where none is set."""

    of: Considered
    phase: str
    rule: Rule
    variant: str | None
    base: int
    multiplier: int
    wanted: int
    amount: int
    headroom: tuple[Headroom, ...]
    budget: Account | None
    inputs: dict[str, Value]

    @property
    def asset(self) -> str:
        """The code of the asset that is awarded."""
        return self.rule.action.asset


class Skip(NamedTuple):
    """Why a campaign, or one of its rules, offers nothing."""

    of: Considered
    rule: str | None
    reason: Reason


def offer(state: State, of: Considered, seen: Seen, now: datetime) -> Offer | list[Skip]:
    """The campaign's offer, or every reason why there is none."""
    phase = of.body.phase_on(seen.day)
    reason = _why_not(state, of, phase, seen, now)
    if reason is not None or phase is None:
        return [Skip(of, None, reason or Reason.NO_PHASE)]
    variant = variant_of(of.body, of.campaign.id, seen.member_id)
    facts = _facts(state, of, seen)
    skips: list[Skip] = []
    for rule in phase.rules:
        found = _try(state, of, phase, rule, variant, seen, facts)
        if isinstance(found, Offer):
            return found
        skips.append(Skip(of, rule.code, found))
    told = [skip for skip in skips if skip.reason != Reason.OTHER_ACTIVITY]
    return told or [Skip(of, None, Reason.OTHER_ACTIVITY)]


def _why_not(state: State, of: Considered, phase: Phase | None, seen: Seen, now: datetime) -> Reason | None:
    if now - seen.occurred_at > of.terms.late:
        return Reason.TOO_LATE
    if CampaignState.PAUSED in (of.was, of.campaign.state):
        return Reason.PAUSED
    if phase is None:
        return Reason.NO_PHASE
    if of.body.channels and seen.channel not in of.body.channels:
        return Reason.OTHER_CHANNEL
    if of.body.branches and seen.branch not in of.body.branches:
        return Reason.OTHER_BRANCH
    if of.body.segment and not Facts(MEMBER_FIELDS, _member(state, of, seen), (of.body.segment,)).holds(
        of.body.segment
    ):
        return Reason.OTHER_SEGMENT
    return None


def _try(
    state: State, of: Considered, phase: Phase, rule: Rule, variant: str | None, seen: Seen, facts: Facts
) -> Offer | Reason:
    if rule.activity != seen.type:
        return Reason.OTHER_ACTIVITY
    if rule.variants and variant not in rule.variants:
        return Reason.OTHER_VARIANT
    holds = facts.holds(rule.when)
    if not holds:
        return Reason.CONDITION_FAILED if holds is None else Reason.CONDITION_FALSE
    base, wanted = points_of(rule.action, facts)
    if wanted <= 0:
        return Reason.ROUNDED_TO_NOTHING
    rooms = tuple(headroom(state, of.body, seen.member_id, of.campaign.id, seen.day))
    amount = within_caps(rule.action.asset, wanted, rooms)
    if amount == 0:
        return Reason.CAPPED
    budget = _budget(state, of, rule.action.asset)
    if budget is not None and budget.state != AccountState.OPEN:
        return Reason.BUDGET_FROZEN
    if budget is not None and budget.posted < amount:
        return Reason.BUDGET_EXHAUSTED
    inputs = {name: facts.values[name] for name in named_in(rule.when, seen.variables)}
    return Offer(of, phase.code, rule, variant, base, rule.action.multiplier, wanted, amount, rooms, budget, inputs)


def _budget(state: State, of: Considered, asset: str) -> Account | None:
    if asset not in of.body.budgets:
        return None
    return locked_budget(state, of.campaign.programme_id, of.campaign.id, asset)


def points_of(points: PointsAward, facts: Facts) -> tuple[int, int]:
    """The base and the points: rounded down once, after the multiplier."""
    if points.field is None:
        base = points.amount or 0
        return base, base * points.multiplier // 100
    value = facts.values[f"activity.{points.field}"]
    base = value if isinstance(value, int) else 0
    return base, base * points.rate * points.multiplier // (points.per * 100)


def within_caps(asset: str, wanted: int, rooms: tuple[Headroom, ...]) -> int:
    """What the caps leave of an award of `wanted`; 0 where one refuses it."""
    amount = wanted
    for cap, left in rooms:
        need = 1 if cap.counter == AWARDS else wanted if cap.counter == asset else 0
        if need <= left:
            continue
        if cap.counter == AWARDS or cap.mode == CapMode.REFUSE:
            return 0
        amount = min(amount, left)
    return amount


def variant_of(body: CampaignBody, campaign_id: UUID, member_id: UUID) -> str | None:
    """The member's arm, by a hash of both ids over the weights: the same one for ever while the weights stay."""
    total = sum(variant.weight for variant in body.variants)
    if total == 0:
        return None
    digest = blake2b(campaign_id.bytes + member_id.bytes, digest_size=8, person=b"variant").digest()
    place = int.from_bytes(digest) % total
    for variant in body.variants:
        place -= variant.weight
        if place < 0:
            return variant.code
    return None


def _facts(state: State, of: Considered, seen: Seen) -> Facts:
    """The activity's facts; with the member's facts and counts where a condition names one."""
    own = {**_member(state, of, seen), **dict(_counts(state, of, seen))}
    return Facts(seen.variables, {**seen.values, **own}, (of.terms.conditions,)) if own else seen.facts


def _member(state: State, of: Considered, seen: Seen) -> dict[str, Value]:
    """What the bank says of the member, where the campaign asks for it."""
    facts = state.find(MEMBER_FACTS, seen.member_id) if of.terms.knows_member else None
    return {} if facts is None else {"member.tiers": list(facts.tiers), "member.segments": list(facts.segments)}


def _counts(state: State, of: Considered, seen: Seen) -> Iterator[tuple[str, Value]]:
    for period in of.terms.periods:
        counter = Counter(seen.member_id, of.campaign.id, AWARDS, period, starts_on(period, seen.day))
        yield variable_of(period), counted(state, counter)


@lru_cache(maxsize=4096)
def named_in(condition: str, variables: Variables) -> tuple[str, ...]:
    """The variables that a condition names."""
    return tuple(name for name, _ in variables if name in condition)
