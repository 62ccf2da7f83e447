"""Who has a reference, where commands with it have waited (semantics 3.1)."""

from uuid import UUID

from ledger.book.refusal import RefusalCode
from ledger.control.decide_request import WithdrawRequest
from ledger.engine import tables
from ledger.engine.claim import CLAIMS_MAX, claim_after
from ledger.engine.outcome import Outcome
from ledger.engine.request import reference_id, request_id
from ledger.points.adjust import AdjustPoints
from ledger.points.receipt import Receipt
from ledger.programme.rows import ADJUSTMENT_LIMITS
from tests.property.memory_book import MemoryBook
from tests.property.world import BANK, member_id, world

LIMIT = 10


def limited() -> MemoryBook:
    """A book in which the bank's service adjusts up to 10 alone."""
    book = world()
    for limit in book.rows(ADJUSTMENT_LIMITS.table):
        book.change(ADJUSTMENT_LIMITS, limit._replace(amount=LIMIT))
    return book


def adjust(amount: int, key: str | None) -> AdjustPoints:
    """Under the one reference."""
    return AdjustPoints(
        actor=BANK, key=key, member_id=member_id("ann"), amount=amount, reason_code="X", reference="case-1"
    )


def withdraw(asked: Outcome[Receipt], key: str) -> WithdrawRequest:
    """Takes back what was asked for."""
    approval_id = asked.unwrap().approval_id
    assert approval_id is not None
    return WithdrawRequest(actor=BANK, key=key, approval_id=approval_id)


def codes(*outcomes: Outcome[object]) -> list[str]:
    """What each came to."""
    return ["" if outcome.refusal is None else outcome.refusal.code for outcome in outcomes]


def test_what_the_same_batch_withdrew_is_free() -> None:
    """Whoever is decided before the withdrawal is refused, whoever comes after it is not, and only the first of these."""
    book = limited()
    asked = book.execute(adjust(11, "a"))

    outcomes = book.execute_list([adjust(1, "b"), withdraw(asked, "w"), adjust(12, "c"), adjust(2, "d")])

    assert codes(*outcomes) == [RefusalCode.REFERENCE_TAKEN, "", "", RefusalCode.REFERENCE_TAKEN]


def test_an_atomic_list_uses_a_free_reference_once_and_gives_it_back_with_all_else() -> None:
    """Of two items with it the second is refused; nothing is left of the first, which another may follow."""
    book = limited()
    asked = book.execute(adjust(11, "a"))
    book.execute(withdraw(asked, "w"))

    twice = book.execute_group([adjust(12, None), adjust(1, None)], "g")
    once = book.execute_group([adjust(3, None)], "h")

    assert codes(*twice) == [RefusalCode.GROUP_FAILED, RefusalCode.REFERENCE_TAKEN]
    assert codes(*once) == [""]


def test_a_reference_waits_in_vain_twenty_times_at_most() -> None:
    """Each was read again by the one after it; then the reference is used up."""
    book = limited()
    for number in range(CLAIMS_MAX):
        book.execute(withdraw(book.execute(adjust(11, f"a{number}")), f"w{number}"))

    last = book.execute(adjust(1, "last"))

    assert codes(last) == [RefusalCode.REFERENCE_TAKEN]
    claims = [row for row in book.rows(tables.REQUESTS) if row.kind == "reference:adjust"]
    assert len({claim.id for claim in claims}) == len(claims) == CLAIMS_MAX == 20


def test_no_two_claims_and_no_key_share_an_id() -> None:
    """What comes after a wait has an id of its own, whatever the words of keys and references are."""
    waited = UUID(int=7)
    words = f"reference after {waited}"

    ids = {claim_after(waited), claim_after(UUID(int=8)), request_id("", words), reference_id("", "", words)}

    assert {len(each) for each in ids} == {16}
    assert len(ids) == 4
