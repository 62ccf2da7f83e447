"""What a line of `campaigns.txt` tells: what campaigns did, what their conditions saw, and what somebody has."""

from dataclasses import dataclass, field

import orjson

from ledger.book.account import Role, account_id
from ledger.campaigns.receipt import ActivityReceipt, AwardLine
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.rows import ACTIVITIES, AWARDS
from ledger.engine import tables
from ledger.engine.outcome import Outcome
from ledger.programme.rows import asset_id
from ledger.vouchers.holding import holding_ids
from ledger.vouchers.rows import TEMPLATES, VOUCHERS
from ledger.vouchers.voucher import voucher_asset_id
from tests.property.campaign_world import left_in_budget
from tests.property.world import PROGRAMME, SHOPS, member_id, merchant_id
from tests.vectors.campaign_scene import CampaignScene


@dataclass
class CampaignTold(CampaignScene):
    """The reports that have a name, and the words for what came of them."""

    reports: dict[str, ReportActivity] = field(default_factory=dict)

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
