"""Tables for a terminal: texts to the left, numbers to the right, no lines between, so that 80 columns hold many."""

from collections.abc import Sequence
from datetime import datetime

ABSENT = "—"


def print_plain_table(
    title: str, *, texts: Sequence[str], numbers: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Print the rows under the headings of the texts, then of the numbers; nothing where there is no row."""
    from rich.console import Console
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
    Console().print(table)


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
