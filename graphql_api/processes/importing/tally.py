"""What an import came to: counts, differences, and the file of refused lines."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from graphql_api.processes.importing.faults import LineFault
from graphql_api.processes.importing.parse import Line
from graphql_api.processes.named_file import open_named, remove_file
from ledger.book.refusal import Refusal, RefusalCode

DIFFERENCES_SHOWN: Final = 20
_TEXT_BYTES_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An opening whose lots do not add up to what the old system states."""

    line: int
    member: str
    stated: int
    lots: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts lines by what became of them; refused ones are written to `path` as they are decided.

    done:        accepted, by type · known: of these, decided by an earlier run
    awards:      what campaigns gave for activities · expired: points that were dead on arrival
    differences: the first twenty openings that do not add up
    """

    path: Path | None
    lines: int = 0
    done: Counter[str] = field(default_factory=Counter)
    known: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    awards: int = 0
    expired: int = 0
    differences: list[Difference] = field(default_factory=list)
    _file: BinaryIO | None = None

    def begin(self) -> None:
        """Makes the file anew: this run decides every line again, by its key. OSError where it cannot be written, which
        is found before anything is decided and not half-way at the first refused line.
        """
        if self.path is not None:
            remove_file(self.path)
            # Lines name customers: nobody else reads them.
            self._file = open_named(self.path, os.O_TRUNC)

    def accept(self, kind: str, *, replayed: bool = False, expired: int = 0, awards: int = 0) -> None:
        """Counts an accepted line."""
        self.lines += 1
        self.done[kind] += 1
        self.known += replayed
        self.expired += expired
        self.awards += awards

    def refuse(self, line: Line, why: Refusal | LineFault) -> None:
        """Counts a refused line and writes it down."""
        self.lines += 1
        self.refused[str(why.code)] += 1
        facts: Mapping[str, object] = why.facts if isinstance(why, Refusal) else {"field": why.field}
        if why.code == RefusalCode.OPENING_DIFFERS and line.record is not None:
            self._note_difference(line, facts)
        self._write(
            {
                "line": line.number,
                "code": str(why.code),
                "message": why.rule.message if isinstance(why, Refusal) else str(why),
                "facts": facts,
                "text": line.text[:_TEXT_BYTES_MAX].decode(errors="replace"),
            }
        )

    def _note_difference(self, line: Line, facts: Mapping[str, object]) -> None:
        if len(self.differences) < DIFFERENCES_SHOWN and line.record is not None:
            stated, lots = facts["stated"], facts["lots"]
            self.differences.append(
                Difference(line=line.number, member=line.record.member, stated=int(str(stated)), lots=int(str(lots)))
            )

    def _write(self, entry: Mapping[str, object]) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))
            self._file.flush()

    def told(self) -> str:
        """How far it is, in words."""
        refused = self.refused.total()
        return f"{self.lines:,} lines, {self.lines - refused:,} accepted and {refused:,} refused"

    def close(self) -> None:
        """Closes the file of refused lines, and removes it where there are none."""
        if self._file is not None:
            self._file.close()
            self._file = None
            if self.path is not None and not self.refused:
                remove_file(self.path)
