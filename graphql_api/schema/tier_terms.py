"""What a ladder of tiers promises: its terms as they are told and as they are given."""

from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.tier_enums import Demotion, MetricKind, PackPeriod, Promotion, WindowKind
from ledger.book.units import Points
from ledger.tiers import ladder_body as ledger
from ledger.tiers.ladder_body import LadderBody


@object_type
class TierMetric:
    """What is counted.

    kind:       what brings a member up
    activities: the codes of the types of activities that count; where none is named, only what rules of campaigns credit
    asset:      the code of the points asset, for `POINTS`
    field:      the field of the payload, for `SNAPSHOT`
    """

    kind: MetricKind
    activities: list[str]
    asset: str | None
    field: str | None


@object_type
class TierWindow:
    """Over which time it is counted.

    kind: which window
    days: of a rolling one, how many days
    """

    kind: WindowKind
    days: int | None


@object_type
class TierLevel:
    """A step of a ladder.

    code:       its code
    threshold:  of the metric, from which on it is reached
    multiplier: what the rules that name the ladder multiply points by, in percent
    pack:       the codes of the voucher templates that whoever is promoted to it receives
    """

    code: str
    threshold: Points
    multiplier: int
    pack: list[str]


@object_type
class TierTerms:
    """A ladder's terms.

    metric:      what is counted
    window:      over which time
    levels:      from the lowest one up; everybody begins on the first
    promotion:   when a member rises
    demotion:    how far a member falls who no longer reaches its level
    grace_days:  how long such a member keeps its level, to make up for it
    pack_period: how often a level's pack is given
    late_hours:  how long after it occurred an activity still counts
    """

    metric: TierMetric
    window: TierWindow
    levels: list[TierLevel]
    promotion: Promotion
    demotion: Demotion
    grace_days: int
    pack_period: PackPeriod
    late_hours: int


def level_of(level: ledger.Level) -> TierLevel:
    """The ledger's level as its GraphQL type."""
    return TierLevel(
        code=level.code, threshold=Points(level.threshold), multiplier=level.multiplier, pack=list(level.pack)
    )


def terms_of(body: LadderBody) -> TierTerms:
    """The ledger's terms as their GraphQL type."""
    metric = body.metric
    return TierTerms(
        metric=TierMetric(kind=metric.kind, activities=list(metric.activities), asset=metric.asset, field=metric.field),
        window=TierWindow(kind=body.window.kind, days=body.window.days),
        levels=[level_of(level) for level in body.levels],
        promotion=body.promotion,
        demotion=body.demotion,
        grace_days=body.grace_days,
        pack_period=body.pack_period,
        late_hours=body.late_hours,
    )


@input_type
class TierMetricInput:
    """What is counted.

    kind:       what brings a member up
    activities: the codes of the types of activities that count; where none is named, only what rules of campaigns credit
    asset:      the code of the points asset, for `POINTS` only
    field:      the field of the payload, a whole number, for `SNAPSHOT` only
    """

    kind: MetricKind
    activities: list[str]
    asset: str | None = None
    field: str | None = None


@input_type
class TierWindowInput:
    """Over which time it is counted.

    kind: which window
    days: of a rolling one, how many days, 2 to 731; for the others none
    """

    kind: WindowKind
    days: int | None = None


@input_type
class TierLevelInput:
    """A step of a ladder.

    code:       its code, unique in the ladder
    threshold:  of the metric, from which on it is reached; of the first level 0, of each other one more than before it
    multiplier: what the rules that name the ladder multiply points by, in percent
    pack:       the codes of the voucher templates that whoever is promoted to it receives, 10 at most
    """

    code: str
    threshold: Points
    multiplier: int = 100
    pack: list[str] | None = None


@input_type
class TierTermsInput:
    """A ladder's terms.

    metric:      what is counted
    window:      over which time
    levels:      from the lowest one up, 20 at most; everybody begins on the first
    promotion:   when a member rises
    demotion:    how far a member falls who no longer reaches its level
    grace_days:  how long such a member keeps its level, to make up for it; less than the window
    pack_period: how often a level's pack is given
    late_hours:  how long after it occurred an activity still counts
    """

    metric: TierMetricInput
    window: TierWindowInput
    levels: list[TierLevelInput]
    promotion: Promotion = Promotion.NOW
    demotion: Demotion = Demotion.NONE
    grace_days: int = 0
    pack_period: PackPeriod = PackPeriod.YEAR
    late_hours: int = 72


def body_from(given: TierTermsInput) -> LadderBody:
    """The terms as the ledger's value."""
    metric = given.metric
    levels = [
        ledger.Level(
            code=level.code, threshold=level.threshold, multiplier=level.multiplier, pack=tuple(level.pack or ())
        )
        for level in given.levels
    ]
    return LadderBody(
        metric=ledger.Metric(
            kind=metric.kind, activities=tuple(metric.activities), asset=metric.asset, field=metric.field
        ),
        window=ledger.Window(kind=given.window.kind, days=given.window.days),
        levels=tuple(levels),
        promotion=given.promotion,
        demotion=given.demotion,
        grace_days=given.grace_days,
        pack_period=given.pack_period,
        late_hours=given.late_hours,
    )
