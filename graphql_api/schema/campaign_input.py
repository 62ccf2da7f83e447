"""What a campaign promises: the terms of a version as they are given."""

from datetime import date

from graphql_api.schema.campaign_action import RuleActionInput, action_from
from graphql_api.schema.campaign_enums import CapMode, Period
from graphql_api.schema.descriptions import input_type
from ledger.book.units import Points
from ledger.campaigns import campaign_body as ledger
from ledger.campaigns.campaign_body import CampaignBody


@input_type
class CampaignRuleInput:
    """On an activity of a type, when the condition holds: do something.

    code:     its code, unique in the phase
    activity: the code of the type of activities
    action:   what it does
    when:     a condition in CEL over `activity`, `member` and `awards`, such as `activity.amount >= 5000`; always if empty
    variants: the arms of the test for which it holds; all if none is named
    """

    code: str
    activity: str
    action: RuleActionInput
    when: str = ""
    variants: list[str] | None = None


@input_type
class CampaignPhaseInput:
    """Rules that hold from one local date through another.

    code:     its code, unique in the campaign
    from_on:  the first local day
    until_on: the last local day
    rules:    looked at in this order; the first that awards is the campaign's one award for the activity
    """

    code: str
    from_on: date
    until_on: date
    rules: list[CampaignRuleInput]


@input_type
class CampaignCapInput:
    """At most so much per member and local period.

    counter: what it counts: `awards`, or the code of an asset whose units it counts
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
    """An arm of a test. Members fall to it in proportion to its weight, the same ones for ever.

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
    budgets:    the codes of the assets whose awards are paid from a budget; awards of others are not limited
    segment:    a condition in CEL over `member`, such as `"students" in member.segments`; everybody if empty
    channels:   where it holds; everywhere if none is named
    branches:   likewise
    variants:   the arms of its test
    priority:   lower ones look at an activity first, -1,000 to 1,000
    group:      of all campaigns of a group only the first one awards for an activity
    late_hours: how long after it occurred an activity is still looked at, 0 to 744
    """

    phases: list[CampaignPhaseInput]
    caps: list[CampaignCapInput] | None = None
    budgets: list[str] | None = None
    segment: str = ""
    channels: list[str] | None = None
    branches: list[str] | None = None
    variants: list[CampaignVariantInput] | None = None
    priority: int = 0
    group: str | None = None
    late_hours: int = 72


def body_from(given: CampaignTermsInput) -> CampaignBody:
    """The terms as the ledger's value."""
    return CampaignBody(
        phases=tuple(_phase(phase) for phase in given.phases),
        caps=tuple(
            ledger.Cap(counter=cap.counter, period=cap.period, limit=cap.limit, mode=cap.mode)
            for cap in given.caps or ()
        ),
        budgets=tuple(given.budgets or ()),
        segment=given.segment,
        channels=tuple(given.channels or ()),
        branches=tuple(given.branches or ()),
        variants=tuple(ledger.Variant(code=each.code, weight=each.weight) for each in given.variants or ()),
        priority=given.priority,
        group=given.group,
        late_hours=given.late_hours,
    )


def _phase(given: CampaignPhaseInput) -> ledger.Phase:
    rules = tuple(_rule(rule) for rule in given.rules)
    return ledger.Phase(code=given.code, from_on=given.from_on, until_on=given.until_on, rules=rules)


def _rule(given: CampaignRuleInput) -> ledger.Rule:
    return ledger.Rule(
        code=given.code,
        activity=given.activity,
        action=action_from(given.action),
        when=given.when,
        variants=tuple(given.variants or ()),
    )
