"""A progress bar on standard error, and only on a terminal, so that reports can be piped."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from graphql_api.processes.cli.failure import last_words

GO_ON: Final = "Run the same command again to go on; nothing is done twice."


@contextmanager
def shown_progress(
    *, total: int | None, quiet: bool, when_stopped: str = GO_ON
) -> Iterator[Callable[[str, int], None]]:
    """Yields what is told the step and how much more is done; `total` None where nobody knows.

    Ctrl-C ends it with the step that was told last, and `when_stopped`; also where it is quiet.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Drawn when something was done, not by a thread beside the work.
    console = Console(stderr=True)
    hidden = quiet or not console.is_terminal
    bar = Progress(*columns, console=console, transient=True, disable=hidden, auto_refresh=False)
    task = bar.add_task("the start", total=total)

    def show(step: str, more: int) -> None:
        bar.update(task, description=step, advance=more, refresh=True)

    with last_words(lambda: f"at {bar.tasks[task].description}. {when_stopped}"), bar:
        yield show
