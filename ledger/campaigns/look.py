"""Looking: what one campaign does for an activity, rule by rule, and why it awards nothing where it does not."""

from datetime import datetime
from typing import Protocol

from ledger.campaigns.campaign_body import Rule
from ledger.campaigns.considered import Considered
from ledger.campaigns.offer import Look, Offer, Seen, Skip, facts_of, offer, unmet, variant_of, why_not
from ledger.campaigns.receipt import Reason
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


def look_at(taker: Taker, of: Considered) -> list[Skip]:
    """Counts what counts and takes the first offer of an award. Every reason why there was none; nothing where there
    was one.
    """
    seen, terms = taker.seen, of.terms
    phase = terms.body.phase_on(seen.day)
    reason = why_not(taker.state, of, seen, phase, taker.now)
    if reason is not None or phase is None:
        return [Skip(of, None, reason or Reason.NO_PHASE)]
    if terms.body.group in taker.groups and not terms.counts:
        return [Skip(of, None, Reason.GROUP_AWARDED)]
    rules = terms.rules[phase.code, seen.type]
    look = Look(
        state=taker.state,
        programme=taker.programme,
        now=taker.now,
        of=of,
        seen=seen,
        phase=phase,
        variant=variant_of(terms.body, of.campaign.id, seen.member_id),
        facts=facts_of(taker.state, of, seen),
    )
    skips, has_awarded = [], False
    for rule in rules:
        if has_awarded and rule.action.is_award:
            continue
        reason = _follow(taker, look, rule)
        if reason is None:
            has_awarded = has_awarded or rule.action.is_award
        else:
            skips.append(Skip(of, rule.code, reason, phase.code, look.variant))
    if has_awarded:
        return []
    return skips if rules else [Skip(of, None, Reason.OTHER_ACTIVITY)]


def _follow(taker: Taker, look: Look, rule: Rule) -> Reason | None:
    """Does what the rule says, or tells why not."""
    is_award = rule.action.is_award
    if is_award and look.of.terms.body.group in taker.groups:
        return Reason.GROUP_AWARDED
    reason = unmet(rule, look.variant, look.facts)
    if reason is not None:
        return reason
    found = offer(look, rule)
    if isinstance(found, Reason):
        return found
    reason = taker.take(found)
    if reason is None and not is_award:
        look.refresh()
    return reason
