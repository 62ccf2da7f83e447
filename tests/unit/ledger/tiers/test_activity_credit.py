"""What activities bring on ladders, what refunds take back, and at which level an activity is priced."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ledger.book.units import AMOUNT_MAX, ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.ids import IdSource
from ledger.engine.state import State
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme, asset_id
from ledger.tiers.activity_credit import Deed, Undone, credit_activity, measured, take_back, taken_back
from ledger.tiers.held_levels import is_tier_due, levels_at, settle_tiers
from ledger.tiers.ladder_body import (
    Demotion,
    LadderBody,
    Level,
    Metric,
    MetricKind,
    PackPeriod,
    Window,
    WindowKind,
)
from ledger.tiers.ladder_text import body_text
from ledger.tiers.rows import (
    CREDITS,
    LADDER_VERSIONS,
    LADDERS,
    PACKS,
    STANDINGS,
    STEPS,
    Ladder,
    LadderVersion,
    ladder_id,
    pack_id,
    standing_id,
)
from ledger.tiers.window import pack_starts_on

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
PROGRAMME = Programme(ProgrammeId(UUID(int=1)), "P", "Programme", "UTC", datetime(2020, 1, 1, tzinfo=UTC), 1)
MEMBER = UUID(int=2)
BANK = Actor(kind="service", id="bank", programme_id=PROGRAMME.id)
POINTS = asset_id(PROGRAMME.id, "POINTS")
SPEND = LadderBody(
    metric=Metric(kind=MetricKind.AMOUNT, activities=("purchase",)),
    window=Window(kind=WindowKind.ROLLING, days=30),
    levels=(Level(code="base", threshold=0), Level(code="gold", threshold=100, multiplier=150, pack=("HELLO",))),
    demotion=Demotion.FULL,
)


def ladders(**bodies: LadderBody) -> State:
    """A batch of one member who stands nowhere yet."""
    state = State(IdSource(1, seed=b"test", clock_ms=lambda: 1))
    rows = [Ladder(ladder_id(PROGRAMME.id, code), PROGRAMME.id, code) for code in bodies]
    state.load(LADDERS, [PROGRAMME.id], rows)
    for row in rows:
        text = body_text(bodies[row.code])
        state.load(LADDER_VERSIONS, [row.id], [LadderVersion(row.id, row.id, PROGRAMME.id, 1, text, NOW)])
        standing = standing_id(MEMBER, row.id)
        state.load(STEPS, [standing], [])
        for period in PackPeriod:
            ids = [pack_id(standing, "gold", pack_starts_on(period, local_date(NOW, "UTC")), "HELLO")]
            state.load(PACKS, ids, [])
    state.load(STANDINGS, [MEMBER], [])
    return state


def deed(amount: int = 100, *, at: datetime = NOW, type_: str = "purchase", **more: object) -> Deed:
    """A purchase of so many minor units."""
    parts = {"payload": {"amount": amount}, "points": {POINTS: 7}, "by_rule": {}} | more
    return Deed(UUID(int=amount), type_, at, at.date(), amount, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric(kind=MetricKind.AMOUNT, activities=("purchase",)), 100),
        (Metric(kind=MetricKind.AMOUNT, activities=("deposit",)), None),
        (Metric(kind=MetricKind.COUNT, activities=("purchase",)), 1),
        (Metric(kind=MetricKind.POINTS, activities=("purchase",), asset="POINTS"), 7),
        (Metric(kind=MetricKind.POINTS, activities=("purchase",), asset="STARS"), None),
        (Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",), field="amount"), 100),
        (Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",), field="balance"), 0),
        (Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",), field="category"), None),
        (Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",), field="other"), None),
    ],
)
def test_a_metric_counts_what_it_names(metric: Metric, expected: int | None) -> None:
    """Amounts, activities, points of its asset or the value reported, 0 at least; nothing of other types of activities."""
    payload = {"amount": 100, "balance": -5, "category": "x"}

    assert measured(metric, PROGRAMME.id, deed(payload=payload)) == expected


def test_an_activity_is_priced_at_the_level_held_when_it_occurred() -> None:
    """The promotion holds from the instant at which it is posted: not for what occurred before."""
    state = ladders(spend=SPEND)

    before = levels_at(state, PROGRAMME, MEMBER, NOW)
    credit_activity(state, PROGRAMME, BANK, MEMBER, deed(), NOW)
    after = levels_at(state, PROGRAMME, MEMBER, NOW)
    earlier = levels_at(state, PROGRAMME, MEMBER, NOW - timedelta(seconds=1))

    assert [levels["spend"].code for levels in (before, after, earlier)] == ["base", "gold", "base"]
    assert (after["spend"].multiplier, earlier["spend"].multiplier) == (150, 100)


def test_a_promotion_writes_its_step_its_event_and_its_pack_once() -> None:
    """A second promotion within the pack's period brings no second pack."""
    state = ladders(spend=SPEND)
    credit_activity(state, PROGRAMME, BANK, MEMBER, deed(), NOW)
    later = NOW + timedelta(days=60)

    settle_tiers(state, PROGRAMME, MEMBER, later)
    credit_activity(state, PROGRAMME, BANK, MEMBER, deed(101, at=later), later)

    written = {shelf.table.name: rows for shelf, rows in state.inserted()}
    assert [(step[4], step[5], step[6]) for step in written["tier_steps"]] == [
        (1, "gold", "REACHED"),
        (2, "base", "FELL"),
        (3, "gold", "REACHED"),
    ]
    assert [event.streams[0][1] for event in state.events] == [1, 2, 3]
    assert [event.actor for event in state.events] == ["service:bank", "system:due", "service:bank"]
    assert state.events[0].facts == {
        "ladder": str(ladder_id(PROGRAMME.id, "spend")),
        "level": "gold",
        "cause": "REACHED",
        "since": NOW.isoformat(),
    }
    assert len(written["tier_packs"]) == 1


def test_what_is_due_is_settled_once() -> None:
    """The fall is dated to its local midnight; a second settling finds nothing."""
    state = ladders(spend=SPEND)
    credit_activity(state, PROGRAMME, BANK, MEMBER, deed(), NOW)
    later = NOW + timedelta(days=60)

    assert is_tier_due(state, PROGRAMME, MEMBER, later)
    settle_tiers(state, PROGRAMME, MEMBER, later)
    settle_tiers(state, PROGRAMME, MEMBER, later)

    [standing] = state.rows(STANDINGS, MEMBER)
    assert (standing.level, standing.since, standing.steps) == ("base", datetime(2024, 3, 31, tzinfo=UTC), 2)
    assert not is_tier_due(state, PROGRAMME, MEMBER, later)


@pytest.mark.parametrize(("late", "level"), [(timedelta(hours=72), "gold"), (timedelta(hours=72, seconds=1), "base")])
def test_what_is_too_late_does_not_count(late: timedelta, level: str) -> None:
    """An activity counts up to the ladder's limit after it occurred; so does what rules credit for it."""
    state = ladders(spend=SPEND)

    took = credit_activity(state, PROGRAMME, BANK, MEMBER, deed(at=NOW - late)._replace(by_rule={"spend": 1}), NOW)

    assert levels_at(state, PROGRAMME, MEMBER, NOW)["spend"].code == level
    assert took == ({"spend"} if level == "gold" else set())


def test_what_a_closed_period_holds_does_not_count() -> None:
    """Nothing that occurred before the open period is credited."""
    state = ladders(spend=SPEND)

    credit_activity(state, PROGRAMME._replace(open_from=NOW), BANK, MEMBER, deed(at=NOW - timedelta(hours=1)), NOW)

    assert state.rows(STANDINGS, MEMBER) == []


def test_rules_credit_beside_the_metric_but_no_snapshot() -> None:
    """What a campaign's rule credits counts on the ladder that it names, unless that one shows a value."""
    shown = LadderBody(
        metric=Metric(kind=MetricKind.SNAPSHOT, activities=("purchase",), field="amount"),
        window=SPEND.window,
        levels=SPEND.levels,
    )
    state = ladders(spend=SPEND, shown=shown)
    brought = deed(60, by_rule={"spend": 40, "shown": 40})

    credit_activity(state, PROGRAMME, BANK, MEMBER, brought, NOW)

    levels = levels_at(state, PROGRAMME, MEMBER, NOW)
    assert {code: level.code for code, level in levels.items()} == {"spend": "gold", "shown": "base"}
    assert sorted(row.amount for row in state.rows(CREDITS, brought.activity_id)) == [40, 60, 60]


def test_a_refund_takes_back_what_the_activity_brought() -> None:
    """On the day of the original, from the metric and from what rules credited; the level falls with the next midnight."""
    state = ladders(spend=SPEND)
    brought = deed(100, by_rule={"spend": 5})
    credit_activity(state, PROGRAMME, BANK, MEMBER, brought, NOW)
    undone = Undone(activity_id=UUID(int=9), original_id=brought.activity_id, sale=100, left=100, amount=50)

    take_back(state, PROGRAMME, BANK, MEMBER, undone, NOW + timedelta(hours=1))

    [standing] = state.rows(STANDINGS, MEMBER)
    assert sorted(row.amount for row in state.rows(CREDITS, UUID(int=9))) == [-50, -3]
    assert (standing.level, standing.buckets) == ("gold", '{"2024-03-01":52}')
    assert standing.next_due_at == datetime(2024, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "left", "amount", "expected"),
    [
        (MetricKind.AMOUNT, 100, 33, 4),
        (MetricKind.AMOUNT, 67, 67, 6),
        (MetricKind.COUNT, 100, 99, 0),
        (MetricKind.COUNT, 1, 1, 10),
        (MetricKind.SNAPSHOT, 100, 100, 0),
    ],
)
def test_parts_of_a_refund_add_up(kind: MetricKind, left: int, amount: int, expected: int) -> None:
    """Of 10 credited for 100: floors of what remains; an activity counts until nothing of it is left."""
    undone = Undone(activity_id=UUID(int=9), original_id=UUID(int=8), sale=100, left=left, amount=amount)

    assert taken_back(kind, 10, undone) == expected


def test_a_bucket_stays_within_what_amounts_may_be() -> None:
    """What would lift it over 10^15 is not counted."""
    state = ladders(spend=SPEND)

    for amount in (AMOUNT_MAX, 1):
        credit_activity(state, PROGRAMME, BANK, MEMBER, deed(amount), NOW)

    [standing] = state.rows(STANDINGS, MEMBER)
    assert (standing.version, standing.buckets) == (1, f'{{"2024-03-01":{AMOUNT_MAX}}}')
