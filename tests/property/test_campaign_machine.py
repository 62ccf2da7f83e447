"""Random campaigns over random purchases, refunds and passing time: explained as posted, within budgets and caps, and
nothing is lost: what was awarded and not returned is held, spent or expired.
"""

from datetime import datetime, timedelta
from uuid import UUID

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.book.account import Role
from ledger.campaigns.campaign_body import AWARDS, CampaignBody, Cap, CapMode, Period, Phase, PointsAward, Rule
from ledger.campaigns.receipt import ActivityReceipt
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import AWARDS as AWARD_ROWS
from ledger.campaigns.rows import campaign_id
from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.points.spend import SpendPoints
from ledger.programme.rows import asset_id
from tests.property.campaign_model import CONDITIONS, CampaignModel, ModelCampaign, ModelCap, ModelRule
from tests.property.campaign_world import add_campaign, left_in_budget, verify_campaigns
from tests.property.invariants import verify
from tests.property.world import BANK, MEMBERS, PROGRAMME, START, member_id, terms, world

RULES = st.builds(
    ModelRule,
    when=st.sampled_from(sorted(CONDITIONS)),
    rate=st.integers(1, 3),
    per=st.integers(1, 20),
    percent=st.sampled_from([50, 100, 175]),
)
CAPS = st.builds(
    ModelCap,
    of_awards=st.booleans(),
    period=st.sampled_from(list(Period)),
    limit=st.integers(1, 60),
    refuses=st.booleans(),
)
CAMPAIGNS = st.lists(
    st.builds(
        ModelCampaign,
        code=st.sampled_from("abcd"),
        rules=st.lists(RULES, min_size=1, max_size=3).map(tuple),
        caps=st.lists(CAPS, max_size=3, unique=True).map(tuple),
        budget=st.none() | st.integers(1, 150),
        group=st.sampled_from([None, "g"]),
        priority=st.integers(0, 1),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda campaign: campaign.code,
)
AMOUNTS = st.integers(1, 200)
AGES = st.sampled_from([timedelta(0), timedelta(minutes=59), timedelta(hours=13), timedelta(hours=73)])


def body_of(campaign: ModelCampaign) -> CampaignBody:
    """The model's campaign as the product's."""
    rules = tuple(
        Rule(
            code=f"r{number}",
            activity="purchase",
            when=rule.when,
            action=PointsAward(asset="POINTS", field="amount", rate=rule.rate, per=rule.per, multiplier=rule.percent),
        )
        for number, rule in enumerate(campaign.rules)
    )
    caps = tuple(
        Cap(
            counter=AWARDS if cap.of_awards else "POINTS",
            period=Period(cap.period),
            limit=cap.limit,
            mode=CapMode.REFUSE if cap.refuses else CapMode.TRUNCATE,
        )
        for cap in campaign.caps
    )
    far = START.date()
    phase = Phase(code="all", from_on=far.replace(year=2000), until_on=far.replace(year=2100), rules=rules)
    return CampaignBody(
        phases=(phase,),
        caps=caps,
        budgets=() if campaign.budget is None else ("POINTS",),
        group=campaign.group,
        priority=campaign.priority,
    )


class CampaignMachine(RuleBasedStateMachine):
    """Everything is decided by the product and, apart from it, by the model."""

    def __init__(self) -> None:
        super().__init__()
        self.bought: list[tuple[ReportActivity, ActivityReceipt]] = []
        self.events = 0

    @initialize(
        campaigns=CAMPAIGNS,
        zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]),
        expiry=st.sampled_from(["never", "2 days"]),
        shortfall=st.sampled_from(["WITHIN_BALANCE", "NEGATIVE"]),
    )
    def begin(self, campaigns: list[ModelCampaign], zone: str, expiry: str, shortfall: str) -> None:
        """The campaigns run."""
        self.book = world([terms(expiry=expiry, shortfall=shortfall)], time_zone=zone)
        self.model = CampaignModel(campaigns, zone)
        self.codes = {campaign_id(PROGRAMME, campaign.code): campaign.code for campaign in campaigns}
        for campaign in campaigns:
            add_campaign(self.book, campaign.code, body_of(campaign), campaign.budget or 0)

    @property
    def now(self) -> datetime:
        """The ledger's instant."""
        return self.book.store.now

    @rule(step=st.sampled_from([timedelta(minutes=7), timedelta(hours=9), timedelta(days=3)]))
    def pass_time(self, step: timedelta) -> None:
        """Later."""
        self.book.store.now += step

    @rule(baskets=st.lists(st.tuples(st.sampled_from(MEMBERS), AMOUNTS, AGES), min_size=1, max_size=4))
    def buy(self, baskets: list[tuple[str, int, timedelta]]) -> None:
        """A list of purchases in one batch: each comes to what the model says, in input order."""
        commands = [self._purchase(member, amount, self.now - age) for member, amount, age in baskets]
        outcomes: list[Outcome[ActivityReceipt]] = self.book.execute_list(commands)
        for (member, amount, age), command, outcome in zip(baskets, commands, outcomes, strict=True):
            receipt = outcome.unwrap()
            told = {self.codes[award.campaign_id]: award.amount for award in receipt.awards}
            assert told == self.model.buy(member, amount, self.now - age, self.now)
            assert told.keys() | {skip.campaign for skip in receipt.skipped} == set(self.codes.values())
            assert self.book.execute(command).unwrap() == receipt
            self.bought.append((command, receipt))

    def _purchase(self, member: str, amount: int, at: datetime) -> ReportActivity:
        self.events += 1
        return ReportActivity(
            actor=BANK,
            member_id=member_id(member),
            type="purchase",
            source="core",
            event_id=f"e{self.events}",
            occurred_at=at,
            payload=orjson.dumps({"amount": amount}).decode(),
        )

    @precondition(lambda self: self.bought)
    @rule(index=st.integers(0, 30), amount=AMOUNTS)
    def refund(self, index: int, amount: int) -> None:
        """A part of a purchase is taken back, and budgets get theirs."""
        command, _ = self.bought[index % len(self.bought)]
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
        outcome: Outcome[ActivityReceipt] = self.book.execute(refund)
        if outcome.refusal is None:
            for award in outcome.unwrap().awards:
                self.model.give_back(self.codes[award.campaign_id], -award.amount)

    @rule(member=st.sampled_from(MEMBERS), amount=AMOUNTS)
    def spend(self, member: str, amount: int) -> None:
        """The member spends what it has, if it has it."""
        self.events += 1
        actor = BANK
        self.book.execute(SpendPoints(actor=actor, key=f"s{self.events}", member_id=member_id(member), amount=amount))

    @invariant()
    def holds(self) -> None:
        """Rows agree with postings, awards with activities, budgets with the model; nothing is lost."""
        if not hasattr(self, "book"):
            return
        verify(self.book)
        verify_campaigns(self.book)
        for campaign in self.model.campaigns:
            if campaign.budget is not None:
                assert 0 <= left_in_budget(self.book, campaign.code) == self.model.left(campaign)
        awarded = sum(award.amount for award in self.book.rows(AWARD_ROWS.table))
        assert awarded == self._balance(Role.WALLET, Role.OWED, Role.REDEMPTION, Role.BREAKAGE)

    def _balance(self, *roles: Role) -> int:
        """What the accounts of these roles hold of POINTS, by the postings."""
        points: UUID = asset_id(PROGRAMME, "POINTS")
        mine = {a.id for a in self.book.rows(tables.ACCOUNTS) if a.role in roles and a.asset_id == points}
        moved = self.book.rows(tables.POSTINGS)
        return sum(p.amount * ((p.destination_id in mine) - (p.source_id in mine)) for p in moved)


TestCampaignMachine = CampaignMachine.TestCase
TestCampaignMachine.settings = settings(max_examples=40, stateful_step_count=25)
