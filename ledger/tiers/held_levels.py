"""Which level a member holds on each ladder, now and at an earlier instant: what an activity is priced at, and what a
voucher may require.

Whoever moves a member calls `settle_tiers` first, under the lock of the member's holder. Who only asks needs no lock: a
level that changes meanwhile changes after the answer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.tiers.evaluation import new_standing
from ledger.tiers.ladder_body import Level
from ledger.tiers.move import settle, settled, terms_of
from ledger.tiers.rows import LADDER_VERSIONS, LADDERS, STANDINGS, STEPS, Ladder, Standing

Levels = Mapping[str, Level]
"""By the ladder's code."""


def tier_keys(state: State, programme_id: UUID, member_id: UUID) -> Sequence[Key]:
    """What is read beforehand: nothing where the programme has no ladder."""
    return [STANDINGS.key(member_id)] if state.peek(LADDERS, programme_id) else []


def standings_of(state: State, programme: Programme, member_id: UUID) -> Sequence[Standing]:
    """The member's standings: none on a ladder on which nothing was ever credited or granted."""
    return state.rows(STANDINGS, member_id) if state.rows(LADDERS, programme.id) else ()


def open_standing(state: State, programme: Programme, member_id: UUID, ladder: Ladder, now: datetime) -> Standing:
    """The member's standing on the ladder; a new one, not yet written, where there is none."""
    for standing in standings_of(state, programme, member_id):
        if standing.ladder_id == ladder.id:
            return standing
    first = terms_of(state, programme, ladder.id, now).body.levels[0]
    return new_standing(programme.id, member_id, ladder.id, first.code, now)


def is_tier_due(state: State, programme: Programme, member_id: UUID, now: datetime) -> bool:
    """Whether time has brought anything. What fell due on the member's wallets by then is posted first."""
    return any(standing.next_due_at <= now for standing in standings_of(state, programme, member_id))


def settle_tiers(state: State, programme: Programme, member_id: UUID, now: datetime) -> None:
    """Lets everything happen that time alone has brought by `now`."""
    for standing in standings_of(state, programme, member_id):
        settle(state, programme, standing, now)


def levels_at(state: State, programme: Programme, member_id: UUID, instant: datetime) -> Levels:
    """The level that the member held on each of the programme's ladders at `instant`, by the terms of then, with what time
    alone had brought.
    """
    found = {}
    standings = {row.ladder_id: row for row in standings_of(state, programme, member_id)}
    for ladder in state.rows(LADDERS, programme.id):
        body = terms_of(state, programme, ladder.id, instant).body
        standing = standings.get(ladder.id)
        code = None if standing is None else _level_at(state, programme, standing, instant)
        # A level that a later version brought was nobody's before.
        known = code is not None and any(level.code == code for level in body.levels)
        found[ladder.code] = body.levels[body.index_of(code)] if known and code is not None else body.levels[0]
    return found


def _level_at(state: State, programme: Programme, standing: Standing, instant: datetime) -> str | None:
    """The code of the level; None before the first step."""
    if standing.next_due_at <= instant:
        standing = settled(standing, state.rows(LADDER_VERSIONS, standing.ladder_id), programme.time_zone, instant)
    if standing.since <= instant:
        return standing.level
    steps = [step for step in state.rows(STEPS, standing.id) if step.since <= instant]
    last = max(steps, key=lambda step: step.number, default=None)
    return None if last is None else last.level
