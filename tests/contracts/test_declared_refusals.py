"""A mutation declares the refusals that its command can give: one too few would be a masked bug, one too many a lie."""

import re
from collections.abc import Iterator
from dataclasses import fields

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema, GraphQLUnionType, get_named_type

from graphql_api.http.strawberry_internals import core_schema
from graphql_api.schema.build import build_schema
from graphql_api.schema.refusals import ERROR_TYPES, EVERY_KEYED
from ledger.book.refusal import REFUSALS, RefusalCode
from ledger.campaigns.budget import TopUpBudget
from ledger.campaigns.lifecycle import EndCampaign, PauseCampaign, StartCampaign
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.campaigns.submit import ApproveCampaign, SubmitCampaign
from ledger.campaigns.top_up_request import RequestTopUp
from ledger.control.decide_request import ApproveRequest, RejectRequest, WithdrawRequest
from ledger.engine.unit import AnyCommand
from ledger.members.enrol import EnrolMember
from ledger.members.erase import EraseMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, HoldCommand, ReleaseHold
from ledger.points.command import PointsCommand
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.transfer import TransferPoints
from ledger.tiers.grant import GrantTier
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.close import CloseMember
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.lock import LockVoucher, ReleaseLock, RenewLock
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.void import VoidVoucher
from tests.databases import ROOT

COMMANDS: tuple[tuple[str, type[AnyCommand]], ...] = (
    ("earnPoints", EarnPoints),
    ("spendPoints", SpendPoints),
    ("holdPoints", HoldPoints),
    ("captureHold", CaptureHold),
    ("releaseHold", ReleaseHold),
    ("reverseEntry", ReverseEntry),
    ("refundEarn", RefundEarn),
    ("confirmPending", ConfirmPending),
    ("cancelPending", CancelPending),
    ("transferPoints", TransferPoints),
    ("adjustPoints", AdjustPoints),
    ("approveRequest", ApproveRequest),
    ("rejectRequest", RejectRequest),
    ("withdrawRequest", WithdrawRequest),
    ("topUpVoucherStock", TopUpStock),
    ("issueVoucher", IssueVoucher),
    ("claimVoucher", ClaimVoucher),
    ("giftVoucher", GiftVoucher),
    ("voidVoucher", VoidVoucher),
    ("lockVoucher", LockVoucher),
    ("renewVoucherLock", RenewLock),
    ("releaseVoucherLock", ReleaseLock),
    ("redeemVoucher", RedeemVouchers),
    ("redeemVouchers", RedeemVouchers),
    ("reverseRedemption", ReverseRedemption),
    ("enrolMember", EnrolMember),
    ("freezeMember", FreezeMember),
    ("unfreezeMember", UnfreezeMember),
    ("closeMember", CloseMember),
    ("reportActivity", ReportActivity),
    ("reportActivity", ReportRefund),
    ("grantTier", GrantTier),
    ("submitCampaign", SubmitCampaign),
    ("startCampaign", StartCampaign),
    ("pauseCampaign", PauseCampaign),
    ("endCampaign", EndCampaign),
    ("topUpCampaignBudget", RequestTopUp),
    ("approveRequest", ApproveCampaign),
    ("approveRequest", TopUpBudget),
)
SHARED = {
    "find_wallet": PointsCommand.find_wallet,
    "open_wallet": PointsCommand.open_wallet,
    "find_hold": HoldCommand.find_hold,
    "open_hold": HoldCommand.open_hold,
}
"""Steps that docstrings refer to by name."""

APPROVED: tuple[type[AnyCommand], ...] = (AdjustPoints, GrantTier, EraseMember)
"""What an approval runs, beside what stands in COMMANDS under its name."""

ELSEWHERE = {"confirmPending": {"BALANCE_LIMIT_EXCEEDED"}, "reportActivity": {"ASSET_NOT_FOUND"}}
"""Codes that a step of a command gives whose docstring alone names them."""

TRIES_CODES = {
    "spendPoints",
    "lockVoucher",
    "renewVoucherLock",
    "releaseVoucherLock",
    "redeemVoucher",
    "redeemVouchers",
}
"""Where a code can be guessed."""

POINTS = {
    "earns": "earnPoints", "spends": "spendPoints", "charges": "spendPoints", "holds": "holdPoints",
    "captures": "captureHold", "releases": "releaseHold", "reverses": "reverseEntry", "refunds": "refundEarn",
    "confirms": "confirmPending", "cancels": "cancelPending", "transfers": "transferPoints", "is-adjusted": "adjustPoints",
    "is-closed": "closeMember",
}  # fmt: skip
VOUCHERS = {
    "redeems": "redeemVouchers", "locks": "lockVoucher", "renews": "renewVoucherLock", "releases": "releaseVoucherLock",
    "reverses": "reverseRedemption",
}  # fmt: skip
ACTIVITIES = dict.fromkeys(("buys", "logs-in", "sings", "refunds"), "reportActivity")
VERBS = {"points.txt": POINTS, "precedence.txt": POINTS, "vouchers.txt": VOUCHERS, "campaigns.txt": ACTIVITIES}
"""The verbs of the tables in tests/vectors."""

_CASE = re.compile(r"\s+\S+ ([\w-]+).* -> ([A-Z][A-Z_]{3,})")
_WORD = re.compile(r"\b[A-Z][A-Z_]{3,}\b")


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema of this code."""
    return core_schema(build_schema())


def _declared(schema: GraphQLSchema, mutation: str) -> set[str]:
    assert schema.mutation_type is not None
    union = get_named_type(schema.mutation_type.fields[mutation].type)
    assert isinstance(union, GraphQLUnionType)
    names = {kind.name for kind in union.types}
    return {code.value for code, kind in ERROR_TYPES.items() if kind.__name__ in names}


def _promised(text: str | None) -> Iterator[str]:
    codes = {code.value for code in RefusalCode}
    yield from (word for word in _WORD.findall(text or "") if word in codes)
    for name, step in SHARED.items():
        if f"`{name}`" in (text or ""):
            yield from _promised(step.__doc__)


@pytest.mark.parametrize(("mutation", "command"), COMMANDS)
def test_what_a_command_says_it_refuses_is_declared(
    schema: GraphQLSchema, mutation: str, command: type[AnyCommand]
) -> None:
    """Every code that the docstring of `decide` names, or a step it refers to, is in the mutation's union."""
    promised = set(_promised(command.decide.__doc__))
    if "merchant_id" not in {field.name for field in fields(command)}:
        promised.discard("MERCHANT_NOT_FOUND")  # `find_wallet` gives it where a merchant is named

    assert promised - _declared(schema, mutation) == set()


@pytest.mark.parametrize("mutation", sorted({mutation for mutation, _ in COMMANDS}))
def test_nothing_is_declared_that_no_command_gives(schema: GraphQLSchema, mutation: str) -> None:
    """A union holds what its command's docstring names, what every keyed command may meet, and what its input can cause."""
    commands = [command for name, command in COMMANDS if name == mutation]
    if mutation == "approveRequest":
        commands += APPROVED
    possible = {code for command in commands for code in _promised(command.decide.__doc__)}
    possible |= {code.value for code in EVERY_KEYED} | ELSEWHERE.get(mutation, set())
    possible |= {"THROTTLED"} if mutation in TRIES_CODES else set()
    possible |= {"REFERENCE_TAKEN"} if _takes_a_reference(schema, mutation) else set()

    assert _declared(schema, mutation) - possible == set()


def _takes_a_reference(schema: GraphQLSchema, mutation: str) -> bool:
    assert schema.mutation_type is not None
    asked = get_named_type(schema.mutation_type.fields[mutation].args["input"].type)
    assert isinstance(asked, GraphQLInputObjectType)
    return "reference" in asked.fields


def test_a_command_tells_its_refusals_in_their_order() -> None:
    """In the order of the table, by which they are given: a docstring that lists them otherwise is checked otherwise."""
    places = {code.value: place for place, code in enumerate(REFUSALS)}
    told = {
        command.__name__: [
            places[word] for word in dict.fromkeys(_WORD.findall(command.decide.__doc__ or "")) if word in places
        ]
        for _, command in COMMANDS
    }

    assert {name: found for name, found in told.items() if found != sorted(found)} == {}


@pytest.mark.parametrize("table", VERBS)
def test_what_the_cases_show_is_declared(schema: GraphQLSchema, table: str) -> None:
    """Every refusal in a table of conformance cases is in the union of the mutation that its verb stands for."""
    cases = (ROOT / "tests" / "vectors" / table).read_text(encoding="utf-8").splitlines()
    found = [match for line in cases if (match := _CASE.match(line))]
    seen = {(case[1], case[2]) for case in found if case[1] in VERBS[table] and case[2] in set(RefusalCode)}

    missing = {(verb, code) for verb, code in seen if code not in _declared(schema, VERBS[table][verb])}

    assert len(seen) >= 9
    assert missing == set()
