"""Tables for a terminal: texts to the left, numbers to the right, no lines between, so that 80 columns hold many."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

ABSENT = "—"
_WIDTH_MAX = 10_000


def print_plain_table(
    title: str, *, texts: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Print the rows under the headings of the texts, then of the numbers; nothing where there is no row."""
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in texts:
        table.add_column(heading)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    print_whole(table)


def print_whole(table: "Table") -> None:
    """Print the table in the terminal's width, or wider where it does not fit: a number or an id that was cut is another
    one. Columns of numbers and ids are those that may not wrap. What looks like markup is text.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(markup=False)
    for column in table.columns:
        if column.no_wrap:
            column.min_width = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    needed = Measurement.get(console, console.options.update(max_width=_WIDTH_MAX), table).minimum
    Console(markup=False, width=max(console.width, needed)).print(table)


def _cell(value: object) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, datetime):
        return minute(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def minute(at: datetime) -> str:
    """An instant in UTC as people read it."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def percent(basis_points: int) -> str:
    """A share in basis points as people read it."""
    return f"{basis_points // 100}.{basis_points % 100:02}%"
