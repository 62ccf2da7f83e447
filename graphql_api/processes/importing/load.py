"""Streaming a file through the engine: chunks in lanes, members first, every line under its own key.

A member's lines all go through one lane, in their order. Memory is bounded by the chunks, whatever the file's length.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID
from zlib import crc32

from graphql_api.bootstrap import Application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.importing.commands import activity_command, enrol_command, points_command
from graphql_api.processes.importing.names import find_members, find_merchants
from graphql_api.processes.importing.parse import Line
from graphql_api.processes.importing.records import ActivityRecord, EnrolRecord, OpeningRecord, Record
from graphql_api.processes.importing.tally import Tally
from graphql_api.processes.submitting import Lanes, submit_list
from ledger.book.refusal import Refusal, RefusalCode
from ledger.campaigns.receipt import ActivityReceipt
from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.engine.unit import LIST_MAX, AnyCommand
from ledger.points.receipt import Receipt

CHUNK_BYTES_MAX: Final = 1_048_576
CHUNK_LOTS_MAX: Final = 5_000


@dataclass(slots=True, kw_only=True)
class Chunk:
    """Lines that are submitted together: first the enrolments as one list, then all others as one."""

    enrolments: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)
    members: set[str] = field(default_factory=set)
    size: int = 0
    lots: int = 0

    def takes(self, line: Line) -> bool:
        """Whether the line may join: an enrolment not behind another line of its member, and nothing beyond the bounds."""
        if isinstance(line.record, EnrolRecord) and line.record.member in self.members:
            return False
        lots = len(line.record.lots) if isinstance(line.record, OpeningRecord) else 1
        is_full = len(self.enrolments) == LIST_MAX or len(self.others) == LIST_MAX
        return self.size == 0 or not (
            is_full or self.size + line.size > CHUNK_BYTES_MAX or self.lots + lots > CHUNK_LOTS_MAX
        )

    def add(self, line: Line) -> None:
        """Takes the line."""
        self.size += line.size
        if isinstance(line.record, EnrolRecord):
            self.enrolments.append(line)
        elif line.record is not None:
            self.lots += len(line.record.lots) if isinstance(line.record, OpeningRecord) else 1
            self.others.append(line)
            self.members.add(line.record.member)


@dataclass(slots=True, kw_only=True)
class Load:
    """One run over a file; `tally` hears of every line.

    source:     of the activities that name none
    lane_count: chunks that are submitted at once, each with members of its own; with one, lines are decided in their order
    """

    application: Application
    actor: Actor
    tally: Tally
    progress: Progress
    source: str
    is_replay: bool
    lane_count: int

    async def run(self, lines: Iterable[Line]) -> None:
        """Submits every line. Raises the refusal where the engine takes nothing any more; a second run goes on."""
        lanes = Lanes(self.lane_count, self._submit)
        chunks = [Chunk() for _ in range(self.lane_count)]
        try:
            for line in lines:
                lane = self._lane_of(line)
                if lane is None:
                    continue
                if not chunks[lane].takes(line):
                    await lanes.send(lane, chunks[lane])
                    chunks[lane] = Chunk()
                chunks[lane].add(line)
            for lane, chunk in enumerate(chunks):
                await lanes.send(lane, chunk)
        finally:
            await lanes.finish()

    def _lane_of(self, line: Line) -> int | None:
        """The lane of the line's member; None where there is nothing to submit."""
        if line.fault is not None:
            self.tally.refuse(line, line.fault)
            return None
        if line.record is None or _is_empty(line):
            self.tally.accept("nothing")
            return None
        return crc32(line.record.member.encode()) % self.lane_count

    async def _submit(self, chunk: Chunk) -> None:
        await self._enrol(chunk.enrolments)
        await self._do(chunk.others)
        self.progress(self.tally.told(), chunk.size)

    async def _enrol(self, lines: list[Line]) -> None:
        commands = [
            enrol_command(line.record, self.actor, line.key, is_replay=self.is_replay)
            for line in lines
            if isinstance(line.record, EnrolRecord)
        ]
        for line, outcome in zip(lines, await submit_list(self.application.engine, commands), strict=True):
            if outcome.refusal is None:
                self.tally.accept("enrol", replayed=outcome.replayed)
            else:
                self.tally.refuse(line, outcome.refusal)

    async def _do(self, lines: list[Line]) -> None:
        records = [line.record for line in lines if line.record is not None]
        programme_id, reader = self.actor.programme_id, self.application.reader
        members = await find_members(reader, programme_id, {record.member for record in records})
        codes = {record.merchant for record in records if not isinstance(record, EnrolRecord | OpeningRecord)}
        merchants = await find_merchants(reader, programme_id, {code for code in codes if code is not None})
        submitted, commands = [], list[AnyCommand]()
        for line, record in zip(lines, records, strict=True):
            unknown = _unknown_of(record, members, merchants)
            if unknown is None:
                submitted.append(line)
                commands.append(self._command(line, record, members, merchants))
            else:
                self.tally.refuse(line, Refusal(unknown))
        for line, outcome in zip(submitted, await submit_list(self.application.engine, commands), strict=True):
            self._count(line, outcome)

    def _command(
        self, line: Line, record: Record, members: Mapping[str, UUID], merchants: Mapping[str, UUID]
    ) -> AnyCommand:
        known = {"members": members, "merchants": merchants}
        if isinstance(record, ActivityRecord):
            return activity_command(record, self.actor, self.source, is_replay=self.is_replay, **known)
        assert not isinstance(record, EnrolRecord)  # a chunk keeps enrolments apart
        return points_command(record, self.actor, line.key, is_replay=self.is_replay, **known)

    def _count(self, line: Line, outcome: Outcome[object]) -> None:
        match outcome.reply:
            case Receipt() as reply:
                self.tally.accept(reply.kind, replayed=outcome.replayed, expired=reply.expired)
            case ActivityReceipt() as reply:
                self.tally.accept("activity", replayed=outcome.replayed, awards=len(reply.awards))
            case _ if outcome.refusal is not None:
                self.tally.refuse(line, outcome.refusal)


def _unknown_of(record: Record, members: Mapping[str, UUID], merchants: Mapping[str, UUID]) -> RefusalCode | None:
    """Whether an activity names somebody who is not known yet. Its event is its key for ever, so that it is not submitted
    before; other lines are left to the ledger to refuse.
    """
    if not isinstance(record, ActivityRecord):
        return None
    if record.member not in members:
        return RefusalCode.MEMBER_NOT_FOUND
    is_known = record.merchant is None or record.merchant in merchants
    return None if is_known else RefusalCode.MERCHANT_NOT_FOUND


def _is_empty(line: Line) -> bool:
    """Whether the old system says that the member holds nothing, which needs no entry."""
    return isinstance(line.record, OpeningRecord) and line.record.total == 0 and not line.record.lots
