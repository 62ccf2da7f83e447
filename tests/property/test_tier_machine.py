"""Random purchases, refunds, sweeps and grants on two ladders: levels and prices as a model says, standings as replayed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.campaigns.campaign_body import CampaignBody, Phase, PointsAward, Rule
from ledger.campaigns.receipt import ActivityReceipt
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.tiers.grant import GrantTier
from ledger.tiers.ladder_body import Demotion, LadderBody, Level, Metric, MetricKind, Window, WindowKind
from ledger.tiers.replay import Happened, StepTaken, replay
from ledger.tiers.rows import (
    CREDITS,
    GRANTS,
    LADDER_VERSIONS,
    STANDINGS,
    STEPS,
    Standing,
    ladder_id,
)
from ledger.tiers.sweeps import SettleTiers
from tests.bank import code_of
from tests.property.campaign_world import add_campaign, add_ladder, verify_campaigns
from tests.property.invariants import verify
from tests.property.tier_model import DAYS, LATE, LEVELS, TierModel
from tests.property.world import BANK, PROGRAMME, START, member_id, world

WHO = ("ann", "bob")
POINTS = PointsAward(asset="POINTS", field="amount", per=10, ladder="rolling")
TENTH = Rule(code="tenth", activity="purchase", action=POINTS)
RICH_FROM, RICH_BELOW = 60, 250
RICH = Rule(
    code="rich",
    activity="purchase",
    action=PointsAward(asset="POINTS", amount=1),
    when=f"qualifying.rolling >= {RICH_FROM}",
)
SEGMENT = f"qualifying.rolling < {RICH_BELOW}"
ROLLING = LadderBody(
    metric=Metric(kind=MetricKind.AMOUNT, activities=("purchase",)),
    window=Window(kind=WindowKind.ROLLING, days=DAYS),
    levels=tuple(Level(code=code, threshold=least, multiplier=percent) for code, least, percent in LEVELS),
    demotion=Demotion.FULL,
)
VISITS = LadderBody(
    metric=Metric(kind=MetricKind.COUNT, activities=("purchase",)),
    window=Window(kind=WindowKind.MONTH),
    levels=(Level(code="new", threshold=0), Level(code="known", threshold=2), Level(code="friend", threshold=4)),
    demotion=Demotion.ONE_STEP,
    grace_days=3,
)
AGES = st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=13), timedelta(hours=72), timedelta(hours=73)])
BASKETS = st.lists(
    st.tuples(st.sampled_from(WHO), st.sampled_from([1, 9, 60, 100, 149, 260]), AGES), min_size=1, max_size=3
)
STEPS_OF_TIME = st.sampled_from([timedelta(minutes=7), timedelta(hours=9), timedelta(days=2), timedelta(days=20)])


@dataclass
class Purchase:
    """A purchase, how much of it has not been refunded, and whether it came in time to count."""

    command: ReportActivity
    name: str
    left: int
    counts: bool


class TierMachine(RuleBasedStateMachine):
    """Everything is decided by the product and, apart from it, by the model."""

    def __init__(self) -> None:
        super().__init__()
        self.bought: list[Purchase] = []
        self.granted = set[str]()
        self.events = 0

    @initialize(zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]), baskets=BASKETS)
    def begin(self, zone: str, baskets: list[tuple[str, int, timedelta]]) -> None:
        """Two ladders, a campaign that pays by one of them, and the first purchases."""
        self.zone = zone
        self.book = world(time_zone=zone)
        add_ladder(self.book, "rolling", ROLLING)
        add_ladder(self.book, "visits", VISITS)
        far = START.date()
        phase = Phase(code="all", from_on=far.replace(year=2000), until_on=far.replace(year=2100), rules=(TENTH,))
        add_campaign(self.book, "base", CampaignBody(phases=(phase,), late_hours=500), ladders=("rolling",))
        rich = CampaignBody(phases=(replace(phase, rules=(RICH,)),), segment=SEGMENT, late_hours=500)
        self.rich = add_campaign(self.book, "rich", rich, ladders=("rolling",))
        self.models = {name: TierModel(ZoneInfo(zone), self.now) for name in WHO}
        self.buy(baskets)

    @property
    def now(self) -> datetime:
        """The ledger's instant."""
        return self.book.store.now

    @rule(step=STEPS_OF_TIME)
    def pass_time(self, step: timedelta) -> None:
        """Later."""
        self.book.store.now += step
        for model in self.models.values():
            model.advance(self.now)

    @rule(baskets=BASKETS)
    def buy(self, baskets: list[tuple[str, int, timedelta]]) -> None:
        """A list of purchases in one batch, each priced at the level of its time."""
        commands = [self._purchase(name, amount, self.now - age) for name, amount, age in baskets]
        outcomes: list[Outcome[ActivityReceipt]] = self.book.execute_list(commands)
        for (name, amount, age), command, outcome in zip(baskets, commands, outcomes, strict=True):
            qualifying = self.models[name].qualifying_at(self.now - age)
            points = self.models[name].buy(amount, self.now - age)
            awards = outcome.unwrap().awards
            assert any(award.campaign_id == self.rich for award in awards) == (RICH_FROM <= qualifying < RICH_BELOW)
            if name not in self.granted:
                assert sum(award.amount for award in awards if award.campaign_id != self.rich) == points
            self.bought.append(Purchase(command, name, amount, age <= LATE))

    def _purchase(self, name: str, amount: int, at: datetime) -> ReportActivity:
        self.events += 1
        return ReportActivity(
            actor=BANK,
            member_id=member_id(name),
            type="purchase",
            source="core",
            event_id=f"e{self.events}",
            occurred_at=at,
            payload=orjson.dumps({"amount": amount}).decode(),
        )

    @precondition(lambda self: self.bought)
    @rule(index=st.integers(0, 30), percent=st.sampled_from([1, 50, 100, 101]))
    def refund(self, index: int, percent: int) -> None:
        """So much of what is left of a purchase is taken back; what counted no longer counts."""
        choice = [each for each in self.bought if each.left] or self.bought
        purchase = choice[index % len(choice)]
        command, amount = purchase.command, max(1, -(-purchase.left * percent // 100))
        self.events += 1
        refund = ReportRefund(
            actor=BANK,
            member_id=command.member_id,
            source="core",
            event_id=f"e{self.events}",
            refund_of=command.event_id,
            occurred_at=self.now,
            payload=orjson.dumps({"amount": amount}).decode(),
        )
        is_too_much = amount > purchase.left
        assert code_of(self.book.execute(refund)) == ("REFUND_EXCEEDS_SALE" if is_too_much else "")
        if is_too_much:
            return
        purchase.left -= amount
        if purchase.counts:
            self.models[purchase.name].refund(amount, command.occurred_at)

    @rule(name=st.sampled_from(WHO))
    def sweep(self, name: str) -> None:
        """The worker comes by; a second time finds nothing."""
        command = SettleTiers(actor=BANK, key=None, member_id=member_id(name))
        self.book.execute(command).unwrap()
        assert self.book.execute(command).unwrap().versions == 0

    @rule(days=st.integers(0, 9))
    def grant(self, days: int) -> None:
        """Bob is given gold by hand; his prices are the checker's affair from then on."""
        self.granted.add("bob")
        until = (self.now + timedelta(days=days)).astimezone(ZoneInfo(self.zone)).date()
        staff = Actor(kind="staff", id="sue", programme_id=PROGRAMME)
        self.book.execute(
            GrantTier(
                actor=staff,
                key=None,
                member_id=member_id("bob"),
                ladder="rolling",
                level="gold",
                until_on=until,
                reason_code="TEST",
                approval_id=UUID(int=self.events + 1),
            )
        ).unwrap()
        self.events += 1

    @invariant()
    def holds(self) -> None:
        """Awards agree with postings, standings with their histories, levels with the model."""
        if not hasattr(self, "book"):
            return
        verify(self.book)
        verify_campaigns(self.book)
        for standing in self.book.rows(STANDINGS.table):
            self._verify_standing(standing)
        for name in set(WHO) - self.granted:
            twin = self.book.copy()
            twin.execute(SettleTiers(actor=BANK, key=None, member_id=member_id(name))).unwrap()
            found = [row for row in twin.rows(STANDINGS.table) if self._is_rolling(row, name)]
            level = found[0].level if found else "base"
            assert level == LEVELS[self.models[name].place][0]

    def _is_rolling(self, row: Standing, name: str) -> bool:
        return row.member_id == member_id(name) and row.ladder_id == ladder_id(PROGRAMME, "rolling")

    def _verify_standing(self, standing: Standing) -> None:
        versions = self.book.rows(LADDER_VERSIONS.table, "ladder_id", standing.ladder_id)
        replayed = replay(standing, versions, self.zone, self._history(standing))
        steps = sorted(self.book.rows(STEPS.table, "standing_id", standing.id), key=lambda step: step.number)
        assert replayed is not None
        assert replayed.standing == standing
        assert replayed.steps == [StepTaken(step.number, step.level, step.cause, step.since) for step in steps]

    def _history(self, standing: Standing) -> Sequence[Happened]:
        credited = [
            Happened(row.version, row.posted_at, row.local_day, row.occurred_at, row.amount)
            for row in self.book.rows(CREDITS.table)
            if row.standing_id == standing.id
        ]
        granted = [
            Happened(row.version, row.granted_at, row.until_on, row.granted_at, 0, row.level)
            for row in self.book.rows(GRANTS.table)
            if row.standing_id == standing.id
        ]
        return sorted([*credited, *granted], key=lambda each: each.version)


TestTierMachine = TierMachine.TestCase
TestTierMachine.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
