"""Where a case of `campaigns.txt` takes place: its book, its campaigns, and what is known of members."""

from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from uuid import UUID

from ledger.book.units import HolderId
from ledger.campaigns.campaign_body import CampaignBody
from ledger.campaigns.rows import CAMPAIGNS
from ledger.members.attribute_values import AttributeSaid, values_text
from ledger.members.rows import MEMBER_ATTRIBUTES, MEMBER_FACTS, MemberFacts
from ledger.programme.rows import ASSETS, asset_id
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.top_up import TopUpStock
from tests.property.campaign_world import add_campaign
from tests.property.memory_book import MemoryBook
from tests.property.voucher_world import dealt
from tests.property.world import BANK, PROGRAMME, member_id, terms, world
from tests.vectors.campaign_options import read_phase, read_rule, read_value


@dataclass
class CampaignScene:
    """A book in memory, and the campaigns described so far: their bodies with budgets, and the codes of those that run."""

    book: MemoryBook = field(default_factory=lambda: world([terms(), terms("STARS")]))
    bodies: dict[str, tuple[CampaignBody, int]] = field(default_factory=dict)
    codes: dict[UUID, str] = field(default_factory=dict)
    ladders: tuple[str, ...] = ()
    events: int = 0

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
