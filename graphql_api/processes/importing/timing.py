"""What times a line may state, live and under a replay clock, and whether a history file is in order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from graphql_api.processes.importing.faults import FaultCode, LineFault, UnusableFile
from graphql_api.processes.importing.lines import state_of
from graphql_api.processes.importing.parse import Line, parse_file
from graphql_api.processes.importing.records import ActivityRecord, EarnRecord
from ledger.engine.unit import LIST_MAX

LANES: Final = 2
"""Chunks that are submitted at once, at most."""
BEGINNING_LINES: Final = LANES * 2 * LIST_MAX
"""What a run submits first is among so many lines: a chunk is one list of enrolments and one of all others."""


def timed(lines: Iterator[Line], *, is_replay: bool) -> Iterator[Line]:
    """The lines; those whose time does not fit become faults.

    Live, only an earn and an activity may state a time: what is taken is taken now (semantics 2.4). In a replay every line states one.
    """
    for line in lines:
        fault = None if line.record is None else _fault(line, is_replay=is_replay)
        yield line if fault is None else replace(line, record=None, fault=fault)


def _fault(line: Line, *, is_replay: bool) -> LineFault | None:
    record = line.record
    at = None if record is None else record.at
    if is_replay and at is None:
        return LineFault(FaultCode.MISSING_FIELD, "at is missing, which --replay needs on every line", field="at")
    if not is_replay and at is not None and not isinstance(record, EarnRecord | ActivityRecord):
        return LineFault(
            FaultCode.AT_NEEDS_REPLAY, "only an earn or an activity may state a time without --replay", field="at"
        )
    return None


class History(NamedTuple):
    """A file that was found to be in time order.

    beginning: the first lines that state a time, as many as a run may have in flight at once
    lines:     all of them, read again; UnusableFile before the first one where the file is another by then
    """

    beginning: list[Line]
    lines: Iterator[Line]


def read_history(path: Path, now: datetime | None = None) -> History:
    """Reads the whole file once. Raises UnusableFile naming the first line that goes back in time, or lies after `now`,
    and for a pipe, which could not be read again. Lines that cannot be read are left to the import to refuse.
    """
    if not path.is_file():
        raise UnusableFile(f"{path} is a pipe, and a replay reads its file twice; write it to a file first.")
    before = state_of(path.stat())
    beginning: list[Line] = []
    latest: datetime | None = None
    latest_line = 0
    for line in parse_file(path):
        at = None if line.record is None else line.record.at
        if at is None:
            continue
        if latest is not None and at < latest:
            raise UnusableFile(
                f"line {line.number} is of {at.isoformat()}, before line {latest_line} of {latest.isoformat()}; "
                "a replay needs a file in time order."
            )
        if now is not None and at > now:
            raise UnusableFile(f"line {line.number} is of {at.isoformat()}, which the ledger's clock has not reached.")
        if len(beginning) < BEGINNING_LINES:
            beginning.append(line)
        latest, latest_line = at, line.number
    return History(beginning, _read_again(path, before))


def _read_again(path: Path, before: tuple[int, ...] | None) -> Iterator[Line]:
    lines = parse_file(path)
    first = next(lines, None)
    # Asked once the file is open: what takes its name from here on is not read.
    if state_of(path.stat()) != before:
        raise UnusableFile(f"{path} was changed after its times had been read; run it again when it is whole.")
    if first is not None:
        yield first
    yield from lines
