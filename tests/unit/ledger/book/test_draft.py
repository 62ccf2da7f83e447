"""Drafts: whatever is posted and drawn, a finished draft is balanced and within its bounds, or refuses."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.account import Account, Role, open_account
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind, Entry
from ledger.book.lot import Lot
from ledger.book.units import AMOUNT_MAX, AssetId, EntryId, InvariantViolated, LotId, ProgrammeId

NOW = datetime(2024, 1, 15, tzinfo=UTC)
PROGRAMME, POINTS = ProgrammeId(UUID(int=1)), UUID(int=2)
WALLET = open_account(PROGRAMME, UUID(int=3), POINTS, Role.WALLET)
OWED = open_account(PROGRAMME, UUID(int=3), POINTS, Role.OWED)
ISSUANCE = open_account(PROGRAMME, PROGRAMME, POINTS, Role.ISSUANCE)
MONEY = open_account(PROGRAMME, PROGRAMME, UUID(int=4), Role.FUNDING)


def draft() -> Draft:
    """An empty draft."""
    return Draft(Entry(EntryId(UUID(int=9)), "test", NOW, NOW, "test", AssetId(POINTS), 0))


def lot(remaining: int, held: int = 0, number: int = 1) -> Lot:
    """A lot of the wallet."""
    return Lot(
        LotId(UUID(int=100 + number)),
        WALLET.id,
        EntryId(UUID(int=8)),
        1,
        1,
        NOW,
        remaining,
        remaining,
        held,
        NOW,
        0,
        False,
    )


MOVES = st.lists(st.tuples(st.sampled_from(["in", "out", "owe", "repay"]), st.integers(1, 50)), max_size=12)


@given(posted=st.integers(0, 100), moves=MOVES)
def test_a_finished_draft_balances_within_bounds(posted: int, moves: list[tuple[str, int]]) -> None:
    """Postings sum to what accounts changed by; an account outside its bounds never finishes."""
    wallet = WALLET._replace(posted=posted, version=7)
    made = draft()
    ends: dict[str, tuple[Account, Account]] = {
        "in": (ISSUANCE, wallet),
        "out": (wallet, ISSUANCE),
        "owe": (OWED, ISSUANCE),
        "repay": (ISSUANCE, OWED),
    }
    for kind, amount in moves:
        made.move(*ends[kind], amount)
    signed = {kind: sum(amount for each, amount in moves if each == kind) for kind in ends}
    expected = {wallet.id: posted + signed["in"] - signed["out"], OWED.id: signed["repay"] - signed["owe"]}

    if any(made.account(a).posted != expected[a.id] for a in (wallet, OWED)):
        raise AssertionError("a posting went astray")
    if expected[wallet.id] < 0 or expected[OWED.id] > 0:
        with pytest.raises(InvariantViolated):
            made.finish()
        return
    made.finish()

    assert [posting.line for posting in made.postings] == list(range(1, len(moves) + 1))
    touched = {wallet.id} if signed["in"] or signed["out"] else set()
    touched |= {OWED.id} if signed["owe"] or signed["repay"] else set()
    assert {line.account_id: line.posted_after for line in made.lines} == {key: expected[key] for key in touched}
    assert {line.version for line in made.lines} <= {8, 1}


@pytest.mark.parametrize(
    ("source", "destination", "amount"),
    [
        (WALLET, ISSUANCE, 0),
        (WALLET, ISSUANCE, -1),
        (ISSUANCE, WALLET, AMOUNT_MAX + 1),
        (ISSUANCE, ISSUANCE, 1),
        (ISSUANCE, MONEY, 1),
    ],
)
def test_no_posting_of_nothing_of_two_assets_or_to_itself(source: Account, destination: Account, amount: int) -> None:
    """Amounts are 1 to 10^15, of one asset, between two accounts."""
    made = draft()

    with pytest.raises(InvariantViolated):
        made.move(source, destination, amount)

    assert made.postings == []


@pytest.mark.parametrize(
    ("kind", "before", "amount", "after"),
    [
        (DrawKind.TAKE, (10, 4), 6, (4, 4)),
        (DrawKind.TAKE, (10, 4), 7, None),
        (DrawKind.SET_ASIDE, (10, 4), 6, (10, 10)),
        (DrawKind.SET_ASIDE, (10, 4), 7, None),
        (DrawKind.RELEASE, (10, 4), 4, (10, 0)),
        (DrawKind.RELEASE, (10, 4), 5, None),
        (DrawKind.GIVE_BACK, (10, 4), 1, None),
        (DrawKind.TAKE, (10, 4), 0, None),
    ],
)
def test_a_draw_leaves_held_within_remaining_within_granted(
    kind: DrawKind, before: tuple[int, int], amount: int, after: tuple[int, int] | None
) -> None:
    """What is held cannot be taken, and nothing comes back that was not there."""
    made, drawn = draft(), lot(*before)

    if after is None:
        with pytest.raises(InvariantViolated):
            made.draw(drawn, kind, amount)
        assert made.draws == []
        return
    changed = made.draw(drawn, kind, amount)

    assert (changed.remaining, changed.held) == after
    assert made.lot(drawn) == changed
    assert [(d.lot_id, d.kind, d.amount) for d in made.draws] == [(drawn.id, kind, amount)]


def test_an_entry_that_only_holds_has_a_statement_line() -> None:
    """A change of an account gives it its next version though nothing is posted."""
    made, wallet = draft(), WALLET._replace(posted=10, version=3)

    made.hold(wallet, 4)
    made.finish()

    assert [(line.version, line.posted_after, line.held_after) for line in made.lines] == [(4, 10, 4)]
    assert made.postings == []


def test_more_is_never_held_than_posted() -> None:
    """0 ≤ held ≤ posted, or the draft does not finish."""
    made = draft()
    made.hold(WALLET._replace(posted=3), 4)

    with pytest.raises(InvariantViolated):
        made.finish()


def grant(made: Draft, **more: Any) -> Lot:
    """A lot for what came in."""
    made.move(ISSUANCE, WALLET, 5)
    return made.grant(WALLET, LotId(UUID(int=50 + len(made.new_lots))), 5, **more)


def test_lots_of_one_entry_are_numbered() -> None:
    """Line and version make the order of grants total."""
    made = draft()

    lots = [grant(made), grant(made)]

    assert [(each.line, each.account_version) for each in lots] == [(1, 1), (2, 1)]
    assert [made.draw(each, DrawKind.TAKE, 5).remaining for each in lots] == [0, 0]
