"""`scrip import`: enrolments, opening balances, earns, spends and activities from a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.options import AsJson, ProgrammeCode, Refused

if TYPE_CHECKING:
    from graphql_api.processes.importing.run import Wanted
    from graphql_api.processes.importing.tally import Tally


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .jsonl or .csv file.")],
    programme: ProgrammeCode = None,
    source: Annotated[
        str, typer.Option(help="Who says so: keys and references are unique within a source.")
    ] = "import",
    replay: Annotated[bool, typer.Option("--replay", help="History in time order, each line at its own time.")] = False,
    refused: Refused = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read the file; needs no database.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import a file; docs/reference/import-format.md is its format. Exit 1 where lines were refused.

    Safe to run again, after Ctrl-C or a kill too: every line has a key, its own or one of its number and content.

    Examples:
        scrip import members.jsonl --programme journey --dry-run

        scrip import history.csv --programme journey --replay

        scrip import balances.jsonl --programme journey --json | jq .refused

        scrip import activities.csv --source core
    """
    from graphql_api.processes.cli.bulk_file import path_of_refused, run_file
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.importing.run import Wanted, run_import

    wanted = Wanted(
        path=file,
        programme=programme,
        source=source,
        is_replay=replay,
        refused=path_of_refused(file, refused),
    )
    if dry_run:
        tally = _read(wanted, quiet=as_json)
    else:
        tally = run_file(file, lambda settings, url, show: run_import(settings, url, wanted, show), quiet=as_json)
    _print(tally, as_json=as_json)
    if tally.refused:
        raise typer.Exit(REFUSED)


def _read(wanted: "Wanted", *, quiet: bool) -> "Tally":
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.importing.run import read_only

    words = "Nothing was imported: --dry-run only reads the file."
    with shown_progress(total=wanted.path.stat().st_size, quiet=quiet, when_stopped=words) as progress:
        return read_only(wanted, progress)


def _print(tally: "Tally", *, as_json: bool) -> None:
    from graphql_api.processes.cli.bulk_file import plain_refused, print_refused
    from graphql_api.processes.cli.output import print_json, print_line

    differences = [
        {"line": each.line, "member": each.member, "stated": each.stated, "lots": each.lots}
        for each in tally.differences
    ]
    refused = tally.refused.total()
    if as_json:
        print_json(
            {
                "lines": tally.lines,
                "accepted": dict(tally.done),
                "awards": tally.awards,
                "expiredOnArrival": tally.expired,
                "openingsThatDiffer": differences,
                **plain_refused(tally),
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
    for each in differences:
        print_line(
            f"  line {each['line']}: {each['member']} states {each['stated']:,}, its lots hold {each['lots']:,}."
        )
    print_refused(tally)
