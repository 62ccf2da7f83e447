"""Issue: the bank gives a member a voucher (semantics 5.2). A list of them is a list of these commands."""

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.state import State
from ledger.members.membership import require_not_closed
from ledger.points.command import require_room
from ledger.vouchers.command import GiveCommand
from ledger.vouchers.giving import (
    require_eligible,
    require_limits,
    require_live,
    validity_from,
)
from ledger.vouchers.receipt import VoucherReceipt, receipt


@command_class
class IssueVoucher(GiveCommand):
    """One voucher for one member, at the bank's will: a frozen member receives it too."""

    kind: ClassVar[str] = "voucher_issue"

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"member": self.member_id, "template": self.template, "reference": self.reference}

    def decide(self, state: State, now: datetime) -> VoucherReceipt:
        """Refused with MEMBER_NOT_FOUND, TEMPLATE_NOT_FOUND, MEMBER_CLOSED, EXPIRY_INVALID, TEMPLATE_NOT_LIVE,
        NOT_ELIGIBLE, OUT_OF_STOCK, LIMIT_REACHED, BALANCE_LIMIT_EXCEEDED.
        """
        member_state = self.find_member_state(state)
        terms = self.find_terms(state)
        require_not_closed(member_state)
        validity = validity_from(terms.body.validity, now, terms.programme.time_zone)
        require_live(terms)
        require_eligible(state, terms, self.member_id, now)
        holding = self.open_holding(state, terms, now)
        source = self.take_source(holding, terms)
        require_limits(holding, terms, holding.local_day(now))
        require_room(holding.account, terms.body.units)
        draft = self.draft(state, terms, now)
        voucher = self.give(holding, terms, source, draft, validity)
        post(state, draft, self.actor)
        return receipt(terms.template, draft, voucher)
