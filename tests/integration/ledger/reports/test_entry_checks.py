"""What is told of entries beside their postings is compared where only one other row tells it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from ledger.campaigns.budget import TopUpBudget
from ledger.control.decide_request import ApproveRequest
from ledger.engine import checks
from ledger.engine.command import Command
from ledger.engine.outcome import Outcome
from ledger.members.enrol import EnrolMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.adjust import AdjustPoints
from ledger.points.capture import CaptureHold, ReleaseHold
from ledger.points.earn import EarnPoints
from ledger.points.hold import HoldPoints
from ledger.points.opening import OpenBalance
from ledger.points.pending import CancelPending, ConfirmPending
from ledger.points.receipt import Receipt
from ledger.points.refund import RefundEarn
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.points.transfer import TransferPoints
from ledger.reports import entry_checks
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.close import CloseMember
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.import_codes import ImportCodes
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.void import VoidVoucher
from tests.bank import Bank
from tests.planting import unfound

_RULES = (*checks.RULES, *entry_checks.RULES)
_REQUEST, _LISTED, _CLAIM = "entry_has_request", "listed_entry_has_answer", "reference_matches_entry"
_ASKED = "entry_fields_were_asked_for"
_SOLE = "request_id IN (SELECT id FROM book.requests WHERE kind <> 'list')"
_FORGET = "UPDATE book.journal_entries SET original_entry_id = NULL WHERE kind = '{}' AND " + _SOLE
PLANTED = (
    (_REQUEST, _FORGET.format("refund")),
    (_REQUEST, _FORGET.format("confirm")),
    (_REQUEST, _FORGET.format("cancel")),
    (_REQUEST, "UPDATE book.journal_entries SET merchant_id = NULL WHERE kind = 'earn' AND " + _SOLE),
    (_REQUEST, "UPDATE book.journal_entries SET effective_at = posted_at WHERE kind = 'earn' AND " + _SOLE),
    (_LISTED, "UPDATE book.journal_entries SET original_entry_id = NULL WHERE kind = 'refund' AND NOT " + _SOLE),
    (_LISTED, "UPDATE book.journal_entries SET merchant_id = NULL WHERE kind = 'earn' AND NOT " + _SOLE),
    (_LISTED, "UPDATE book.journal_entries SET amount = amount + 1 WHERE kind = 'earn' AND NOT " + _SOLE),
    (_LISTED, "UPDATE book.requests SET outcome = '[]' WHERE kind = 'list'"),
    ("request_id_names_key", "UPDATE book.requests SET id = decode(md5('x'), 'hex') WHERE key = 'sale-1'"),
    ("request_id_names_key", "UPDATE book.requests SET client = 'service:other' WHERE kind = 'reference:spend'"),
    ("request_id_names_key", "UPDATE book.requests SET key = 'sale-1' WHERE key = 'sale-2'"),
    (_CLAIM, "UPDATE book.requests SET entry_id = NULL WHERE kind = 'reference:spend'"),
    (_CLAIM, "UPDATE book.requests SET key = key || 'x' WHERE kind = 'reference:adjust'"),
    (_CLAIM, "UPDATE book.journal_entries SET reference = 'sale-1' WHERE kind = 'spend'"),
    (_ASKED, "UPDATE book.journal_entries SET reference = NULL WHERE kind = 'spend'"),
    (_ASKED, "UPDATE book.journal_entries SET reference = 'made-up' WHERE kind = 'earn'"),
    (_ASKED, "UPDATE book.journal_entries SET reason_code = 'X' WHERE kind = 'spend'"),
    (_ASKED, "UPDATE book.journal_entries SET sale_minor = NULL WHERE kind = 'earn'"),
    (_ASKED, "UPDATE book.journal_entries SET sale_minor = 5 WHERE kind = 'earn' AND sale_minor IS NULL"),
)


class _Nothing:
    """Stands for every value of a command of which only the names of the fields are asked."""

    def __getattr__(self, name: str) -> "_Nothing":
        return _Nothing()

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __bool__(self) -> bool:
        return False


_COMMANDS: tuple[type[Command[Any]], ...] = (
    AdjustPoints, CancelPending, CaptureHold, ClaimVoucher, CloseMember, ConfirmPending, EarnPoints, EnrolMember, FreezeMember,
    GiftVoucher, HoldPoints, ImportCodes, IssueVoucher, OpenBalance, RedeemVouchers, RefundEarn, ReleaseHold, ReverseEntry,
    ReverseRedemption, SpendPoints, TopUpBudget, TopUpStock, TransferPoints, UnfreezeMember, VoidVoucher,
)  # fmt: skip


async def _do(bank: Bank, kind: type[Command[Receipt]], **named: Any) -> UUID:
    """The entry of a point command of the bank's service."""
    outcome = await bank.application.engine.execute(kind(actor=bank.actor(), key=bank.key(), **named))
    entry_id = outcome.unwrap().entry_id
    assert entry_id is not None
    return entry_id


async def _undo(bank: Bank, member: UUID) -> None:
    """A refund, a confirmation and a cancellation."""
    earned = await bank.earn(member, 100, sale_minor=1000)
    await _do(bank, RefundEarn, entry_id=earned, sale_minor=250)
    for kind in (ConfirmPending, CancelPending):
        await _do(bank, kind, entry_id=await bank.earn(member, 40, pending=True))


async def _adjust_twice(bank: Bank, member: UUID) -> None:
    """Both asked for under a reference; the second waits."""
    for reference in ("case-1", "case-2"):
        adjust = AdjustPoints(
            actor=bank.actor("support", "sue"), key=bank.key(), reference=reference, member_id=member, amount=9,
            reason_code="GOODWILL",
        )  # fmt: skip
        asked = (await bank.application.engine.execute(adjust)).unwrap()
        if reference == "case-1":
            assert asked.approval_id is not None
            anna, rebuilt = bank.actor("approver", "anna"), bank.application.approvables
            approve = ApproveRequest(actor=anna, key=bank.key(), approval_id=asked.approval_id, approvables=rebuilt)
            (await bank.application.engine.execute(approve)).unwrap()


async def _list(bank: Bank, member: UUID) -> None:
    """An earn and the refund of another, which stand or fall as one."""
    earned = await bank.earn(member, 30, sale_minor=300)
    named: Mapping[str, Any] = {"actor": bank.actor(), "key": None}
    commands = (
        EarnPoints(**named, member_id=member, amount=3, merchant_id=bank.merchant_id),
        RefundEarn(**named, entry_id=earned, sale_minor=100),
    )
    outcomes: list[Outcome[Any]] = await bank.application.engine.execute_group(commands, bank.key())
    assert [outcome.refusal for outcome in outcomes] == [None, None]


@pytest.fixture
async def history(bank: Bank) -> None:
    """Entries of which answers tell more than member, asset and amount, and references that were claimed."""
    member = await bank.enrol("m-1")
    await bank.earn(member, 500, merchant_id=bank.merchant_id)
    await bank.earn(member, 5, effective_at=await bank.now() - timedelta(days=2))
    await _undo(bank, member)
    await _do(bank, SpendPoints, member_id=member, amount=7, reference="sale-1")
    await _do(bank, SpendPoints, member_id=member, amount=8, reference="sale-2")
    await _adjust_twice(bank, member)
    await _list(bank, member)


async def test_each_rule_finds_what_is_planted(history: None, database_url: str) -> None:
    """One statement behind the ledger's back at a time; afterwards all is clean again."""
    del history

    assert await unfound(database_url, PLANTED, _RULES) == []


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command.kind)
def test_the_reference_has_its_place_among_the_fields(command: type[Command[Any]]) -> None:
    """The checker knows where a fingerprint has the digest of the reference, and of whatever else an entry keeps."""
    names = sorted(command.fields(cast("Any", _Nothing())))

    assert entry_checks.FIELDS[command.kind].split() == names


def test_every_kind_has_its_place() -> None:
    """No kind is in the table that no command is of."""
    assert {command.kind for command in _COMMANDS} == set(entry_checks.FIELDS)
