"""Entries for spreadsheets: CSV (RFC 4180) whose cells no spreadsheet takes for a formula.

Derived, and derivable again by anybody: `verify` compares. Only the standard library is used here.
"""

from collections.abc import Mapping
from typing import Any, Final

COLUMNS: Final = (
    "index",
    "id",
    "at",
    "type",
    "outcome",
    "code",
    "actor",
    "client",
    "class",
    "origin",
    "programme",
    "resource",
    "request",
    "subjects",
    "streams",
    "balances",
    "flows",
    "facts",
    "parts",
)
HEADER: Final = ",".join(f'"{name}"' for name in COLUMNS) + "\r\n"
_PLAIN: Final = COLUMNS[1:13]
_EMPTY: Final = ("",) * len(_PLAIN)
# OWASP names these first characters; their full-width forms count as formulas in East Asian locales.
_STARTS_FORMULA: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")

Record = Mapping[str, Any]
"""An entry's record, parsed."""
_NOTHING: Final[Record] = {}


def csv_line(index: int, record: Record) -> str:
    """The line of one entry, with its end; every cell quoted, one that begins like a formula with an apostrophe before it.

    TypeError or another error where it is no record.
    """
    cells = [*map(record.get, _PLAIN, _EMPTY)]
    cells.append(" ".join(record.get("subjects", ())))
    cells.append(" ".join([f"{stream}:{seq}" for stream, seq in record.get("streams", ())]))
    cells.append(" ".join([f"{posted}:{held}" for posted, held in record.get("balances", ())]))
    cells.append(" ".join([f"{account}:{amount}" for account, amount in record.get("flows", ())]))
    cells.append("; ".join([f"{name}={value}" for name, value in record.get("facts", _NOTHING).items()]))
    cells.append(" ".join([part["name"] for part in record.get("parts", ())]))
    if not _STARTS_FORMULA.isdisjoint([cell[:1] for cell in cells]):
        cells = [f"'{cell}" if cell[:1] in _STARTS_FORMULA else cell for cell in cells]
    text = '","'.join(cells)
    if text.count('"') != 2 * len(cells) - 2:
        text = '","'.join([cell.replace('"', '""') for cell in cells])
    return f'"{index}","{text}"\r\n'
