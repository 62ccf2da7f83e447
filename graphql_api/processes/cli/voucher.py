"""`scrip voucher`: vouchers for a file of members, a partner's own codes from a file, and the report."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from graphql_api.processes.cli.voucher_report import report

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from graphql_api.processes.importing.tally import Tally
    from graphql_api.processes.voucher_files.code_file import CodeTally
    from graphql_api.settings import Settings

    Progress = Callable[[str, int], None]

T = TypeVar("T")

app = typer.Typer(
    name="voucher", help="Issue vouchers and import codes from files; report on vouchers.", no_args_is_help=True
)
app.command("report")(report)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .csv or .txt file.")]
_Programme = Annotated[str | None, typer.Option(help="The programme's code; needed where there are several.")]
_Batch = Annotated[str | None, typer.Option(help="Names this run: its lines count once.", show_default="FILE's name")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def issue(
    file: _File,
    template: Annotated[str | None, typer.Option(help="The template of lines that name none.")] = None,
    programme: _Programme = None,
    batch: _Batch = None,
    refused: Annotated[
        Path | None, typer.Option(help="Where refused lines go.", show_default="FILE.refused.jsonl")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Issue a voucher to each member of a file, in its order. Exit 1 where lines were refused.

    A .txt file has a member's external id on each line. A .csv file has a header with `member` and, where wanted,
    `template` and `reference`. Safe to run again, after a kill too: under one --batch each line counts once.

    Examples:
        scrip voucher issue members.txt --template COFFEE --batch 2027-03

        scrip voucher issue targets.csv --json | jq .refused
    """
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.cli.refused_lines import path_of_refused
    from graphql_api.processes.voucher_files.issue_file import IssueWanted, run_issue

    wanted = IssueWanted(
        path=file,
        programme=programme,
        template=template,
        batch=batch or file.name,
        refused=path_of_refused(file, refused),
    )
    tally = _run(file, lambda settings, url, show: run_issue(settings, url, wanted, show), quiet=as_json)
    _print_issued(tally, as_json=as_json)
    if tally.refused:
        raise typer.Exit(REFUSED)


@app.command("import")
def import_codes(
    file: _File,
    template: Annotated[str, typer.Option(help="The template, whose stock is of imported codes.")],
    programme: _Programme = None,
    batch: _Batch = None,
    as_json: _Json = False,
) -> None:
    """Import a partner's own codes into a template's stock. Exit 1 where codes were not taken.

    A .txt file has a code on each line; a .csv file a header with `code`. A code that is known already is reported and
    left alone. Safe to run again, after a kill too: under one --batch each line counts once.

    Example:
        scrip voucher import codes.csv --template CINEMA --batch cinema-2027-03
    """
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.voucher_files.code_file import CodesWanted, run_code_import

    wanted = CodesWanted(path=file, programme=programme, template=template, batch=batch or file.name)
    tally = _run(file, lambda settings, url, show: run_code_import(settings, url, wanted, show), quiet=as_json)
    _print_imported(tally, as_json=as_json)
    if tally.duplicates or tally.malformed:
        raise typer.Exit(REFUSED)


def _run(path: Path, work: "Callable[[Settings, str, Progress], Coroutine[object, object, T]]", *, quiet: bool) -> "T":
    """Does the work on the file in the settings' database, with a progress bar."""
    from graphql_api.processes.bulk import run_bulk
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.importing.cells import UnusableFile
    from graphql_api.settings import read_settings
    from ledger.book.refusal import Refusal, Retry

    settings = read_settings(os.environ)
    try:
        with usable_database(settings) as url, shown_progress(total=path.stat().st_size, quiet=quiet) as progress:
            return run_bulk(lambda: work(settings, url, progress))
    except UnusableFile as unusable:
        raise CommandError(str(unusable)) from None
    except Refusal as stopped:
        # What was refused under a batch's name stays refused under it.
        is_passing = stopped.rule.retry is Retry.SAME_KEY
        advice = "Run it again to go on." if is_passing else "Once that is mended, name another --batch."
        field = f" ({stopped.facts['field']})" if "field" in stopped.facts else ""
        raise CommandError(f"stopped before the end ({stopped}): {stopped.rule.message}{field} {advice}") from None


def _print_issued(tally: "Tally", *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    refused, issued = sum(tally.refused.values()), sum(tally.done.values())
    path = str(tally.path) if refused and tally.path else None
    if as_json:
        counts = {"lines": tally.lines, "issued": issued, "known": tally.known, "refused": dict(tally.refused)}
        print_json({**counts, "refusedFile": path})
        return
    print_line(f"{tally.lines:,} lines: {issued:,} vouchers issued, {refused:,} lines refused.")
    if tally.known:
        print_line(f"  {tally.known:,} of these were there from an earlier run.")
    for code, count in tally.refused.most_common():
        print_line(f"  {code:<24} {count:>12,}")
    if path:
        print_line(f"The refused lines are in {path}.")


def _print_imported(tally: "CodeTally", *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    if as_json:
        print_json(
            {
                "imported": tally.imported,
                "duplicates": tally.duplicates,
                "malformed": tally.malformed,
                "duplicateLines": tally.duplicate_lines,
                "malformedLines": tally.malformed_lines,
            }
        )
        return
    print_line(f"{tally.imported:,} codes are in stock, {tally.duplicates + tally.malformed:,} lines were not taken.")
    for what, count, lines in (
        ("were known already", tally.duplicates, tally.duplicate_lines),
        ("can be no codes", tally.malformed, tally.malformed_lines),
    ):
        if count:
            more = ", …" if count > len(lines) else ""
            print_line(f"  {count:,} {what}: lines {', '.join(map(str, lines))}{more}")
