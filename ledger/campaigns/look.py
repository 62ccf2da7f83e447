"""Looking: what one campaign does for an activity, rule by rule, and why it awards nothing where it does not."""

from ledger.campaigns.award import Awarding
from ledger.campaigns.campaign_body import Phase, Rule
from ledger.campaigns.considered import Considered
from ledger.campaigns.offer import Look, Skip, facts_of, offer, variant_of, why_not
from ledger.campaigns.receipt import Reason


def look_at(awarding: Awarding, of: Considered) -> list[Skip]:
    """Counts what counts and takes the first offer of an award. Every reason why there was none; nothing where there
    was one.
    """
    state, seen, now = awarding.state, awarding.seen, awarding.now
    phase, reason = of.body.phase_on(seen.day), why_not(state, of, seen, now)
    if reason is not None or phase is None:
        return [Skip(of, None, reason or Reason.NO_PHASE)]
    if of.body.group in awarding.groups and not of.body.counters:
        return [Skip(of, None, Reason.GROUP_AWARDED)]
    look = Look(
        state=state,
        programme=awarding.programme,
        now=now,
        of=of,
        seen=seen,
        phase=phase,
        variant=variant_of(of.body, of.campaign.id, seen.member_id),
        facts=facts_of(state, of, seen),
    )
    return _look(awarding, look, phase)


def _look(awarding: Awarding, look: Look, phase: Phase) -> list[Skip]:
    skips: list[Skip] = []
    has_awarded = has_counted = False
    for rule in phase.rules:
        if has_awarded and rule.action.is_award:
            continue
        reason = _follow(awarding, look, rule)
        if reason is None:
            has_awarded, has_counted = has_awarded or rule.action.is_award, True
        elif reason != Reason.OTHER_ACTIVITY:
            skips.append(Skip(look.of, rule.code, reason))
    if has_awarded:
        return []
    return skips if skips or has_counted else [Skip(look.of, None, Reason.OTHER_ACTIVITY)]


def _follow(awarding: Awarding, look: Look, rule: Rule) -> Reason | None:
    """Does what the rule says, or tells why not."""
    if rule.activity != look.seen.type:
        return Reason.OTHER_ACTIVITY
    if rule.action.is_award and look.of.body.group in awarding.groups:
        return Reason.GROUP_AWARDED
    found = offer(look, rule)
    if isinstance(found, Reason):
        return found
    reason = awarding.take(found)
    if reason is None and not rule.action.is_award:
        look.refresh()
    return reason
