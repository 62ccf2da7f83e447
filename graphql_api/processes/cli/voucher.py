"""`scrip voucher`: vouchers for a file of members, a partner's own codes from a file, and the report."""

from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.options import AsJson, ProgrammeCode, Refused, TableFile
from graphql_api.processes.cli.voucher_report import report

if TYPE_CHECKING:
    from graphql_api.processes.importing.tally import Tally
    from graphql_api.processes.voucher_files.code_file import CodeTally

# What was refused under a batch's name stays refused under it.
_MEND = "Once that is mended, name another --batch."

app = typer.Typer(
    name="voucher", help="Issue vouchers and import codes from files; report on vouchers.", no_args_is_help=True
)
app.command("report")(report)

_Batch = Annotated[str | None, typer.Option(help="Names this run: its lines count once.", show_default="FILE's name")]


@app.command()
def issue(
    file: TableFile,
    template: Annotated[str | None, typer.Option(help="The template of lines that name none.")] = None,
    programme: ProgrammeCode = None,
    batch: _Batch = None,
    refused: Refused = None,
    as_json: AsJson = False,
) -> None:
    """Issue a voucher to each member of a file, in its order. Exit 1 where lines were refused.

    A .txt file has a member's external id on each line. A .csv file has a header with `member` and, where wanted,
    `template` and `reference`. Safe to run again, after a kill too: under one --batch each line counts once.

    Examples:
        scrip voucher issue members.txt --template COFFEE --batch 2027-03

        scrip voucher issue targets.csv --json | jq .refused
    """
    from graphql_api.processes.cli.bulk_file import path_of_refused, run_file
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.voucher_files.issue_file import IssueWanted, run_issue

    wanted = IssueWanted(
        path=file,
        programme=programme,
        template=template,
        batch=batch or file.name,
        refused=path_of_refused(file, refused),
    )
    tally = run_file(
        file, lambda settings, url, show: run_issue(settings, url, wanted, show), quiet=as_json, mend=_MEND
    )
    _print_issued(tally, as_json=as_json)
    if tally.refused:
        raise typer.Exit(REFUSED)


@app.command("import")
def import_codes(
    file: TableFile,
    template: Annotated[str, typer.Option(help="The template, whose stock is of imported codes.")],
    programme: ProgrammeCode = None,
    batch: _Batch = None,
    as_json: AsJson = False,
) -> None:
    """Import a partner's own codes into a template's stock. Exit 1 where codes were not taken.

    A .txt file has a code on each line; a .csv file a header with `code`. A code that is known already is reported and
    left alone. Safe to run again, after a kill too: under one --batch each line counts once.

    Example:
        scrip voucher import codes.csv --template CINEMA --batch cinema-2027-03
    """
    from graphql_api.processes.cli.bulk_file import run_file
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.voucher_files.code_file import CodesWanted, run_code_import

    wanted = CodesWanted(path=file, programme=programme, template=template, batch=batch or file.name)
    tally = run_file(
        file, lambda settings, url, show: run_code_import(settings, url, wanted, show), quiet=as_json, mend=_MEND
    )
    _print_imported(tally, as_json=as_json)
    if tally.duplicates or tally.malformed:
        raise typer.Exit(REFUSED)


def _print_issued(tally: "Tally", *, as_json: bool) -> None:
    from graphql_api.processes.cli.bulk_file import plain_refused, print_refused
    from graphql_api.processes.cli.output import print_json, print_line

    issued = tally.done.total()
    if as_json:
        print_json({"lines": tally.lines, "issued": issued, **plain_refused(tally)})
        return
    print_line(f"{tally.lines:,} lines: {issued:,} vouchers issued, {tally.refused.total():,} lines refused.")
    if tally.known:
        print_line(f"  {tally.known:,} of these were there from an earlier run.")
    print_refused(tally)


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
