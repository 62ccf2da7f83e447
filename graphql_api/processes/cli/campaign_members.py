"""`scrip campaign members`: puts a file of members on a list that campaigns may be for."""

from typing import Annotated

import typer

from graphql_api.processes.cli.options import AsJson, ProgrammeCode, Refused, TableFile


def load_members(
    code: Annotated[str, typer.Argument(help="The list's code; it is made where it is missing.")],
    file: TableFile,
    programme: ProgrammeCode = None,
    refused: Refused = None,
    as_json: AsJson = False,
) -> None:
    """Put the members of a file on a list, to which a campaign's terms may be narrowed. Exit 1 where lines were refused.

    A .txt file has a member's external id on each line, a .csv file a header with `member`. A list only grows; safe to
    run again, after a kill too.

    Example:
        scrip campaign members spring-targets members.txt
    """
    from graphql_api.processes.cli.bulk_file import path_of_refused, plain_refused, print_refused, run_file
    from graphql_api.processes.cli.failure import REFUSED
    from graphql_api.processes.cli.operating_user import operator_id
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.member_list_file import ListWanted, load_list

    wanted = ListWanted(
        path=file,
        programme=programme,
        code=code,
        operator=operator_id(),
        refused=path_of_refused(file, refused),
    )
    tally = run_file(file, lambda settings, url, show: load_list(settings, url, wanted, show), quiet=as_json)
    listed = tally.done.total()
    if as_json:
        print_json({"lines": tally.lines, "listed": listed, **plain_refused(tally)})
    else:
        print_line(
            f"{tally.lines:,} lines: {listed:,} members are on the list, {tally.refused.total():,} lines refused."
        )
        if tally.known:
            print_line(f"  {tally.known:,} of these were on it before.")
        print_refused(tally)
    if tally.refused:
        raise typer.Exit(REFUSED)
