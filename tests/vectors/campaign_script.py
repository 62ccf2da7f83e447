"""The little language of `campaigns.txt`: a case is a title and lines; a line is a command and what it comes to.

    campaign base rate=1/10 budget=100               a running campaign with one rule, called `rule`
    phase base late from=2024-01-20 until=2024-01-21 rate=2/10     another phase after the others, with one rule
    rule base big rate=1/10 x=200 when="activity.amount > 99"      a rule before those of the last phase
    zone Europe/Berlin · at 2024-01-31T10:00+01:00   the programme's zone; the instant of what follows
    terms expiry="1 months" shortfall=NEGATIVE       of POINTS
    attribute risk INTEGER                           something that the bank may say of members
    ann is tiers=gold segments=young risk=3          what the bank says of her from now on
    ann enrols 2023-10-17T23:30+08:00                since when she is a member
    ladder spend AMOUNT/purchase ROLLING/90          a ladder that counts these, without levels above the first
    ladder spend AMOUNT/purchase MONTH gold:100:150  with levels, from so much on, that multiply by so many percent
    template latte stock=3 limit=1                   a voucher template; limit per member; gives=200: a card of
                                                     that percentage; daily=2 of its uses, at most
    ann joins vip                                    a list of members, for campaigns with list=vip
    latte stops                                      the template is live no more
    ann draws double                                 she is issued a voucher of that template; ann uses double: its uses
    ann buys 199 as p1 -> base=19 other=CAPPED       each campaign that looked: what it did, or its last reason
    p1 saw base -> activity.amount=199               what the award's conditions saw; the segment's as segment.NAME
    ann deposits 500 at=2024-01-14T23:59Z -> …       `logs-in`, `checks-in` without an amount; `owns` as a snapshot;
                                                     `sings` is of no type
    ann refunds p1 100 -> base=-10
    ann freezes · ann leaves                         she is frozen, or closed, from now on
    ann has 9 owed=1 · base has 81                   her wallet; the campaign's budget
    ann holds latte=2 uses=3                         her live vouchers of a template, and the uses left in them

What a campaign did: points as a number, a voucher as its template, a donation as `shop:5`, progress as `buys+1`.
Options of a campaign: rate=POINTS/UNITS or amount=, x= (percent), tier=LADDER, on=TYPE, asset=, when=, variants=, cards=, or
instead of points voucher=TEMPLATE, gift=SHOP, count=COUNTER; streak=COUNTER/LENGTH/LEAST, combined=COUNTER,COUNTER/DAYS; and of the
whole cap=COUNTER/PERIOD/LIMIT[/REFUSE],… budget=, channels=, branches=, group=, priority=, segment=, list=, late=, from=, until=,
arms=a:1,b:3, counters=buys/WEEK,… Reports take at=, channel=, branch=, merchant= and any field of the payload.
"""

import shlex
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import orjson

from ledger.book.account import AccountState, Role, account_id
from ledger.book.units import HolderId
from ledger.campaigns.campaign_body import (
    CampaignBody,
)
from ledger.campaigns.receipt import ActivityReceipt, AwardLine
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import (
    ACTIVITIES,
    AWARDS,
    CAMPAIGNS,
    LISTED_MEMBERS,
    ListedMember,
    listed_member_id,
    member_list_id,
)
from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.members.attribute_values import AttributeSaid, values_text
from ledger.members.rows import (
    MEMBER_ATTRIBUTES,
    MEMBER_FACTS,
    MemberAttribute,
    MemberFacts,
    attribute_id,
)
from ledger.programme.rows import ASSETS, PROGRAMMES, asset_id
from ledger.vouchers.holding import holding_ids
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.rows import TEMPLATES, VOUCHERS
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.voucher import template_id, voucher_asset_id
from tests.property.campaign_world import add_campaign, add_ladder, enrol, left_in_budget, verify_campaigns
from tests.property.memory_book import MemoryBook
from tests.property.voucher_invariants import verify_vouchers
from tests.property.voucher_world import add_template, dealt, stop_template
from tests.property.world import BANK, PROGRAMME, SHOPS, member_id, merchant_id, terms, world
from tests.vectors.campaign_options import read_body, read_ladder, read_phase, read_rule, read_template, read_value
from tests.vectors.script import Case

VERBS = {
    "buys": "purchase",
    "deposits": "deposit",
    "logs-in": "login",
    "checks-in": "check_in",
    "owns": "assets_snapshot",
    "sings": "song",
}


@dataclass
class CampaignScript:
    """Runs the lines of one case on a book in memory."""

    book: MemoryBook = field(default_factory=lambda: world([terms(), terms("STARS")]))
    bodies: dict[str, tuple[CampaignBody, int]] = field(default_factory=dict)
    reports: dict[str, ReportActivity] = field(default_factory=dict)
    codes: dict[UUID, str] = field(default_factory=dict)
    ladders: tuple[str, ...] = ()
    events: int = 0

    def run(self, case: Case) -> None:
        """Every line; AssertionError names the one that came out otherwise."""
        for line in case.lines:
            command, arrow, expected = line.partition("->")
            words = shlex.split(command)
            told = self.line(words)
            if arrow:
                assert told == expected.strip(), f"{case.title}: {line}\n   got {told}"
            verify_vouchers(self.book)
            verify_campaigns(self.book)

    def line(self, words: list[str]) -> str:
        """Does what the line says; what it came to."""
        match words:
            case ["zone", name]:
                programme = self.book.rows(PROGRAMMES.table)[0]
                self.book.change(PROGRAMMES, programme._replace(time_zone=name))
            case ["at", text]:
                self.book.store.now = datetime.fromisoformat(text)
            case ["terms", *options]:
                self.change_terms(**dict(word.split("=", 1) for word in options))
            case ["campaign", code, *options]:
                self.bodies[code] = read_body(dict(word.split("=", 1) for word in options))
            case ["rule", code, name, *options]:
                self.add_rule(code, name, dict(word.split("=", 1) for word in options))
            case ["phase", code, name, *options]:
                self.add_phase(code, name, dict(word.split("=", 1) for word in options))
            case ["attribute", code, type_]:
                self.book.add(MEMBER_ATTRIBUTES, MemberAttribute(attribute_id(PROGRAMME, code), PROGRAMME, code, type_))
            case ["ladder", code, metric, window, *levels]:
                add_ladder(self.book, code, read_ladder(metric, window, *levels))
                self.ladders = (*self.ladders, code)
            case [who, "enrols", text]:
                enrol(self.book, who, datetime.fromisoformat(text))
            case [who, "freezes"]:
                self.book.set_member_state(member_id(who), AccountState.FROZEN)
            case [who, "leaves"]:
                self.book.set_member_state(member_id(who), AccountState.CLOSED)
            case [who, "is", *options]:
                self.state_facts(who, dict(word.split("=", 1) for word in options))
            case [name, "saw", code]:
                return self.inputs_of(name, code)
            case [who, "has", *wanted]:
                return self.require_has(who, wanted)
            case ["template", code, *options]:
                add_template(self.book, code, read_template(dict(word.split("=", 1) for word in options)))
                self.stock(code, int(dict(word.split("=", 1) for word in options).get("stock", 0)))
            case [who, "joins", code]:
                list_id, id_ = member_list_id(PROGRAMME, code), member_id(who)
                self.book.add(LISTED_MEMBERS, ListedMember(listed_member_id(list_id, id_), list_id, id_))
            case [code, "stops"]:
                stop_template(self.book, template_id(PROGRAMME, code), state="stopped")
            case [who, "draws", code]:
                self.issue(who, code)
            case [who, "holds", *wanted]:
                return self.require_holds(who, dict(word.split("=", 1) for word in wanted))
            case [who, "refunds", name, amount]:
                return self.told(self.execute(self.refund(who, name, int(amount))))
            case [who, verb, *rest]:
                return self.told(self.execute(self.report(who, verb, rest)))
            case _:
                raise AssertionError(words)
        return ""

    # -- setting the scene -------------------------------------------------------------------------------------------

    def change_terms(self, **changes: str) -> None:
        """Other terms of POINTS."""
        asset = self.book.rows(ASSETS.table, "id", asset_id(PROGRAMME, "POINTS"))[0]
        self.book.change(ASSETS, asset._replace(**changes))

    def add_rule(self, code: str, name: str, options: dict[str, str]) -> None:
        """A rule that is tried before those of the last phase so far."""
        body, budget = self.bodies[code]
        *earlier, last = body.phases
        last = replace(last, rules=(read_rule(name, options), *last.rules))
        self.bodies[code] = replace(body, phases=(*earlier, last)), budget

    def add_phase(self, code: str, name: str, options: dict[str, str]) -> None:
        """A phase after the others."""
        body, budget = self.bodies[code]
        self.bodies[code] = replace(body, phases=(*body.phases, read_phase(name, options))), budget

    def state_facts(self, who: str, options: dict[str, str]) -> None:
        """What the bank says of a member, instead of what it said before."""
        tiers, segments = (options.pop(name, "").split(",") for name in ("tiers", "segments"))
        known = self.book.rows(MEMBER_ATTRIBUTES.table)
        types = {attribute.code: attribute.type for attribute in known}
        said = [AttributeSaid(code, read_value(types[code], text)) for code, text in options.items()]
        id_ = HolderId(member_id(who))
        facts = MemberFacts(id_, PROGRAMME, tiers, segments, 1, values_text(known, said))
        if self.book.rows(MEMBER_FACTS.table, "id", id_):
            self.book.change(MEMBER_FACTS, facts)
        else:
            self.book.add(MEMBER_FACTS, facts)

    def start(self) -> None:
        """Lets the campaigns run that were described since."""
        for code, (body, budget) in self.bodies.items():
            if not self.book.rows(CAMPAIGNS.table, "code", code):
                self.codes[add_campaign(self.book, code, body, budget, self.ladders)] = code

    def stock(self, code: str, pieces: int) -> None:
        """Puts so many vouchers of one use into the template's stock."""
        if pieces:
            self.events += 1
            command = TopUpStock(actor=BANK, key=f"stock{self.events}", template=code, pieces=pieces)
            self.book.execute(command).unwrap()

    def issue(self, who: str, code: str) -> None:
        """The bank gives her a voucher."""
        self.events += 1
        command = IssueVoucher(
            actor=BANK,
            key=f"issue{self.events}",
            member_id=member_id(who),
            template=code,
            deal=partial(dealt, Random(self.events)),
        )
        self.book.execute(command).unwrap()

    # -- reports -----------------------------------------------------------------------------------------------------

    def report(self, who: str, verb: str, rest: list[str]) -> ReportActivity:
        """A report of something that occurs now, unless `at` says when."""
        name = rest.pop() if rest[-2:-1] == ["as"] else ""
        rest = rest[:-1] if name else rest
        given: dict[str, Any] = dict(word.split("=", 1) for word in rest if "=" in word)
        payload = dict(zip(("amount",), [int(word) for word in rest if "=" not in word], strict=False))
        at = given.pop("at", None)
        common: dict[str, Any] = {place: given.pop(place, None) for place in ("channel", "branch")}
        shop = given.pop("merchant", None)
        self.events += 1
        command = ReportActivity(
            actor=BANK,
            member_id=member_id(who),
            type=VERBS[verb],
            source="core",
            event_id=given.pop("event", f"e{self.events}"),
            occurred_at=self.book.store.now if at is None else datetime.fromisoformat(at),
            payload=orjson.dumps({**payload, **given}).decode(),
            merchant_id=None if shop is None else merchant_id(shop),
            **common,
        )
        if name:
            self.reports[name] = command
        return command

    def refund(self, who: str, name: str, amount: int) -> ReportRefund:
        """A report that so much of a named one is taken back."""
        self.events += 1
        return ReportRefund(
            actor=BANK,
            member_id=member_id(who),
            source="core",
            event_id=f"e{self.events}",
            refund_of=self.reports[name].event_id,
            occurred_at=self.book.store.now,
            payload=orjson.dumps({"amount": amount}).decode(),
        )

    def execute(self, command: ReportActivity | ReportRefund) -> Outcome[ActivityReceipt]:
        """Its outcome, once every campaign runs."""
        self.start()
        return self.book.execute(command)

    def told(self, outcome: Outcome[ActivityReceipt]) -> str:
        """A campaign's award, or its last reason; a refusal's code with its facts."""
        if outcome.refusal is not None:
            return " ".join(
                [outcome.refusal.code, *(f"{name}={value}" for name, value in outcome.refusal.facts.items())]
            )
        reply = outcome.unwrap()
        lines: dict[str, list[str]] = {}
        for award in reply.awards:
            lines.setdefault(self.codes[award.campaign_id], []).append(self.line_of(award))
        for skip in {skip.campaign: skip for skip in reply.skipped}.values():
            lines.setdefault(skip.campaign, []).append(skip.reason)
        told = [f"{code}={','.join(line)}" for code, line in sorted(lines.items())]
        state = [] if reply.state == "ACCEPTED" else [reply.state]
        return " ".join([*state, *told, *(["replayed"] if outcome.replayed else [])]) or "nothing"

    def line_of(self, award: AwardLine) -> str:
        """What a rule did."""
        match award.kind:
            case "PROGRESS":
                return f"{award.target}{award.amount:+}"
            case "DONATION":
                shops = {str(merchant_id(name)): name for name in SHOPS}
                return f"{shops[award.target or '']}:{award.amount}"
            case "VOUCHER":
                [code] = [row.code for row in self.book.rows(TEMPLATES.table) if row.asset_id == award.asset_id]
                return str(code) if award.amount == 1 else f"-{code}"
            case _:
                return str(award.amount)

    def inputs_of(self, name: str, code: str) -> str:
        """What the conditions of the campaign's last award for a named report saw."""
        event = self.reports[name].event_id
        [activity] = self.book.rows(ACTIVITIES.table, "source_event_id", event)
        awards = self.book.rows(AWARDS.table, "activity_id", activity.id)
        inputs = orjson.loads([award for award in awards if self.codes[award.campaign_id] == code][-1].inputs)
        segment = inputs.pop("segment", {})
        saw = {**inputs, **{f"segment.{name}": value for name, value in segment.items()}}
        return " ".join(f"{name}={value}" for name, value in sorted(saw.items())) or "nothing"

    def require_holds(self, who: str, wanted: dict[str, str]) -> str:
        """Compares the live vouchers of a template, and their uses, with what is wanted."""
        uses = wanted.pop("uses", None)
        [(code, count)] = wanted.items()
        vouchers = self.book.rows(
            VOUCHERS.table, "account_id", holding_ids(member_id(who), voucher_asset_id(PROGRAMME, code)).account
        )
        live = [voucher for voucher in vouchers if voucher.state == "live"]
        assert len(live) == int(count), live
        assert uses is None or sum(voucher.units_left for voucher in live) == int(uses), live
        return ""

    def require_has(self, who: str, wanted: list[str]) -> str:
        """Compares a wallet, or a campaign's budget, with what is wanted."""
        if who in self.bodies:
            left = left_in_budget(self.book, who, self.bodies[who][0].budgets[0])
            assert left == int(wanted[0]), left
            return ""
        found = {role: self._posted(who, role) for role in (Role.WALLET, Role.OWED)}
        expected = dict(word.split("=", 1) for word in wanted if "=" in word)
        assert found[Role.WALLET] == int(wanted[0]), found
        assert -found[Role.OWED] == int(expected.get("owed", 0)), found
        return ""

    def _posted(self, who: str, role: Role) -> int:
        id_ = account_id(member_id(who), asset_id(PROGRAMME, "POINTS"), role)
        return sum(account.posted for account in self.book.rows(tables.ACCOUNTS, "id", id_))
