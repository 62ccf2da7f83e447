"""Simulating a draft over recorded activities: what it would have given to whom, and why it would have given nothing."""

from datetime import date, datetime

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Role, Scope
from graphql_api.schema.amounts import maybe_points
from graphql_api.schema.campaign_enums import ActionKind, Reason
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import MEMBER, id_of
from graphql_api.schema.query import query
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import Points
from ledger.campaigns import simulation_report as ledger
from ledger.campaigns.simulate import Simulation, simulate

ACTIVITIES_MAX = 5_000
"""What a request may take time for; `scrip campaign simulate` looks at as many as there are."""
BUDGETS_MAX = 100


@object_type
class SimulatedCost:
    """What the draft's rules would have done of one kind with one asset, template, counter or ladder.

    kind:     what they do
    code:     the asset, template, counter or ladder
    awards:   how many times
    amount:   points, vouchers, donated points, steps of the counter or credit
    returned: what refunds would have taken back of it; vouchers as if none of them had been used
    cost:     what the draft's budget would have paid, less what refunds bring back; 0 without a budget
    """

    kind: ActionKind
    code: str
    awards: int
    amount: Points
    returned: Points
    cost: Points


@object_type
class SimulatedBudget:
    """A budget of the draft.

    asset:        the code of what it pays for: an asset's, or `voucher:` and a template's
    given:        what it was given; null = as much as needed
    left:         what would be left of that
    exhausted_at: when it first would not have covered an award
    """

    asset: str
    given: Points | None
    left: Points | None
    exhausted_at: datetime | None


@object_type
class SimulatedReason:
    """Why the draft would have awarded nothing.

    reason:     why
    rule:       the rule that was looked at; null where it did not come to the rules
    activities: for how many activities
    """

    reason: Reason
    rule: str | None
    activities: int


@object_type
class SimulatedMember:
    """A member, and how often.

    member_id: the member
    times:     how often
    """

    member_id: strawberry.ID
    times: int


@object_type
class SimulatedGroup:
    """A rule, phase or variant of the draft.

    code:    its code
    awards:  its awards
    winners: how many members would have had one
    """

    code: str
    awards: int
    winners: int


@object_type
class CampaignSimulation:
    """What a draft would have come to. Nothing was posted; progress and credit on ladders are no awards.

    activities:   how many were looked at, without refunds
    refunds:      how many refunds
    is_complete:  whether these were all that were recorded on the draft's days
    reached:      members with an activity that the rules looked at
    winners:      members with an award
    awards:       how many awards
    capped:       members who would have had more without a cap or a template's limit
    costs:        what was given, by kind
    budgets:      the draft's budgets
    reasons:      why nothing was awarded, the most frequent first; 20 at most
    most_awarded: the members with the most awards, 20 at most
    most_capped:  the members who were capped most often, 20 at most
    rules:        by rule
    phases:       by phase
    variants:     by arm of the test
    """

    activities: int
    refunds: int
    is_complete: bool
    reached: int
    winners: int
    awards: int
    capped: int
    costs: list[SimulatedCost]
    budgets: list[SimulatedBudget]
    reasons: list[SimulatedReason]
    most_awarded: list[SimulatedMember]
    most_capped: list[SimulatedMember]
    rules: list[SimulatedGroup]
    phases: list[SimulatedGroup]
    variants: list[SimulatedGroup]


@input_type
class SimulatedBudgetInput:
    """What the draft may spend on an asset.

    asset:  the code of what it pays for: an asset's, or `voucher:` and a template's
    amount: how much, in the asset's smallest unit; vouchers by the piece
    """

    asset: str
    amount: Points


def simulation_of(report: ledger.SimulationReport) -> CampaignSimulation:
    """The ledger's report as its GraphQL type."""
    return CampaignSimulation(
        activities=report.activities,
        refunds=report.refunds,
        is_complete=report.is_complete,
        reached=report.reached,
        winners=report.winners,
        awards=report.awards,
        capped=report.capped,
        costs=[_cost(line) for line in report.costs],
        budgets=[_budget(line) for line in report.budgets],
        reasons=[
            SimulatedReason(reason=line.reason, rule=line.rule, activities=line.activities) for line in report.reasons
        ],
        most_awarded=[_member(line) for line in report.most_awarded],
        most_capped=[_member(line) for line in report.most_capped],
        rules=[_group(line) for line in report.rules],
        phases=[_group(line) for line in report.phases],
        variants=[_group(line) for line in report.variants],
    )


def _cost(line: ledger.CostLine) -> SimulatedCost:
    return SimulatedCost(
        kind=line.kind,
        code=line.code,
        awards=line.awards,
        amount=Points(line.amount),
        returned=Points(line.returned),
        cost=Points(line.cost),
    )


def _budget(line: ledger.BudgetLine) -> SimulatedBudget:
    return SimulatedBudget(
        asset=line.asset,
        given=maybe_points(line.given),
        left=maybe_points(line.left),
        exhausted_at=line.exhausted_at,
    )


def _member(line: ledger.MemberLine) -> SimulatedMember:
    return SimulatedMember(member_id=id_of(MEMBER, line.member_id), times=line.times)


def _group(line: ledger.GroupLine) -> SimulatedGroup:
    return SimulatedGroup(code=line.code, awards=line.awards, winners=line.winners)


async def campaign_simulation(
    info: Info,
    code: str,
    starting_on: date | None = None,
    budgets: list[SimulatedBudgetInput] | None = None,
    activities: int = ACTIVITIES_MAX,
) -> CampaignSimulation | None:
    """A campaign's newest version over the activities that were recorded on the days of its phases; nothing is posted.

    Members are taken as the bank describes them today, without multiplier cards, and other campaigns as absent.

    code:        the campaign's code
    starting_on: the local day on which the first phase begins, all others moved along; by default as the draft says
    budgets:     what it may spend; budgets that are not named are as large as needed
    activities:  stop after so many, 1 to 5,000; the command line looks at all of them
    """
    if not 1 <= activities <= ACTIVITIES_MAX or len(budgets or ()) > BUDGETS_MAX:
        raise InvalidInput(f"At most {ACTIVITIES_MAX} activities and {BUDGETS_MAX} budgets.")
    limits = {budget.asset: budget.amount for budget in budgets or ()}
    if len(limits) < len(budgets or ()):
        raise InvalidInput("An asset has one budget.")
    asked = Simulation(
        campaign=code,
        starting_on=starting_on,
        budgets=limits,
        activities_max=activities,
    )
    try:
        report = await info.context.read(simulate, asked)
    except Refusal as refusal:
        if refusal.code == RefusalCode.CAMPAIGN_NOT_FOUND:
            return None
        raise InvalidInput(f"{refusal.rule.message} ({refusal.facts.get('field')})") from None
    return simulation_of(report)


CAMPAIGN_SIMULATION = query(
    campaign_simulation,
    requires(Scope.CAMPAIGN_READ_ANY, cost=5_000),
    callers=frozenset({Role.OPERATOR, Role.APPROVER}),
)
