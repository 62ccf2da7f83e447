"""Lots: the order in which they are drawn (semantics 2.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.account import Account, Role, open_account
from ledger.book.lot import Lot, dies_at, draw_lots, is_overdue, next_expiry, spend_order
from ledger.book.units import NEVER, AccountId, EntryId, InvariantViolated, LotId, ProgrammeId

START = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = st.sampled_from([START, START + timedelta(days=1), START + timedelta(days=2), NEVER])


@st.composite
def lots(draw: st.DrawFn) -> list[Lot]:
    """Lots of one account."""
    made = []
    for number in range(draw(st.integers(0, 8))):
        granted = draw(st.integers(1, 20))
        remaining = draw(st.integers(0, granted))
        made.append(
            Lot(
                LotId(UUID(int=number)),
                AccountId(UUID(int=99)),
                EntryId(UUID(int=98)),
                number,
                draw(st.integers(1, 3)),
                START - timedelta(days=draw(st.integers(0, 2))),
                granted,
                remaining,
                draw(st.integers(0, remaining)),
                draw(INSTANTS),
                draw(st.integers(-1, 1)),
                draw(st.booleans()),
            )
        )
    return made


@given(lots(), st.integers(1, 60))
def test_lots_are_drawn_in_order_and_never_what_is_held(found: list[Lot], amount: int) -> None:
    """The amount is split exactly; a lot is drawn only when all before it are empty; too little is a bug."""
    free = sum(lot.unheld for lot in found)
    if amount > free:
        with pytest.raises(InvariantViolated):
            draw_lots(found, amount)
        return

    takes = draw_lots(found, amount)

    assert sum(take.amount for take in takes) == amount
    order = [lot for lot in sorted(found, key=spend_order) if lot.unheld]
    assert [take.lot for take in takes] == order[: len(takes)]
    assert all(take.amount == take.lot.unheld for take in takes[:-1])
    assert 0 < takes[-1].amount <= takes[-1].lot.unheld


def test_each_part_of_the_order_decides_where_those_before_it_are_alike() -> None:
    """Priority, expiry, promotional before purchased, grant, then the granting entry's version and line."""
    alike = Lot(
        LotId(UUID(int=1)),
        AccountId(UUID(int=99)),
        EntryId(UUID(int=98)),
        1,
        1,
        START,
        9,
        9,
        0,
        START,
        0,
        purchased=False,
    )
    parts: tuple[tuple[str, Any, Any], ...] = (
        ("priority", 0, 1),
        ("expires_at", START, NEVER),
        ("purchased", False, True),
        ("granted_at", START, NEVER),
        ("account_version", 1, 2),
        ("line", 1, 2),
    )

    for place, (name, first, second) in enumerate(parts):
        worse = {later: behind for later, _, behind in parts[place + 1 :]}
        ahead, behind = alike._replace(**{name: first}, **worse), alike._replace(**{name: second})
        assert sorted([behind, ahead], key=spend_order) == [ahead, behind]


def wallet(inactive_at: datetime | None, died_version: int | None = None) -> Account:
    """A wallet that dies for inactivity then, and did so before."""
    new = open_account(ProgrammeId(UUID(int=1)), UUID(int=2), UUID(int=3), Role.WALLET)
    return new._replace(inactive_at=inactive_at, died_version=died_version)


@given(lots(), INSTANTS, st.none() | INSTANTS)
def test_at_the_instant_it_is_over(found: list[Lot], now: datetime, inactive_at: datetime | None) -> None:
    """A lot is overdue where something unheld of it has died by `now`, by its own date or its account's."""
    dead = [lot for lot in found if min(lot.expires_at, inactive_at or NEVER) <= now]

    assert [lot for lot in found if is_overdue(lot, wallet(inactive_at), now)] == [
        lot for lot in dead if lot.unheld > 0
    ]


@given(lots(), INSTANTS)
def test_what_died_with_its_account_stays_dead(found: list[Lot], inactive_at: datetime) -> None:
    """A later date of the account is for what came after its death."""
    lived_on = wallet(inactive_at, died_version=3)

    for lot in found:
        before, after = lot._replace(account_version=3), lot._replace(account_version=4)
        assert dies_at(before, lived_on) == lot.granted_at
        assert dies_at(after, lived_on) == min(lot.expires_at, inactive_at)


@given(lots(), st.none() | INSTANTS)
def test_the_next_expiry_is_the_earliest_of_what_is_not_held(found: list[Lot], inactive_at: datetime | None) -> None:
    """NEVER where nothing remains that is not held, or nothing that dies: what is held does not expire."""
    deaths = [min(lot.expires_at, inactive_at or NEVER) for lot in found if lot.unheld]

    assert next_expiry(found, wallet(inactive_at)) == min(deaths, default=NEVER)
