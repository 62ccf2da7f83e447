"""`scrip import`: enrolments, opening balances, earns, spends and activities from a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from graphql_api.processes.importing.run import Wanted
    from graphql_api.processes.importing.tally import Tally
    from graphql_api.settings import Settings


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .jsonl or .csv file.")],
    programme: Annotated[str | None, typer.Option(help="The programme's code; needed where there are several.")] = None,
    source: Annotated[
        str, typer.Option(help="Who says so: keys and references are unique within a source.")
    ] = "import",
    replay: Annotated[bool, typer.Option("--replay", help="History in time order, each line at its own time.")] = False,
    refused: Annotated[
        Path | None, typer.Option(help="Where refused lines go.", show_default="FILE.refused.jsonl")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read the file; needs no database.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import a file; docs/reference/import-format.md is its format. Exit 1 where lines were refused.

    Safe to run again, after Ctrl-C or a kill too: every line has a key, its own or one of its number and content.

    Examples:
        scrip import members.jsonl --programme journey --dry-run

        scrip import history.csv --programme journey --replay

        scrip import balances.jsonl --programme journey --json | jq .refused

        scrip import activities.csv --source core
    """
    from graphql_api.processes.cli.failure import REFUSED, CommandError
    from graphql_api.processes.cli.refused_lines import path_of_refused
    from graphql_api.processes.importing.cells import UnusableFile
    from graphql_api.processes.importing.run import Wanted
    from graphql_api.settings import read_settings
    from ledger.book.refusal import Refusal

    wanted = Wanted(
        path=file,
        programme=programme,
        source=source,
        is_replay=replay,
        refused=path_of_refused(file, refused),
    )
    try:
        tally = _read(wanted, quiet=as_json) if dry_run else _import(wanted, read_settings(os.environ), quiet=as_json)
    except UnusableFile as unusable:
        raise CommandError(str(unusable)) from None
    except Refusal as stopped:
        raise CommandError(f"stopped before the end ({stopped}); run the same command again to go on.") from None
    _print(tally, as_json=as_json)
    if tally.refused:
        raise typer.Exit(REFUSED)


def _read(wanted: "Wanted", *, quiet: bool) -> "Tally":
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.importing.run import read_only

    words = "Nothing was imported: --dry-run only reads the file."
    with shown_progress(total=wanted.path.stat().st_size, quiet=quiet, when_stopped=words) as progress:
        return read_only(wanted, progress)


def _import(wanted: "Wanted", settings: "Settings", *, quiet: bool) -> "Tally":
    from graphql_api.processes.bulk import run_bulk
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.importing.run import run_import

    with (
        usable_database(settings) as url,
        shown_progress(total=wanted.path.stat().st_size, quiet=quiet) as progress,
    ):
        return run_bulk(lambda: run_import(settings, url, wanted, progress))


def _print(tally: "Tally", *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    differences = [
        {"line": each.line, "member": each.member, "stated": each.stated, "lots": each.lots}
        for each in tally.differences
    ]
    refused = sum(tally.refused.values())
    if as_json:
        print_json(
            {
                "lines": tally.lines,
                "accepted": dict(tally.done),
                "awards": tally.awards,
                "known": tally.known,
                "refused": dict(tally.refused),
                "expiredOnArrival": tally.expired,
                "openingsThatDiffer": differences,
                "refusedFile": str(tally.path) if refused and tally.path else None,
            }
        )
        return
    print_line(f"{tally.lines:,} lines: {tally.lines - refused:,} accepted, {refused:,} refused.")
    for kind, count in sorted(tally.done.items()):
        print_line(f"  {kind:<24} {count:>12,}")
    if tally.known:
        print_line(f"  {tally.known:,} of these were there from an earlier run.")
    if tally.awards:
        print_line(f"  {tally.awards:,} awards were made for the activities.")
    if tally.expired:
        print_line(f"  {tally.expired:,} points were past their date and expired on arrival.")
    for code, count in tally.refused.most_common():
        print_line(f"  {code:<24} {count:>12,}")
    for each in differences:
        print_line(
            f"  line {each['line']}: {each['member']} states {each['stated']:,}, its lots hold {each['lots']:,}."
        )
    if refused and tally.path:
        print_line(f"The refused lines are in {tally.path}.")
