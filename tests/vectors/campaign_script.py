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
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ledger.book.account import AccountState
from ledger.campaigns.receipt import ActivityReceipt
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import LISTED_MEMBERS, ListedMember, listed_member_id, member_list_id
from ledger.engine.outcome import Outcome
from ledger.members.rows import MEMBER_ATTRIBUTES, MemberAttribute, attribute_id
from ledger.programme.rows import PROGRAMMES
from ledger.vouchers.voucher import template_id
from tests.property.campaign_world import add_ladder, enrol, verify_campaigns
from tests.property.voucher_invariants import verify_vouchers
from tests.property.voucher_world import add_template, stop_template
from tests.property.world import BANK, PROGRAMME, member_id, merchant_id
from tests.vectors.campaign_options import read_body, read_ladder, read_template
from tests.vectors.campaign_told import CampaignTold
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
class CampaignScript(CampaignTold):
    """Runs the lines of one case on a book in memory."""

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
                self.change_terms(**options_of(options))
            case ["campaign", code, *options]:
                self.bodies[code] = read_body(options_of(options))
            case ["rule", code, name, *options]:
                self.add_rule(code, name, options_of(options))
            case ["phase", code, name, *options]:
                self.add_phase(code, name, options_of(options))
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
                self.state_facts(who, options_of(options))
            case [name, "saw", code]:
                return self.inputs_of(name, code)
            case [who, "has", *wanted]:
                return self.require_has(who, wanted)
            case ["template", code, *options]:
                add_template(self.book, code, read_template(options_of(options)))
                self.stock(code, int(options_of(options).get("stock", 0)))
            case [who, "joins", code]:
                list_id, id_ = member_list_id(PROGRAMME, code), member_id(who)
                self.book.add(LISTED_MEMBERS, ListedMember(listed_member_id(list_id, id_), list_id, id_))
            case [code, "stops"]:
                stop_template(self.book, template_id(PROGRAMME, code), state="stopped")
            case [who, "draws", code]:
                self.issue(who, code)
            case [who, "holds", *wanted]:
                return self.require_holds(who, options_of(wanted))
            case [who, "refunds", name, amount]:
                return self.told(self.execute(self.refund(who, name, int(amount))))
            case [who, verb, *rest]:
                return self.told(self.execute(self.report(who, verb, rest)))
            case _:
                raise AssertionError(words)
        return ""

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


def options_of(words: list[str]) -> dict[str, str]:
    """`name=value`, by name."""
    return dict(word.split("=", 1) for word in words)
