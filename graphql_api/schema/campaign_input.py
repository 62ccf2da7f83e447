"""What a campaign promises: the terms of a version as they are given."""

from datetime import date

from graphql_api.schema.campaign_action import RuleActionInput, action_from
from graphql_api.schema.campaign_enums import CapMode, Period
from graphql_api.schema.descriptions import input_type
from ledger.book.units import Points
from ledger.campaigns import campaign_body as ledger
from ledger.campaigns.campaign_body import CampaignBody


@input_type
class CampaignCounterInput:
    """What a campaign counts of a member per local period. Conditions name it `progress.` and its code.

    code:   its code: a letter or an underscore, then letters, digits and underscores
    period: the period after which it begins anew
    """

    code: str
    period: Period


@input_type
class StreakInput:
    """In each of so many periods of a counter in a row, the activity's own the last, it reached so much.

    counter: the code of the counter
    length:  how many periods, 2 to 31
    least:   how much in each
    """

    counter: str
    length: int
    least: Points = Points(1)


@input_type
class CombinationInput:
    """Within so many local days, the activity's own the last, each of these counters moved.

    counters: the codes of 2 to 5 daily counters
    days:     how many days, 1 to 31
    """

    counters: list[str]
    days: int


@input_type
class CampaignRuleInput:
    """On an activity of a type, when the condition holds: do something.

    code:        its code, unique in the phase
    activity:    the code of the type of activities
    action:      what it does
    when:        a condition in CEL over `activity`, `member`, `awards` and `progress`, such as `activity.amount >= 5000`;
                 always if empty
    variants:    the arms of the test for which it holds; all if none is named
    streak:      what must have come about over several periods since it last awarded
    combination: what must have come together since it last awarded
    """

    code: str
    activity: str
    action: RuleActionInput
    when: str = ""
    variants: list[str] | None = None
    streak: StreakInput | None = None
    combination: CombinationInput | None = None


@input_type
class CampaignPhaseInput:
    """Rules that hold from one local date through another.

    code:     its code, unique in the campaign
    from_on:  the first local day
    until_on: the last local day
    rules:    looked at in this order; the first that awards is the campaign's one award for the activity, and each
              that counts progress does
    """

    code: str
    from_on: date
    until_on: date
    rules: list[CampaignRuleInput]


@input_type
class CampaignCapInput:
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
    mode: CapMode = CapMode.TRUNCATE


@input_type
class CampaignVariantInput:
    """An arm of a test. Members fall to it in proportion to its weight, the same ones while no weight changes.

    code:   its code
    weight: its weight, 1 to 10,000
    """

    code: str
    weight: int


@input_type
class CampaignTermsInput:
    """What a campaign promises.

    phases:     in the order of their dates; they do not overlap
    caps:       the most per member
    budgets:    the codes of the assets whose awards are paid from a budget, `voucher:` and a template's code for
                vouchers by the piece; awards of others are not limited
    counters:   what rules count and conditions ask for, 20 at most
    segment:    a condition in CEL over the member and what it has had of the campaign, such as
                `"students" in member.segments && awards.total == 0`; everybody if empty
    channels:   the channels in which it holds; all if none is named
    branches:   the branches where it holds; everywhere if none is named
    variants:   the arms of its test
    priority:   lower ones look at an activity first, -1,000 to 1,000
    group:      of all campaigns of a group only the first one awards for an activity
    late_hours: how long after it occurred an activity is still looked at, 0 to 744
    member_list: the code of a list of members, see `scrip campaign members`; only those on it
    """

    phases: list[CampaignPhaseInput]
    caps: list[CampaignCapInput] | None = None
    budgets: list[str] | None = None
    counters: list[CampaignCounterInput] | None = None
    segment: str = ""
    channels: list[str] | None = None
    branches: list[str] | None = None
    variants: list[CampaignVariantInput] | None = None
    priority: int = 0
    group: str | None = None
    late_hours: int = 72
    member_list: str | None = None


def body_from(given: CampaignTermsInput) -> CampaignBody:
    """The terms as the ledger's value."""
    return CampaignBody(
        phases=tuple(_phase(phase) for phase in given.phases),
        caps=tuple(
            ledger.Cap(counter=cap.counter, period=cap.period, limit=cap.limit, mode=cap.mode)
            for cap in given.caps or ()
        ),
        budgets=tuple(given.budgets or ()),
        counters=tuple(ledger.ProgressCounter(code=each.code, period=each.period) for each in given.counters or ()),
        segment=given.segment,
        channels=tuple(given.channels or ()),
        branches=tuple(given.branches or ()),
        variants=tuple(ledger.Variant(code=each.code, weight=each.weight) for each in given.variants or ()),
        priority=given.priority,
        group=given.group,
        late_hours=given.late_hours,
        member_list=given.member_list,
    )


def _phase(given: CampaignPhaseInput) -> ledger.Phase:
    rules = tuple(_rule(rule) for rule in given.rules)
    return ledger.Phase(code=given.code, from_on=given.from_on, until_on=given.until_on, rules=rules)


def _rule(given: CampaignRuleInput) -> ledger.Rule:
    streak, combination = given.streak, given.combination
    return ledger.Rule(
        code=given.code,
        activity=given.activity,
        action=action_from(given.action),
        when=given.when,
        variants=tuple(given.variants or ()),
        streak=None
        if streak is None
        else ledger.Streak(counter=streak.counter, length=streak.length, least=streak.least),
        combination=None
        if combination is None
        else ledger.Combination(counters=tuple(combination.counters), days=combination.days),
    )
