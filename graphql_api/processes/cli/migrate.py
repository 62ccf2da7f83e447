"""`scrip migrate`."""

import os
from typing import Annotated

import typer


def migrate(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring the database to this release's shape. Safe to run twice, and twice at once.

    Examples:
        scrip migrate

        SCRIP_DATABASE_URL=postgresql://owner@db/scrip scrip migrate --json
    """
    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.database import usable_database
    from graphql_api.settings import read_settings
    from migrations.apply import migrate as apply

    settings = read_settings(os.environ, needs=())
    with usable_database(settings) as url:
        outcome = apply(url, book_schema=settings.book_schema)
    if as_json:
        print_json({"before": outcome.before, "after": outcome.after})
    elif outcome.before == outcome.after:
        print_line(f"Nothing to do: the database is at {outcome.after}.")
    else:
        print_line(f"Migrated from {outcome.before or 'an empty database'} to {outcome.after}.")
