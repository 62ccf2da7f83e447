"""Looking: what one campaign does for an activity, rule by rule, and why it awards nothing where it does not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ledger.campaigns.campaign_body import Rule
from ledger.campaigns.considered import Considered
from ledger.campaigns.offer import Look, Offer, Seen, Skip, facts_of, offer, variant_of, why_not
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
    state, seen, now, body = taker.state, taker.seen, taker.now, of.terms.body
    reason, phase = why_not(state, of, seen, now), body.phase_on(seen.day)
    if reason is not None or phase is None:
        return [Skip(of, None, reason or Reason.NO_PHASE)]
    if body.group in taker.groups and not of.terms.counts:
        return [Skip(of, None, Reason.GROUP_AWARDED)]
    look = Look(
        state=state,
        programme=taker.programme,
        now=now,
        of=of,
        seen=seen,
        phase=phase,
        variant=variant_of(body, of.campaign.id, seen.member_id),
        facts=facts_of(state, of, seen),
    )
    return _look(taker, look, of.terms.rules[phase.code, seen.type])


def _look(taker: Taker, look: Look, rules: Sequence[Rule]) -> list[Skip]:
    skips: list[Skip] = []
    has_awarded = False
    for rule in rules:
        if has_awarded and rule.action.is_award:
            continue
        reason = _follow(taker, look, rule)
        if reason is None:
            has_awarded = has_awarded or rule.action.is_award
        else:
            skips.append(Skip(look.of, rule.code, reason, look.phase.code, look.variant))
    if has_awarded:
        return []
    return skips if rules else [Skip(look.of, None, Reason.OTHER_ACTIVITY)]


def _follow(taker: Taker, look: Look, rule: Rule) -> Reason | None:
    """Does what the rule says, or tells why not."""
    is_award = rule.action.is_award
    if is_award and look.of.terms.body.group in taker.groups:
        return Reason.GROUP_AWARDED
    found = offer(look, rule)
    if isinstance(found, Reason):
        return found
    reason = taker.take(found)
    if reason is None and not is_award:
        look.refresh()
    return reason
