"""Looking: what campaigns do for an activity, rule by rule, and why one awards nothing where it does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ledger.campaigns.campaign_body import Rule
from ledger.campaigns.considered import Considered
from ledger.campaigns.offer import Look, Offer, Seen, facts_of, offer, segment_inputs, unmet, variant_of, why_not
from ledger.campaigns.receipt import Reason
from ledger.campaigns.skip import Skip, skipped, skipped_rule
from ledger.campaigns.turns import Turns
from ledger.engine.state import State
from ledger.programme.rows import Programme


class Taker(Protocol):
    """Takes offers for one activity: a report posts them, a simulation only counts them.

    groups: those whose award for the activity was taken
    """

    state: State
    programme: Programme
    seen: Seen
    now: datetime
    groups: set[str | None]

    def take(self, offer: Offer) -> Reason | None:
        """The offer is accepted and counted; or why it cannot be."""
        ...


def take_turns(taker: Taker, turns: Turns) -> list[Skip]:
    """Lets every campaign look at the activity in its turn. Every reason why there was no award of it."""
    seen, places = taker.seen, range(len(turns))
    open_: Sequence[int] = places
    if taker.now - seen.occurred_at <= turns.late:
        open_ = turns.open(seen.facts.not_false())
    skips: list[Skip] = []
    next_ = 0
    for place in open_:
        if next_ < place:
            skips += turns.passed(next_, place, taker.groups)
        skips += look_at(taker, turns.of(place))
        next_ = place + 1
    if next_ < len(places):
        skips += turns.passed(next_, len(places), taker.groups)
    return skips


def look_at(taker: Taker, of: Considered) -> list[Skip]:
    """Counts what counts and takes the first offer of an award. Every reason why there was none; nothing where there
    was one.
    """
    state, seen, terms = taker.state, taker.seen, of.terms
    body = terms.body
    phase = body.phase_on(seen.day)
    reason = why_not(state, of, seen, phase, taker.now)
    if reason is not None or phase is None:
        return [skipped(of, reason or Reason.NO_PHASE)]
    segment = segment_inputs(state, of, seen)
    if segment is None:
        return [skipped(of, Reason.OTHER_SEGMENT)]
    if body.group in taker.groups and not terms.counts:
        return [skipped(of, Reason.GROUP_AWARDED)]
    variant = variant_of(body, of.campaign.id, seen.member_id) if body.variants else None
    facts = seen.facts if terms.is_plain else facts_of(state, of, seen)
    skips, has_awarded = [], False
    rules = terms.rules[phase.code, seen.type]
    for rule in rules:
        is_award = rule.action.is_award
        if is_award and has_awarded:
            continue
        reason = Reason.GROUP_AWARDED if is_award and body.group in taker.groups else unmet(rule, variant, facts)
        if reason is None:
            look = Look(state, taker.programme, taker.now, of, seen, phase, variant, facts, segment)
            reason = _follow(taker, look, rule)
        if reason is not None:
            skips.append(skipped_rule(of, rule.code, reason, phase.code, variant))
            continue
        has_awarded = has_awarded or is_award
        if not terms.is_plain:
            facts = facts_of(state, of, seen)
    if has_awarded:
        return []
    return skips if rules else [skipped(of, Reason.OTHER_ACTIVITY)]


def _follow(taker: Taker, look: Look, rule: Rule) -> Reason | None:
    """Does what the rule says, or tells why not."""
    found = offer(look, rule)
    return found if isinstance(found, Reason) else taker.take(found)
