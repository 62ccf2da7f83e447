"""Moving a member: its standing is written together with its step, the audit event of it and the pack that it earns."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from ledger.book.units import InvariantViolated
from ledger.engine.command import Actor, event_by
from ledger.engine.due import due_actor
from ledger.engine.state import State
from ledger.programme.calendar import local_date
from ledger.programme.rows import Programme
from ledger.tiers.evaluation import Change, Terms, due
from ledger.tiers.ladder import version_at
from ledger.tiers.ladder_text import parse_body
from ledger.tiers.rows import (
    LADDER_VERSIONS,
    PACKS,
    STANDINGS,
    STEPS,
    Cause,
    LadderVersion,
    Pack,
    PackState,
    Standing,
    Step,
    pack_id,
    step_id,
)
from ledger.tiers.window import pack_starts_on

_EVENTS_MAX: Final = 10_000


def terms_of(state: State, programme: Programme, ladder: UUID, instant: datetime) -> Terms:
    """The ladder's terms that hold at `instant`."""
    return terms_at(state.rows(LADDER_VERSIONS, ladder), programme.time_zone, instant)


def terms_at(versions: Sequence[LadderVersion], time_zone: str, instant: datetime) -> Terms:
    """The terms that hold at `instant`."""
    return Terms(parse_body(version_at(versions, instant).body), time_zone)


def settle(state: State, programme: Programme, standing: Standing, now: datetime) -> Standing:
    """Lets everything happen that time alone has brought by `now`, each at its own local midnight."""
    for _ in range(_EVENTS_MAX):
        if standing.next_due_at > now:
            return standing
        instant = standing.next_due_at
        terms = terms_of(state, programme, standing.ladder_id, instant)
        standing = move(state, terms, due(standing, terms), due_actor(programme.id), now)
    raise InvariantViolated(f"standing {standing.id} never runs out of due events")


def changes_by(
    standing: Standing, versions: Sequence[LadderVersion], time_zone: str, instant: datetime
) -> Iterator[Change]:
    """What time alone brings by `instant`, one local midnight after the other; written nowhere."""
    for _ in range(_EVENTS_MAX):
        if standing.next_due_at > instant:
            return
        change = due(standing, terms_at(versions, time_zone, standing.next_due_at))
        yield change
        standing = change.standing
    raise InvariantViolated(f"standing {standing.id} never runs out of due events")


def settled(standing: Standing, versions: Sequence[LadderVersion], time_zone: str, instant: datetime) -> Standing:
    """The standing with all that time alone brings by `instant`, which is written nowhere."""
    for change in changes_by(standing, versions, time_zone, instant):
        standing = change.standing
    return standing


def move(state: State, terms: Terms, change: Change, actor: Actor, now: datetime) -> Standing:
    """Writes what became of a standing, which may be a new one; the standing as it is now."""
    after, cause = change
    before = next((row for row in state.rows(STANDINGS, after.member_id) if row.id == after.id), None)
    if before is None:
        state.add(STANDINGS, after)
    else:
        state.put(STANDINGS, after)
    if cause is not None:
        _take_step(state, after, cause, actor, now)
        place = 0 if before is None else terms.body.index_of(before.level)
        if terms.body.index_of(after.level) > place:
            _owe_pack(state, terms, after, now)
    return after


def step_to(after: Standing, cause: Cause, now: datetime) -> Step:
    """The step that made the standing what it is."""
    return Step(
        id=step_id(after.id, after.steps),
        programme_id=after.programme_id,
        member_id=after.member_id,
        standing_id=after.id,
        number=after.steps,
        level=after.level,
        cause=cause,
        since=after.since,
        posted_at=now,
    )


def _take_step(state: State, after: Standing, cause: Cause, actor: Actor, now: datetime) -> None:
    """The step, and the event that tells of it."""
    step = step_to(after, cause, now)
    state.add(STEPS, step)
    told = {
        "ladder": str(after.ladder_id),
        "level": step.level,
        "cause": step.cause,
        "since": step.since.isoformat(),
    }
    stream = (step.standing_id, step.number)
    state.emit(event_by(actor, "tier_step", state, now, subject_id=step.member_id, stream=stream, facts=told))


def _owe_pack(state: State, terms: Terms, standing: Standing, now: datetime) -> None:
    """Each voucher of the level's pack, once in its period; the sweep gives them."""
    body = terms.body
    starts_on = pack_starts_on(body.pack_period, local_date(standing.since, terms.time_zone))
    for template in body.levels[body.index_of(standing.level)].pack:
        id_ = pack_id(standing.id, standing.level, starts_on, template)
        if state.find(PACKS, id_) is not None:
            continue
        pack = Pack(
            id=id_,
            programme_id=standing.programme_id,
            member_id=standing.member_id,
            standing_id=standing.id,
            level=standing.level,
            starts_on=starts_on,
            template=template,
            state=PackState.DUE,
            refused=None,
            voucher_id=None,
            due_at=now,
            next_try_at=now,
            settled_at=None,
        )
        state.add(PACKS, pack)
