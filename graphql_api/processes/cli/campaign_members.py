"""`scrip campaign members`: puts a file of members on a list that campaigns may be for."""

import os
from pathlib import Path
from typing import Annotated

import typer

from graphql_api.processes.cli.options import AsJson, ProgrammeCode


def load_members(
    code: Annotated[str, typer.Argument(help="The list's code; it is made where it is missing.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .csv or .txt file.")],
    programme: ProgrammeCode = None,
    as_json: AsJson = False,
) -> None:
    """Put the members of a file on a list, to which a campaign's terms may be narrowed. Exit 1 where lines were refused.

    A .txt file has a member's external id on each line, a .csv file a header with `member`. A list only grows; safe to
    run again, after a kill too. Refused lines go to FILE.refused.jsonl.

    Example:
        scrip campaign members spring-targets members.txt
    """
    from graphql_api.processes.bulk import run_bulk
    from graphql_api.processes.cli.failure import REFUSED, CommandError
    from graphql_api.processes.cli.operating_user import operator_id
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.importing.cells import UnusableFile
    from graphql_api.processes.member_list_file import ListWanted, load_list
    from graphql_api.settings import read_settings
    from ledger.book.refusal import Refusal

    settings = read_settings(os.environ)
    wanted = ListWanted(
        path=file,
        programme=programme,
        code=code,
        operator=operator_id(),
        refused=file.with_name(f"{file.name}.refused.jsonl"),
    )
    try:
        with usable_database(settings) as url, shown_progress(total=file.stat().st_size, quiet=as_json) as progress:
            tally = run_bulk(lambda: load_list(settings, url, wanted, progress))
    except UnusableFile as unusable:
        raise CommandError(str(unusable)) from None
    except Refusal as stopped:
        raise CommandError(f"stopped before the end ({stopped}): {stopped.rule.message}") from None
    listed, refused = sum(tally.done.values()), sum(tally.refused.values())
    if as_json:
        print_json({"lines": tally.lines, "listed": listed, "known": tally.known, "refused": dict(tally.refused)})
    else:
        print_line(f"{tally.lines:,} lines: {listed:,} members are on the list, {refused:,} lines refused.")
        if tally.known:
            print_line(f"  {tally.known:,} of these were on it before.")
    if refused:
        raise typer.Exit(REFUSED)
