"""Files of one value a line, or of CSV with a header, as lines with their cells by name."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql_api.processes.importing.cells import cells_of, columns_of, text_of
from graphql_api.processes.importing.faults import FaultCode, LineFault, UnusableFile
from graphql_api.processes.importing.lines import RawLine, read_lines
from graphql_api.processes.importing.parse import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line with its cells, or the fault that stands in their place."""

    raw: RawLine
    cells: Mapping[str, str]
    fault: LineFault | None = None

    def line(self, key: str = "") -> Line:
        """The line as a tally takes it; `key` is what it is decided under."""
        return Line(number=self.raw.number, text=self.raw.data, size=self.raw.size, key=key, fault=self.fault)


def read_rows(path: Path, required: str, *, others: Collection[str] | None = None) -> Iterator[Row]:
    """Every line of a `.csv` whose header names `required`, or of a `.txt` whose lines are nothing else.

    others: the other columns that there may be; None = any, which nobody reads
    Raises UnusableFile for another suffix, and for a CSV without such a header.
    """
    lines = read_lines(path)
    match path.suffix.lower():
        case ".txt":
            columns = [required]
        case ".csv":
            header = next(lines, None)
            if header is None:
                return
            columns = columns_of(header, required)
            _require_known(columns, required, others)
        case _:
            raise UnusableFile(f"{path.name} is neither .csv nor .txt.")
    is_plain = path.suffix.lower() == ".txt"
    for raw in lines:
        try:
            cells = {required: text_of(raw).strip()} if is_plain else cells_of(raw, columns)
            if required not in cells:
                raise _missing(required)
        except LineFault as fault:
            yield Row(raw=raw, cells={}, fault=fault)
        else:
            yield Row(raw=raw, cells=cells)


def _require_known(columns: Collection[str], required: str, others: Collection[str] | None) -> None:
    unknown = [] if others is None else [name for name in columns if name != required and name not in others]
    if unknown:
        raise UnusableFile(f"the columns may be {', '.join((required, *(others or ())))}, not {', '.join(unknown)}.")


def _missing(name: str) -> LineFault:
    return LineFault(FaultCode.MISSING_FIELD, f"the {name} is missing", field=name)
