"""What a campaign promises: the terms of a version as they are shown."""

from datetime import date

from graphql_api.schema.campaign_action import RuleAction, action_of
from graphql_api.schema.campaign_enums import CapMode, Period
from graphql_api.schema.descriptions import object_type
from ledger.book.units import Points
from ledger.campaigns import campaign_body as ledger
from ledger.campaigns.campaign_body import CampaignBody


@object_type
class CampaignCounter:
    """What a campaign counts of a member per local period.

    code:   its code
    period: the period after which it begins anew
    """

    code: str
    period: Period


@object_type
class Streak:
    """In each of so many periods of a counter in a row, the activity's own the last, it reached so much.

    counter: the code of the counter
    length:  how many periods
    least:   how much in each
    """

    counter: str
    length: int
    least: Points


@object_type
class Combination:
    """Within so many local days, the activity's own the last, each of these counters moved.

    counters: the codes of the counters
    days:     how many days
    """

    counters: list[str]
    days: int


@object_type
class CampaignRule:
    """On an activity of a type, when the condition holds: do something.

    code:        its code
    activity:    the code of the type of activities
    action:      what it does
    when:        the condition in CEL; always if empty
    variants:    the arms of the test for which it holds; all if none is named
    streak:      what must have come about over several periods since it last awarded
    combination: what must have come together since it last awarded
    """

    code: str
    activity: str
    action: RuleAction
    when: str
    variants: list[str]
    streak: Streak | None
    combination: Combination | None


@object_type
class CampaignPhase:
    """Rules that hold from one local date through another.

    code:     its code
    from_on:  the first local day
    until_on: the last local day
    rules:    looked at in this order
    """

    code: str
    from_on: date
    until_on: date
    rules: list[CampaignRule]


@object_type
class CampaignCap:
    """At most so much per member and local period.

    counter: what it counts: `awards`, or the code of an asset whose units it counts; `voucher:` and a template's code
             for vouchers
    period:  in which period
    limit:   the most
    mode:    what happens to an award above it
    """

    counter: str
    period: Period
    limit: Points
    mode: CapMode


@object_type
class CampaignVariant:
    """An arm of a test.

    code:   its code
    weight: its weight
    """

    code: str
    weight: int


@object_type
class CampaignTerms:
    """What a campaign promises.

    phases:     in the order of their dates
    caps:       the most per member
    budgets:    the codes of the assets whose awards are paid from a budget, `voucher:` and a template's code for
                vouchers by the piece; awards of others are not limited
    counters:   what rules count and conditions ask for
    segment:    a condition in CEL over the member and what it has had of the campaign; everybody if empty
    channels:   the channels in which it holds; all if none is named
    branches:   the branches where it holds; everywhere if none is named
    variants:   the arms of its test
    priority:   lower ones look at an activity first
    group:      of all campaigns of a group only the first one awards for an activity
    late_hours: how long after it occurred an activity is still looked at
    member_list: the code of the list of members whom it is for; null for all
    """

    phases: list[CampaignPhase]
    caps: list[CampaignCap]
    budgets: list[str]
    counters: list[CampaignCounter]
    segment: str
    channels: list[str]
    branches: list[str]
    variants: list[CampaignVariant]
    priority: int
    group: str | None
    late_hours: int
    member_list: str | None


def terms_of(body: CampaignBody) -> CampaignTerms:
    """The body as its GraphQL type."""
    return CampaignTerms(
        phases=[_phase(phase) for phase in body.phases],
        caps=[
            CampaignCap(counter=cap.counter, period=cap.period, limit=Points(cap.limit), mode=cap.mode)
            for cap in body.caps
        ],
        budgets=list(body.budgets),
        counters=[CampaignCounter(code=each.code, period=each.period) for each in body.counters],
        segment=body.segment,
        channels=list(body.channels),
        branches=list(body.branches),
        variants=[CampaignVariant(code=each.code, weight=each.weight) for each in body.variants],
        priority=body.priority,
        group=body.group,
        late_hours=body.late_hours,
        member_list=body.member_list,
    )


def _phase(phase: ledger.Phase) -> CampaignPhase:
    rules = [_rule(rule) for rule in phase.rules]
    return CampaignPhase(code=phase.code, from_on=phase.from_on, until_on=phase.until_on, rules=rules)


def _rule(rule: ledger.Rule) -> CampaignRule:
    streak, combination = rule.streak, rule.combination
    return CampaignRule(
        code=rule.code,
        activity=rule.activity,
        action=action_of(rule.action),
        when=rule.when,
        variants=list(rule.variants),
        streak=None
        if streak is None
        else Streak(counter=streak.counter, length=streak.length, least=Points(streak.least)),
        combination=None
        if combination is None
        else Combination(counters=list(combination.counters), days=combination.days),
    )
