"""Lines of JSONL or CSV to numbered records, one by one; what cannot be read becomes a fault and the next line is read.

A CSV record is one line: a line break inside quotes is not accepted, so that one stray quote spoils one line and not
the rest of the file. In CSV an opening is written as neighbouring rows of one member and asset, one row a lot.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Final

import orjson

from graphql_api.processes.importing.cells import cells_of, columns_of, text_of
from graphql_api.processes.importing.faults import FaultCode, LineFault, UnusableFile
from graphql_api.processes.importing.fields import Fields, Value
from graphql_api.processes.importing.lines import RawLine, read_lines
from graphql_api.processes.importing.records import Record, read_record
from graphql_api.repeated_fields import has_repeated_field
from ledger.points.opening import LOTS_MAX

LOT_COLUMNS: Final = ("amount", "granted_on", "expires_on", "purchased")
_OPENING_COLUMNS: Final = ("type", "member", "asset", "total")
_DIGEST_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A record, or the fault that stands in its place; `size` is how much of the file it took.

    key: the line's own key, or one derived from its number and its content
    """

    number: int
    text: bytes
    size: int
    key: str = ""
    record: Record | None = None
    fault: LineFault | None = None


def parse_file(path: Path) -> Iterator[Line]:
    """Every line of a `.jsonl` or `.csv` file. Raises UnusableFile for another suffix or a CSV without header."""
    match path.suffix.lower():
        case ".jsonl" | ".ndjson":
            return (_parse(raw, _json_values) for raw in read_lines(path))
        case ".csv":
            return _parse_csv(path)
        case _:
            raise UnusableFile(f"{path.name} is neither .jsonl nor .csv.")


def _parse(raw: RawLine, values_of: Callable[[RawLine], Mapping[str, Value]]) -> Line:
    try:
        record, own_key = read_record(Fields(values_of(raw)))
    except LineFault as fault:
        return Line(number=raw.number, text=raw.data, size=raw.size, fault=fault)
    key = f"key-{own_key}" if own_key is not None else derived_key(raw.number, raw.data)
    return Line(number=raw.number, text=raw.data, size=raw.size, key=key, record=record)


def derived_key(number: int, content: bytes) -> str:
    """The key of a line that has none of its own: where it stands and what it says."""
    return f"line-{number}-{blake2b(content, digest_size=_DIGEST_BYTES).hexdigest()}"


def _json_values(raw: RawLine) -> Mapping[str, Value]:
    try:
        values = orjson.loads(text_of(raw))
    except orjson.JSONDecodeError as error:
        raise LineFault(FaultCode.BAD_JSON, str(error)) from None
    if not isinstance(values, dict) or has_repeated_field(raw.data, values):
        raise LineFault(FaultCode.BAD_JSON, "a line is one JSON object, in which no field is given twice")
    return values


# -- CSV -----------------------------------------------------------------------------------------------------------------


def _parse_csv(path: Path) -> Iterator[Line]:
    lines = read_lines(path)
    header = next(lines, None)
    if header is None:
        return
    columns = columns_of(header, "type")
    openings: list[tuple[RawLine, Mapping[str, Value]]] = []
    for raw in lines:
        try:
            values = cells_of(raw, columns)
        except LineFault as fault:
            yield from _opening(openings)
            yield Line(number=raw.number, text=raw.data, size=raw.size, fault=fault)
            continue
        if openings and (not _continues(openings[-1][1], values) or len(openings) > LOTS_MAX):
            yield from _opening(openings)
        if values.get("type") == "opening":
            openings.append((raw, values))
        else:
            yield _parse(raw, partial(_given, values))
    yield from _opening(openings)


def _continues(before: Mapping[str, Value], values: Mapping[str, Value]) -> bool:
    return all(before.get(name) == values.get(name) for name in _OPENING_COLUMNS)


def _opening(rows: list[tuple[RawLine, Mapping[str, Value]]]) -> Iterator[Line]:
    """The gathered rows as one line; they are cleared."""
    if not rows:
        return
    values = {name: value for name, value in rows[0][1].items() if name not in LOT_COLUMNS}
    for _, row in rows[1:]:
        values |= {name: value for name, value in row.items() if name not in (*LOT_COLUMNS, "key")}
    values["lots"] = [lot for _, row in rows if (lot := {name: row[name] for name in LOT_COLUMNS if name in row})]
    whole = RawLine(
        number=rows[0][0].number,
        data=b"\n".join(raw.data for raw, _ in rows),
        size=sum(raw.size for raw, _ in rows),
    )
    rows.clear()
    yield _parse(whole, partial(_given, values))


def _given(values: Mapping[str, Value], _raw: RawLine) -> Mapping[str, Value]:
    return values
