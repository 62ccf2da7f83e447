"""Where the refused lines of a file go."""

from pathlib import Path

from graphql_api.processes.cli.failure import CommandError


def path_of_refused(file: Path, given: Path | None) -> Path:
    """The path that was given, else `FILE.refused.jsonl`. CommandError where that is the file: a run begins by removing it."""
    path = given or file.with_name(f"{file.name}.refused.jsonl")
    if path.resolve() == file.resolve():
        raise CommandError(f"--refused names {file} itself, which a run would write over; name another file.")
    return path
