"""What the fingerprint of a key covers: everything that the caller may name, and nothing that the server chose."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from ledger.campaigns.budget import TopUpBudget
from ledger.campaigns.lifecycle import EndCampaign, PauseCampaign, StartCampaign
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.submit import SubmitCampaign
from ledger.campaigns.top_up_request import RequestTopUp
from ledger.control.approvable import Approvables
from ledger.control.decide_request import ApproveRequest, RejectRequest, WithdrawRequest
from ledger.control.erasure import RequestErasure
from ledger.engine.command import Actor
from ledger.engine.unit import AnyCommand
from ledger.members.enrol import EnrolMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.transfer import TransferPoints
from ledger.tiers.grant import GrantTier
from ledger.vouchers.basket import Basket
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.close import CloseMember
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.lock import LockVoucher, ReleaseLock, RenewLock
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.void import VoidVoucher

OURS = frozenset({"actor", "key", "replay_at", "approval_id"})
"""Fields of commands that no caller names."""
NAMED_BY_ID = frozenset({"member_id", "asset"})
"""What `find` looks up where a hold, an entry or a payment code was named."""
DECIDING = OURS - {"approval_id"} | {"reference"}
"""The same of a decision, which names what it decides."""
COMMANDS: tuple[tuple[type[AnyCommand], frozenset[str]], ...] = (
    (EnrolMember, OURS),
    (EarnPoints, OURS),
    (SpendPoints, OURS | {"code_id"}),
    (SpendPoints, OURS | NAMED_BY_ID),
    (HoldPoints, OURS),
    (CaptureHold, OURS | NAMED_BY_ID),
    (ReleaseHold, OURS | NAMED_BY_ID),
    (ReverseEntry, OURS | NAMED_BY_ID),
    (RefundEarn, OURS | NAMED_BY_ID),
    (ConfirmPending, OURS | NAMED_BY_ID),
    (CancelPending, OURS | NAMED_BY_ID),
    (TransferPoints, OURS),
    (AdjustPoints, OURS),
    (FreezeMember, OURS),
    (UnfreezeMember, OURS),
    (CloseMember, OURS),
    (RequestErasure, OURS),
    (GrantTier, OURS),
    (IssueVoucher, OURS),
    (ClaimVoucher, OURS),
    (GiftVoucher, OURS),
    (VoidVoucher, OURS),
    (TopUpStock, OURS),
    (TopUpBudget, OURS),
    (RequestTopUp, OURS | {"reference"}),
    (ReportActivity, OURS | {"reference", "source", "event_id"}),
    (ReportRefund, OURS | {"reference", "source", "event_id", "vouchers"}),
    (LockVoucher, OURS),
    (RenewLock, OURS),
    (ReleaseLock, OURS),
    (RedeemVouchers, OURS),
    (ReverseRedemption, OURS),
    (ApproveRequest, DECIDING),
    (RejectRequest, DECIDING),
    (WithdrawRequest, DECIDING),
    (SubmitCampaign, OURS | {"reference"}),
    (StartCampaign, OURS | {"reference"}),
    (PauseCampaign, OURS | {"reference"}),
    (EndCampaign, OURS | {"reference"}),
)
"""Commands with what of them is not the caller's, or is the key itself."""
ACTOR = Actor(kind="service", id="bank", programme_id=UUID(int=9))
SAMPLES: dict[type, tuple[object, object]] = {
    int: (5, 6),
    str: ('{"a": 1}', '{"a": 2}'),
    bool: (False, True),
    UUID: (UUID(int=1), UUID(int=2)),
    date: (date(2024, 1, 1), date(2024, 1, 2)),
    datetime: (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)),
}
"""Two values of every type that a caller's field has; a text is also a payload."""
SHOWN: dict[str, tuple[object, object]] = {
    "vouchers": ((), (Presented(code_hash=b""),)),
    "basket": (Basket(amount_minor=0), Basket(amount_minor=1)),
}
"""The same of fields at a till, by name."""
DEALT: dict[str, Any] = {"deal": bytes, "token_hash": b"", "approvables": Approvables(kinds=())}
"""What is made for a command and is nobody's to name."""


def samples(kind: type[AnyCommand]) -> dict[str, tuple[Any, Any]]:
    """Two values for each field that has plain ones."""
    hints = get_type_hints(kind)
    found = {}
    for each in fields(kind):
        hint = hints[each.name]
        plain = (hint,) if get_origin(hint) is tuple else (hint, *get_args(hint))
        types = [part for part in plain if isinstance(part, type) and part in SAMPLES]
        if each.init and types:
            found[each.name] = SAMPLES[types[0]]
        elif each.name in SHOWN:
            found[each.name] = SHOWN[each.name]
    return found


@pytest.mark.parametrize(("kind", "not_callers"), COMMANDS)
def test_the_fingerprint_tells_every_field_of_the_callers_apart(
    kind: type[AnyCommand], not_callers: frozenset[str]
) -> None:
    """The same key with any one field other is a conflict, never a replay of the first outcome; what the server chose or
    looked up makes no difference.
    """
    given = samples(kind)
    first = {name: value for name, (value, _) in given.items() if name not in {"code_id"} & not_callers}
    dealt = {each.name: DEALT[each.name] for each in fields(kind) if each.name in DEALT}
    command = kind(actor=ACTOR, **first, **dealt)

    changed = {
        name for name, (_, other) in given.items() if replace(command, **{name: other}).fields() != command.fields()
    }

    assert changed - ({"code_id"} & not_callers) == set(given) - not_callers
