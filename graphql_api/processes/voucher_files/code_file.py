"""Importing a partner's own codes from a file. Of codes that were not taken only their lines are told: codes are money."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from graphql_api.bootstrap import open_application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.importing.names import find_source
from graphql_api.processes.voucher_files.columns import read_rows
from graphql_api.settings import Settings
from ledger.vouchers.import_codes import ChunkImported, import_codes

LINES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CodesWanted:
    """What the command line asks for. `batch` names this import: its lines are taken once, however often it is run."""

    path: Path
    programme: str | None
    template: str
    batch: str


@dataclass(slots=True, kw_only=True)
class CodeTally:
    """How many codes are in stock, also by an earlier run, and how many were not taken; the first twenty lines of each."""

    imported: int = 0
    duplicates: int = 0
    malformed: int = 0
    duplicate_lines: list[int] = field(default_factory=list)
    malformed_lines: list[int] = field(default_factory=list)

    def add(self, chunk: ChunkImported, lines: list[int], before: int) -> None:
        """Counts a chunk; `lines` are the file's numbers of its codes, of which `before` came earlier."""
        self.imported += chunk.imported
        self.duplicates += len(chunk.duplicates)
        self.malformed += len(chunk.malformed)
        for shown, places in ((self.duplicate_lines, chunk.duplicates), (self.malformed_lines, chunk.malformed)):
            shown += [lines[place - before - 1] for place in places[: LINES_SHOWN - len(shown)]]


async def run_code_import(settings: Settings, url: str, wanted: CodesWanted, progress: Progress) -> CodeTally:
    """Imports the codes of the file, 1,000 at a time.

    Raises UnusableFile where the file has no such form, and the refusal of the chunk that is refused.
    """
    tally, numbers = CodeTally(), _Numbers()
    async with open_application(settings, url=url) as application:
        actor = await find_source(application.reader, wanted.programme, "voucher-import")
        done = 0
        async for chunk in import_codes(
            application.engine,
            application.sealer,
            actor,
            template=wanted.template,
            codes=numbers.codes_of(wanted.path),
            import_id=wanted.batch,
        ):
            lines = numbers.take(chunk.through - done)
            tally.add(chunk, [line for line, _ in lines], done)
            done = chunk.through
            progress(f"{done:,} codes", sum(size for _, size in lines))
    return tally


class _Numbers:
    """Reads codes and remembers the numbers and sizes of the lines in flight, which are a chunk's."""

    def __init__(self) -> None:
        self._lines: deque[tuple[int, int]] = deque()

    def codes_of(self, path: Path) -> Iterator[str]:
        """The codes; "" for a line that cannot be read, which is malformed."""
        for row in read_rows(path, "code"):
            self._lines.append((row.raw.number, row.raw.size))
            yield row.cells.get("code", "")

    def take(self, count: int) -> list[tuple[int, int]]:
        """The next lines, which are forgotten."""
        return [self._lines.popleft() for _ in range(count)]
