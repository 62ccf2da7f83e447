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
    state, seen, body = taker.state, taker.seen, of.body
    phase = body.phase_on(seen.day)
    reason = why_not(state, of, seen, phase, taker.now)
    if reason is not None or phase is None:
        return [skipped(of, reason or Reason.NO_PHASE)]
    segment = segment_inputs(state, of, seen)
    if segment is None:
        return [skipped(of, Reason.OTHER_SEGMENT)]
    if body.group in taker.groups and not of.terms.counts:
        return [skipped(of, Reason.GROUP_AWARDED)]
    if not of.terms.rules[phase.code, seen.type]:
        return [skipped(of, Reason.OTHER_ACTIVITY)]
    variant = variant_of(body, of.campaign.id, seen.member_id)
    facts = seen.facts if of.terms.is_plain else facts_of(state, of, seen)
    return _try_rules(taker, Look(state, taker.programme, taker.now, of, seen, phase, variant, facts, segment))


def _try_rules(taker: Taker, look: Look) -> list[Skip]:
    """The phase's rules for the activity, one after the other, each on the facts that the ones before it left."""
    terms, phase = look.of.terms, look.phase.code
    skips, has_awarded = [], False
    for rule in terms.rules[phase, look.seen.type]:
        is_award = rule.action.is_award
        if is_award and has_awarded:
            continue
        reason = _follow(taker, look, rule)
        if reason is not None:
            skips.append(skipped_rule(look.of, rule.code, reason, phase, look.variant))
            continue
        has_awarded = has_awarded or is_award
        if not terms.is_plain:
            look = look._replace(facts=facts_of(look.state, look.of, look.seen))
    return [] if has_awarded else skips


def _follow(taker: Taker, look: Look, rule: Rule) -> Reason | None:
    """Does what the rule says, or tells why not."""
    if rule.action.is_award and look.of.body.group in taker.groups:
        return Reason.GROUP_AWARDED
    reason = unmet(rule, look.variant, look.facts)
    if reason is not None:
        return reason
    found = offer(look, rule)
    return found if isinstance(found, Reason) else taker.take(found)
