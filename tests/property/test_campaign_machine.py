"""Random campaigns over random purchases, refunds and passing time: explained as posted, within budgets and caps, and
nothing is lost: what was awarded and not returned is held, spent or expired.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.book.account import Role
from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.receipt import ActivityReceipt
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import AWARDS as AWARD_ROWS
from ledger.campaigns.rows import campaign_id
from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.members.rows import MEMBER_ATTRIBUTES, MemberAttribute, attribute_id
from ledger.points.spend import SpendPoints
from ledger.programme.rows import asset_id
from ledger.vouchers.template_body import Exchange, Limits, TemplateBody, Validity
from tests.bank import code_of
from tests.property.campaign_model import VOUCHERS_MAX, CampaignModel, ModelCampaign
from tests.property.campaign_world import add_campaign, enrol, left_in_budget, verify_campaigns
from tests.property.random_campaigns import CAMPAIGNS, body_of
from tests.property.voucher_invariants import verify_vouchers
from tests.property.voucher_world import add_template
from tests.property.world import BANK, MEMBERS, PROGRAMME, START, member_id, terms, world

KINDS: Mapping[str, str] = {ActionKind.POINTS: "points", ActionKind.VOUCHER: "voucher", ActionKind.DONATION: "gift"}
AGES = st.sampled_from([timedelta(0), timedelta(minutes=59), timedelta(hours=13), timedelta(hours=73)])
BASKETS = st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(1, 200), AGES), min_size=1, max_size=4)


@dataclass
class Purchase:
    """A purchase: what it earned of points by campaign, whose counters it moved, and how much of it is not refunded."""

    command: ReportActivity
    member: str
    sale: int
    left: int
    points: Mapping[str, int]
    counted: set[str]

    def take(self, amount: int) -> dict[str, int]:
        """Refunds so much of it; of each award the floor of what remains is kept."""
        after = self.left - amount
        taken = {
            code: given * self.left // self.sale - given * after // self.sale for code, given in self.points.items()
        }
        self.left = after
        return {code: points for code, points in taken.items() if points}


class CampaignMachine(RuleBasedStateMachine):
    """Everything is decided by the product and, apart from it, by the model."""

    def __init__(self) -> None:
        super().__init__()
        self.bought: list[Purchase] = []
        self.events = 0

    @initialize(
        campaigns=CAMPAIGNS,
        zone=st.sampled_from(["Asia/Shanghai", "America/New_York"]),
        expiry=st.sampled_from(["never", "2 days"]),
        shortfall=st.sampled_from(["WITHIN_BALANCE", "NEGATIVE"]),
        baskets=BASKETS,
    )
    def begin(
        self,
        campaigns: list[ModelCampaign],
        zone: str,
        expiry: str,
        shortfall: str,
        baskets: list[tuple[str, int, timedelta]],
    ) -> None:
        """The campaigns run, and the first purchases come."""
        self.book = world([terms(expiry=expiry, shortfall=shortfall)], time_zone=zone)
        limits = Limits(total=VOUCHERS_MAX)
        coffee = TemplateBody(gives=Exchange(item="coffee"), validity=Validity(expiry="90 days"), issue_limits=limits)
        add_template(self.book, "latte", coffee)
        self.book.add(MEMBER_ATTRIBUTES, MemberAttribute(attribute_id(PROGRAMME, "risk"), PROGRAMME, "risk", "INTEGER"))
        for name in MEMBERS:
            enrol(self.book, name, START)
        self.model = CampaignModel(campaigns, zone, START)
        self.codes = {campaign_id(PROGRAMME, campaign.code): campaign.code for campaign in campaigns}
        for campaign in campaigns:
            add_campaign(self.book, campaign.code, body_of(campaign), campaign.budget or 0)
        self.buy(baskets)

    @property
    def now(self) -> datetime:
        """The ledger's instant."""
        return self.book.store.now

    @rule(step=st.sampled_from([timedelta(minutes=7), timedelta(hours=9), timedelta(days=3)]))
    def pass_time(self, step: timedelta) -> None:
        """Later."""
        self.book.store.now += step

    @rule(baskets=BASKETS)
    def buy(self, baskets: list[tuple[str, int, timedelta]]) -> None:
        """A list of purchases in one batch: each comes to what the model says, in input order."""
        commands = [self._purchase(member, amount, self.now - age) for member, amount, age in baskets]
        outcomes: list[Outcome[ActivityReceipt]] = self.book.execute_list(commands)
        for (member, amount, age), command, outcome in zip(baskets, commands, outcomes, strict=True):
            receipt = outcome.unwrap()
            awards = [award for award in receipt.awards if award.kind != ActionKind.PROGRESS]
            told = {self.codes[award.campaign_id]: (KINDS[award.kind], award.amount) for award in awards}
            counted = {self.codes[award.campaign_id] for award in receipt.awards if award.target == "n"}
            expected = self.model.buy(member, amount, self.now - age, self.now)
            assert (told, counted) == (self._without_gifts(expected.awards), expected.counted)
            self._verify_inputs(receipt, expected.saw)
            assert told.keys() | {skip.campaign for skip in receipt.skipped} == set(self.codes.values())
            assert self.book.execute(command).unwrap() == receipt
            points = {code: given for code, (kind, given) in told.items() if kind != "voucher"}
            self.bought.append(Purchase(command, member, amount, amount, points, counted))

    def _verify_inputs(self, receipt: ActivityReceipt, saw: Mapping[str, Mapping[str, int]]) -> None:
        """Each award tells what its campaign's segment saw before anything moved."""
        for award in self.book.rows(AWARD_ROWS.table, "activity_id", receipt.activity_id):
            assert orjson.loads(award.inputs).get("segment", {}) == saw[self.codes[award.campaign_id]]

    def _without_gifts(self, awards: dict[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
        """A campaign without a budget gives its member what it would give to the shop."""
        limited = {campaign.code for campaign in self.model.campaigns if campaign.budget is not None}
        return {
            code: ("points" if kind == "gift" and code not in limited else kind, amount)
            for code, (kind, amount) in awards.items()
        }

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
    @rule(index=st.integers(0, 30), percent=st.sampled_from([1, 50, 100, 101]))
    def refund(self, index: int, percent: int) -> None:
        """So much of what is left of a purchase is taken back, and budgets get theirs."""
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
        outcome: Outcome[ActivityReceipt] = self.book.execute(refund)
        if amount > purchase.left:
            assert code_of(outcome) == "REFUND_EXCEEDS_SALE"
            return
        of_points = {ActionKind.POINTS, ActionKind.DONATION}
        told = {
            self.codes[each.campaign_id]: -each.amount for each in outcome.unwrap().awards if each.kind in of_points
        }
        assert told == purchase.take(amount)
        for code, points in told.items():
            self.model.give_back(code, points)
        self.model.take_back(purchase.member, command.occurred_at, purchase.counted)
        purchase.counted = set()

    @precondition(lambda self: self.bought)
    @rule(member=st.sampled_from(MEMBERS), amount=st.integers(1, 20))
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
        verify_vouchers(self.book)
        verify_campaigns(self.book)
        for campaign in self.model.campaigns:
            if campaign.budget is not None:
                assert 0 <= left_in_budget(self.book, campaign.code) == self.model.left(campaign)
        awarded = sum(award.amount for award in self.book.rows(AWARD_ROWS.table) if award.kind == ActionKind.POINTS)
        assert awarded == self._balance(Role.WALLET, Role.OWED, Role.REDEMPTION, Role.BREAKAGE)

    def _balance(self, *roles: Role) -> int:
        """What the accounts of these roles hold of POINTS, by the postings."""
        points: UUID = asset_id(PROGRAMME, "POINTS")
        mine = {a.id for a in self.book.rows(tables.ACCOUNTS) if a.role in roles and a.asset_id == points}
        moved = self.book.rows(tables.POSTINGS)
        return sum(p.amount * ((p.destination_id in mine) - (p.source_id in mine)) for p in moved)


TestCampaignMachine = CampaignMachine.TestCase
TestCampaignMachine.settings = settings(max_examples=40, stateful_step_count=25)
