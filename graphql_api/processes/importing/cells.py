"""Cells of a CSV line by the names of its columns. A record is one line: no line break inside quotes."""

import csv
from collections.abc import Mapping, Sequence

from graphql_api.processes.importing.faults import FaultCode, LineFault, UnusableFile
from graphql_api.processes.importing.lines import LINE_BYTES_MAX, RawLine


def text_of(raw: RawLine) -> str:
    """The line as text; LineFault where it is too long or no UTF-8."""
    if raw.is_too_long:
        raise LineFault(FaultCode.LINE_TOO_LONG, f"a line has at most {LINE_BYTES_MAX:,} bytes")
    try:
        return raw.data.decode()
    except UnicodeDecodeError as error:
        raise LineFault(FaultCode.BAD_UTF8, f"byte {error.start + 1} is no UTF-8") from None


def columns_of(header: RawLine, required: str) -> list[str]:
    """The names that a header gives; UnusableFile where it names one twice, or `required` not at all."""
    try:
        columns = [name.strip() for name in _split(header)]
    except LineFault as fault:
        raise UnusableFile(f"the header in line {header.number} cannot be read: {fault}.") from None
    if required not in columns or len(set(columns)) != len(columns):
        raise UnusableFile(f"a CSV file begins with a header that names each column once, `{required}` among them.")
    return columns


def cells_of(raw: RawLine, columns: Sequence[str]) -> Mapping[str, str]:
    """The cells that are not empty; LineFault where they are no CSV or not as many as the columns."""
    cells = _split(raw)
    if len(cells) != len(columns):
        raise LineFault(FaultCode.BAD_CSV, f"{len(cells)} cells under {len(columns)} columns")
    return {name: cell for name, cell in zip(columns, cells, strict=True) if cell}


def _split(raw: RawLine) -> list[str]:
    text = text_of(raw)
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error as error:
        why = "a carriage return alone ends no line" if "\r" in text else str(error)
        raise LineFault(FaultCode.BAD_CSV, why) from None
