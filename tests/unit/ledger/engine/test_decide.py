"""What is recorded and what is frozen, of single commands, lists and atomic lists (semantics 3.3, 3.6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine import tables
from ledger.engine.command import Command
from ledger.engine.state import State
from ledger.points.adjust import AdjustPoints
from ledger.points.earn import EarnPoints
from ledger.points.receipt import Receipt
from ledger.points.spend import SpendPoints
from ledger.programme.rows import ADJUSTMENT_LIMITS
from tests.property.memory_book import MemoryBook
from tests.property.world import BANK, member_id, world

ANN = member_id("ann")


class SpendWhileLocked(SpendPoints):
    """Finds something in another's hands, as a voucher is that a till has locked."""

    def decide(self, state: State, now: datetime) -> Receipt:
        """Refused with a code that is never frozen."""
        raise Refusal(RefusalCode.VOUCHER_LOCKED)


def earn(amount: int, key: str | None = None, reference: str | None = None) -> EarnPoints:
    """Points for ann."""
    return EarnPoints(actor=BANK, key=key, member_id=ANN, amount=amount, reference=reference)


def spend(amount: int, key: str | None = None) -> SpendPoints:
    """Points of ann's."""
    return SpendPoints(actor=BANK, key=key, member_id=ANN, amount=amount)


def codes(book: MemoryBook) -> list[tuple[str, str | None]]:
    """What was attempted, and the code with which it was refused."""
    return [(event.type, event.code) for event in book.sink.events]


def test_every_refused_attempt_of_a_list_is_recorded() -> None:
    """Malformed, of another's key, of a taken reference or decided so: each has its event, beside the accepted ones."""
    book = world()
    commands = [earn(5, "a", "R"), earn(0, "b"), earn(6, "a"), spend(9, "c"), earn(7, "d", "R"), spend(5, "e")]

    book.execute_list(commands)

    assert codes(book) == [
        ("earn", None),
        ("earn", "INVALID_INPUT"),
        ("earn", "IDEMPOTENCY_CONFLICT"),
        ("spend", "INSUFFICIENT_POINTS"),
        ("earn", "REFERENCE_TAKEN"),
        ("spend", None),
    ]


@pytest.mark.parametrize(
    ("commands", "recorded"),
    [
        ([earn(5), earn(0)], ("earn", "INVALID_INPUT")),
        ([earn(5), spend(10)], ("spend", "INSUFFICIENT_POINTS")),
        ([earn(5, reference="R")], ("earn", "REFERENCE_TAKEN")),
        ([spend(1), earn(1)], ("spend", "IDEMPOTENCY_CONFLICT")),
    ],
)
def test_a_refused_atomic_list_is_recorded_once(
    commands: Sequence[Command[Any]], recorded: tuple[str, str | None]
) -> None:
    """By the item that failed, or the first where the list's key was another's; nothing that was undone is told, and what is
    refused after it in the batch takes nothing away.
    """
    book = world()
    book.execute_group([earn(4, reference="R")], "taken" if recorded[1] == "IDEMPOTENCY_CONFLICT" else "first")

    book.run([book.unit(commands, "taken"), book.unit([spend(99, "other")])])

    assert codes(book) == [("earn", None), recorded, ("spend", "INSUFFICIENT_POINTS")]


@pytest.mark.parametrize("is_atomic", [False, True])
def test_what_is_never_frozen_burns_no_key(is_atomic: bool) -> None:
    """Neither alone nor beside what was accepted before it: the same key tries again."""
    book = world()
    busy = SpendWhileLocked(actor=BANK, key=None if is_atomic else "k", member_id=ANN, amount=1)

    outcomes = book.execute_group([earn(5), busy], "k") if is_atomic else [book.execute(busy)]

    assert [outcome.refusal.code for outcome in outcomes if outcome.refusal] == (
        ["GROUP_FAILED", "VOUCHER_LOCKED"] if is_atomic else ["VOUCHER_LOCKED"]
    )
    assert book.rows(tables.REQUESTS) == []
    assert book.execute(earn(3, "k")).refusal is None


def test_a_reference_that_waits_for_approval_names_that() -> None:
    """There is no entry yet; the reference is taken all the same."""
    book = world()
    for limit in book.rows(ADJUSTMENT_LIMITS.table):
        book.change(ADJUSTMENT_LIMITS, limit._replace(amount=1))
    adjust = AdjustPoints(actor=BANK, key="a", member_id=ANN, amount=5, reason_code="X", reference="R")
    again = AdjustPoints(actor=BANK, key="b", member_id=ANN, amount=5, reason_code="X", reference="R")

    outcomes = book.execute_list([adjust, again])

    asked, refusal = outcomes[0].unwrap(), outcomes[1].refusal
    assert refusal is not None
    assert refusal.code == RefusalCode.REFERENCE_TAKEN
    assert refusal.facts == {"approval_id": str(asked.approval_id)}
