"""A progress bar on standard error, and only on a terminal, so that reports can be piped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress(*, total: int | None, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """Yields what is told the step and how much more is done; `total` None where nobody knows."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Drawn when something was done, not by a thread beside the work.
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, auto_refresh=False) as bar:
        task = bar.add_task("starting", total=total)

        def show(step: str, more: int) -> None:
            bar.update(task, description=step, advance=more, refresh=True)

        yield show
