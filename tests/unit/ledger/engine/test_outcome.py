"""What a key keeps of its first outcome comes back the same (semantics 3.2)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.outcome import Outcome, freeze_refusal, freeze_reply, thaw


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a reply."""

    amount: int
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reply with every kind of field; `later` came with a later release."""

    id: UUID
    on: date
    parts: tuple[Part, ...]
    name: str | None
    later: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A reply of a single field."""

    state: str


TOLD = Told(
    id=UUID(int=1),
    on=date(2024, 2, 29),
    parts=(Part(amount=1, at=None), Part(amount=2, at=datetime(2024, 1, 1, 10, tzinfo=UTC))),
    name=None,
    later=8,
)


@pytest.mark.parametrize("reply", [TOLD, State(state="open")])
def test_a_reply_comes_back_as_it_was(reply: Told | State) -> None:
    """Ids, days, instants, parts and what was not given, said to be a replay."""
    assert thaw(freeze_reply(reply), type(reply)) == Outcome(reply=reply, replayed=True)


def test_a_field_of_a_later_release_has_its_default() -> None:
    """In what an earlier one had frozen."""
    earlier = freeze_reply(TOLD).removesuffix(",8]") + "]"

    assert thaw(earlier, Told).unwrap().later == 7


def test_a_refusal_comes_back_with_its_facts() -> None:
    """Of the same kinds, said to be a replay."""
    refusal = Refusal(RefusalCode.IDEMPOTENCY_CONFLICT, fields=("amount", "reference"), left=3)

    outcome = thaw(freeze_refusal(refusal), State)

    assert outcome.replayed
    with pytest.raises(Refusal) as raised:
        outcome.unwrap()
    assert (raised.value.code, raised.value.facts) == (refusal.code, refusal.facts)
