"""The state of a batch: what `keep`, `drop` and `drop_unit` leave, against a plain dictionary."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.book.hold import Hold
from ledger.book.units import AccountId, HoldId, InvariantViolated
from ledger.engine.ids import IdSource
from ledger.engine.shelves import ACCOUNTS, HOLDS
from ledger.engine.state import RowsMissing, State

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ACCOUNT = AccountId(UUID(int=1))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 5), st.integers(1, 9)),
        st.tuples(st.sampled_from(["keep", "drop", "drop_unit", "begin_unit"]), st.just(0), st.just(0)),
    ),
    max_size=30,
)


def hold(number: int, captured: int = 0) -> Hold:
    """A hold of the account."""
    return Hold(HoldId(UUID(int=10 + number)), ACCOUNT, 10, captured, NOW, "open", None)


def loaded(count: int) -> State:
    """A state with so many holds loaded."""
    state = State(IdSource(1, seed=b"test", clock_ms=lambda: 1))
    state.load(HOLDS, [ACCOUNT], [hold(number) for number in range(count)])
    return state


@given(st.integers(0, 4), STEPS)
def test_what_is_dropped_never_was(count: int, steps: list[tuple[str, int, int]]) -> None:
    """Puts and adds since the last `keep` or `begin_unit` vanish, also from what is written."""
    state = loaded(count)
    state.begin_unit()
    there = {number: hold(number) for number in range(count)}
    unit, kept, now = dict(there), dict(there), dict(there)

    for kind, number, captured in steps:
        match kind:
            case "put" if number in now:
                state.put(HOLDS, hold(number, captured))
                now[number] = hold(number, captured)
            case "put":
                state.add(HOLDS, hold(number, captured))
                now[number] = hold(number, captured)
            case "keep":
                state.keep()
                kept = dict(now)
            case "drop":
                state.drop()
                now = dict(kept)
            case "drop_unit":
                state.drop_unit()
                now, kept = dict(unit), dict(unit)
            case _:
                state.begin_unit()
                unit, kept = dict(now), dict(now)

    assert sorted(state.rows(HOLDS, ACCOUNT)) == sorted(now.values())
    inserted = [row for _, rows in state.inserted() for row in rows]
    updated = [row for _, rows in state.updated() for row in rows]
    assert sorted(inserted) == sorted(row for number, row in now.items() if number >= count)
    assert set(updated) >= {row for number, row in now.items() if number < count and row != hold(number)}
    assert set(updated) <= {row for number, row in now.items() if number < count}


def test_rows_outside_the_footprint_are_asked_for_or_a_bug() -> None:
    """A row that an account's lock protects is read late; one with a lock of its own must have been named."""
    state = State(IdSource(1, seed=b"test", clock_ms=lambda: 1))

    with pytest.raises(RowsMissing) as missing:
        state.rows(HOLDS, ACCOUNT)
    with pytest.raises(InvariantViolated):
        state.find(ACCOUNTS, ACCOUNT)

    assert missing.value.key == HOLDS.key(ACCOUNT)


def test_rows_read_late_do_not_undo_what_the_batch_changed() -> None:
    """A new hold stays, and a changed one keeps its change, when the others are loaded after it."""
    state = State(IdSource(1, seed=b"test", clock_ms=lambda: 1))
    state.add(HOLDS, hold(5))

    state.load(HOLDS, [ACCOUNT], [hold(1), hold(5, captured=9)])

    assert sorted(state.rows(HOLDS, ACCOUNT)) == [hold(1), hold(5)]
