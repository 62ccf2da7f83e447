"""What a rule of a campaign offers for an activity, within its caps and its budget.

Pure functions on what was read; nothing is counted or moved here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import blake2b
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from ledger.book.account import Account, AccountState
from ledger.book.units import AMOUNT_MAX
from ledger.campaigns.budget import locked_budget
from ledger.campaigns.campaign_body import (
    Action,
    CampaignBody,
    CapMode,
    Counting,
    Measure,
    Phase,
    PointsAward,
    Rule,
    VoucherAward,
)
from ledger.campaigns.card import Card, find_card
from ledger.campaigns.considered import Considered
from ledger.campaigns.counts import Headroom, counted, headroom, named_counters
from ledger.campaigns.facts import Facts
from ledger.campaigns.member_then import MemberThen
from ledger.campaigns.own_facts import OwnFacts, own_facts
from ledger.campaigns.receipt import Reason
from ledger.campaigns.rows import LISTED_MEMBERS, listed_member_id, member_list_id
from ledger.campaigns.run import Looking, runs_before
from ledger.campaigns.segment import meant
from ledger.engine.state import State
from ledger.members.rows import MEMBER_ATTRIBUTES, MEMBER_FACTS
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme


class Seen(NamedTuple):
    """The activity as campaigns see it; `day` is the programme's local day of `occurred_at`, `then` the member at it."""

    member_id: UUID
    type: str
    occurred_at: datetime
    day: date
    channel: str | None
    branch: str | None
    facts: Facts
    then: MemberThen = MemberThen()


class Held(NamedTuple):
    """The level of a ladder whose multiplier an award is priced at, in percent."""

    ladder: str
    level: str
    percent: int


class Offer(NamedTuple):
    """What a rule may do: `amount` after caps of `wanted`; `budget` pays for it, None where none is set.

    inputs: what the condition saw, and what each counter that the rule looked back on stood at, the latest period first;
            what the segment saw before any rule, as `segment`
    """

    of: Considered
    phase: str
    rule: Rule
    variant: str | None
    base: int
    wanted: int
    amount: int
    headroom: tuple[Headroom, ...]
    budget: Account | None
    card: Card | None
    tier: Held | None
    inputs: dict[str, object]

    @property
    def multiplier(self) -> int:
        """The rule's own, in percent."""
        return self.rule.action.multiplier if isinstance(self.rule.action, PointsAward) else 100


class Look(NamedTuple):
    """A campaign's look at an activity; `facts` as its rules see them, `segment`: what its segment saw."""

    state: State
    programme: Programme
    now: datetime
    of: Considered
    seen: Seen
    phase: Phase
    variant: str | None
    facts: Facts
    segment: Mapping[str, object]


def why_not(state: State, of: Considered, seen: Seen, phase: Phase | None, now: datetime) -> Reason | None:
    """Why the campaign does not look at the activity, whatever its segment says; None where it may."""
    body = of.terms.body
    if now - seen.occurred_at > of.terms.late:
        return Reason.TOO_LATE
    if of.is_paused:
        return Reason.PAUSED
    if phase is None:
        return Reason.NO_PHASE
    if body.channels and seen.channel not in body.channels:
        return Reason.OTHER_CHANNEL
    if body.branches and seen.branch not in body.branches:
        return Reason.OTHER_BRANCH
    if body.member_list is not None and not _is_listed(state, of, seen, body.member_list):
        return Reason.OTHER_SEGMENT
    return None


def _is_listed(state: State, of: Considered, seen: Seen, code: str) -> bool:
    list_id = member_list_id(of.campaign.programme_id, code)
    return state.find(LISTED_MEMBERS, listed_member_id(list_id, seen.member_id)) is not None


def segment_inputs(state: State, of: Considered, seen: Seen) -> Mapping[str, object] | None:
    """What the campaign's segment saw of the member, nothing where it has none; None where it does not mean the member."""
    return meant(of.terms, seen.then, _own_facts(state, of, seen)) if of.body.segment else {}


def unmet(rule: Rule, variant: str | None, facts: Facts) -> Reason | None:
    """Why the rule does not hold for the activity; None where it does."""
    if rule.variants and variant not in rule.variants:
        return Reason.OTHER_VARIANT
    holds = facts.holds(rule.when)
    if holds:
        return None
    return Reason.CONDITION_FAILED if holds is None else Reason.CONDITION_FALSE


def offer(look: Look, rule: Rule) -> Offer | Reason:
    """The offer of a rule that holds, or why there is none."""
    runs = runs_before(_looking(look), rule) if rule.streak or rule.combination else ()
    if isinstance(runs, Reason):
        return runs
    card = _card(look, rule.action)
    tier = _held(look, rule.action)
    base, wanted = quantity(rule.action, look.facts, card, tier)
    if wanted <= 0:
        return Reason.ROUNDED_TO_NOTHING
    inputs = look.facts.inputs_of(rule.when)
    inputs |= {f"progress.{run.counter}": run.stood_at for run in runs}
    inputs |= {"segment": look.segment} if look.segment else {}
    plain = Offer(look.of, look.phase.code, rule, look.variant, base, wanted, wanted, (), None, card, tier, inputs)
    return plain if isinstance(rule.action, Counting) else _within(look, plain, rule.action.asset)


def _within(look: Look, plain: Offer, asset: str) -> Offer | Reason:
    """The offer as far as caps and the budget allow."""
    of, seen = look.of, look.seen
    rooms = tuple(headroom(look.state, of.body, seen.member_id, of.campaign.id, seen.day)) if of.body.caps else ()
    amount = within_caps(asset, plain.wanted, rooms)
    if amount == 0:
        return Reason.CAPPED
    if asset not in of.body.budgets:
        return plain._replace(amount=amount, headroom=rooms) if rooms else plain
    budget = locked_budget(look.state, of.campaign.programme_id, of.campaign.id, asset)
    if budget.state != AccountState.OPEN:
        return Reason.BUDGET_FROZEN
    if budget.posted < amount:
        return Reason.BUDGET_EXHAUSTED
    return plain._replace(amount=amount, headroom=rooms, budget=budget)


def _looking(look: Look) -> Looking:
    of, seen = look.of, look.seen
    today = local_date(look.now, look.programme.time_zone)
    return Looking(look.state, of.body, seen.member_id, of.campaign.id, seen.day, today)


def _card(look: Look, action: Action) -> Card | None:
    if not isinstance(action, PointsAward) or not action.cards:
        return None
    seen = look.seen
    return find_card(look.state, look.programme, seen.member_id, action.cards, seen.occurred_at, look.now)


def _held(look: Look, action: Action) -> Held | None:
    """The level that multiplies; None where the rule names no ladder."""
    code = action.ladder if isinstance(action, PointsAward) else None
    level = None if code is None else look.seen.then.levels.get(code)
    return None if code is None or level is None else Held(code, level.code, level.multiplier)


def quantity(action: Action, facts: Facts, card: Card | None, tier: Held | None) -> tuple[int, int]:
    """The base and what comes of it: rounded down once, after every multiplier."""
    if isinstance(action, VoucherAward):
        return 1, 1
    base, rate, per = _base(action, facts)
    percents = [action.multiplier] if isinstance(action, PointsAward) else []
    percents += [factor.percent for factor in (card, tier) if factor is not None]
    for percent in percents:
        rate, per = rate * percent, per * 100
    # Nobody holds more; what is above it a cap cuts, or the balance refuses.
    return base, min(base * rate // per, AMOUNT_MAX + 1)


def _base(measure: Measure, facts: Facts) -> tuple[int, int, int]:
    if measure.field is None:
        return measure.amount or 0, 1, 1
    value = facts.values[f"activity.{measure.field}"]
    return value if isinstance(value, int) else 0, measure.rate, measure.per


def within_caps(asset: str, wanted: int, rooms: tuple[Headroom, ...]) -> int:
    """What the caps leave of an award of `wanted`: it is cut first, and what remains fits into all of them or is 0. A
    voucher has no parts.
    """
    cuts = [room.left for room in rooms if room.cap.mode == CapMode.TRUNCATE and room.cap.counter == asset]
    amount = min([wanted, *cuts])
    return amount if all(room.need_of(asset, amount) <= room.left for room in rooms) else 0


def variant_of(body: CampaignBody, campaign_id: UUID, member_id: UUID) -> str | None:
    """The member's arm, by a hash of both ids over the weights: the same one for ever while the weights stay, in whatever
    order the arms are named.
    """
    if not body.variants:
        return None
    total = sum(variant.weight for variant in body.variants)
    digest = blake2b(campaign_id.bytes + member_id.bytes, digest_size=8, person=b"variant").digest()
    place = int.from_bytes(digest) % total
    for variant in sorted(body.variants, key=attrgetter("code")):
        place -= variant.weight
        if place < 0:
            return variant.code
    return None


def facts_of(state: State, of: Considered, seen: Seen) -> Facts:
    """The activity's facts; with the member's facts and counts where a condition names one."""
    own = _own_facts(state, of, seen)
    values = {**seen.facts.values, **own.values}
    return Facts(seen.facts.vocabulary.extended(own.fields), values, of.terms.whens[seen.type])


def _own_facts(state: State, of: Considered, seen: Seen) -> OwnFacts:
    terms = of.terms
    known = state.rows(MEMBER_ATTRIBUTES, of.campaign.programme_id) if terms.attributes else ()
    on_file = state.find(MEMBER_FACTS, seen.member_id) if terms.knows_member else None
    counters = named_counters(terms, seen.member_id, of.campaign.id, seen.day)
    return own_facts(terms, known, on_file, {name: counted(state, counter) for name, counter in counters.items()})
