"""What the commands have in common that bring a file into the ledger line by line."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from graphql_api.processes.cli.failure import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from graphql_api.processes.bulk import Progress
    from graphql_api.processes.importing.tally import Tally
    from graphql_api.settings import Settings

T = TypeVar("T")


def path_of_refused(file: Path, given: Path | None = None) -> Path:
    """The path that was given, else `FILE.refused.jsonl`. CommandError where that is the file: a run begins by removing it."""
    path = given or file.with_name(f"{file.name}.refused.jsonl")
    if path.resolve() == file.resolve():
        raise CommandError(f"--refused names {file} itself, which a run would write over; name another file.")
    return path


def run_file(
    path: Path,
    work: "Callable[[Settings, str, Progress], Coroutine[object, object, T]]",
    *,
    quiet: bool,
    mend: str = "",
) -> "T":
    """Does the work on the file in the settings' database, with a progress bar.

    mend: what to do once a refusal that ended it is mended
    Raises UnusableFile where the file is none, and CommandError where a refusal ends the work.
    """
    from graphql_api.processes.bulk import run_bulk
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.database import usable_database
    from graphql_api.setting_refusals import Need
    from graphql_api.settings import read_settings
    from ledger.book.refusal import Refusal, Retry

    settings = read_settings(os.environ, needs=(Need.SEALING,))
    try:
        with usable_database(settings) as url, shown_progress(total=path.stat().st_size, quiet=quiet) as progress:
            return run_bulk(lambda: work(settings, url, progress))
    except Refusal as stopped:
        advice = "Run the same command again to go on." if stopped.rule.retry is Retry.SAME_KEY else mend
        field = f" ({stopped.facts['field']})" if "field" in stopped.facts else ""
        words = f"stopped before the end ({stopped}): {stopped.rule.message}{field} {advice}"
        raise CommandError(words.rstrip()) from None


def plain_refused(tally: "Tally") -> dict[str, object]:
    """How many lines were known from an earlier run, how many were refused by code, and where these are, as JSON has it."""
    path = str(tally.path) if tally.refused and tally.path else None
    return {"known": tally.known, "refused": dict(tally.refused), "refusedFile": path}


def print_refused(tally: "Tally") -> None:
    """The refused lines by code, and where they are; nothing where there are none."""
    from graphql_api.processes.cli.output import print_line

    for code, count in tally.refused.most_common():
        print_line(f"  {code:<24} {count:>12,}")
    if tally.refused and tally.path:
        print_line(f"The refused lines are in {tally.path}.")
