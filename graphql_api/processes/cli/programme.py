"""`scrip programme`: the first thing that a new deployment needs and that no caller of the API can make."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ledger.programme.rows import Programme


def programme(
    code: Annotated[str, typer.Argument(help="The programme's code: letters, digits, dots, dashes, underscores.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    time_zone: Annotated[str, typer.Option("--time-zone", help="Its IANA zone, which never changes.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a programme; its assets, merchants and limits are then made by operators through the API.

    Example:
        scrip programme journey --name "The Journey" --time-zone Europe/Berlin
    """
    import asyncio

    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_json, print_line
    from ledger.book.refusal import Refusal

    try:
        made = asyncio.run(_create(code, name, time_zone))
    except Refusal as refusal:
        field = f" ({refusal.facts['field']})" if "field" in refusal.facts else ""
        raise CommandError(f"{refusal.rule.message}{field}") from None
    if as_json:
        print_json({"id": str(made.id), "code": made.code, "name": made.name, "timeZone": made.time_zone})
    else:
        print_line(f"Programme {made.code} has the id {made.id}; tokens name it in the claim scrip_programme.")


async def _create(code: str, name: str, time_zone: str) -> "Programme":
    import getpass
    from uuid import UUID

    from graphql_api.bootstrap import open_application
    from graphql_api.processes.database import usable_database
    from graphql_api.settings import read_settings
    from ledger.engine.command import Actor
    from ledger.programme.setup import create_programme

    settings = read_settings(os.environ)
    actor = Actor(kind="operator", id=f"{getpass.getuser()}@command-line", programme_id=UUID(int=0))
    with usable_database(settings) as url:
        async with open_application(settings, url=url) as application:
            return await create_programme(application.units, actor, code=code, name=name, time_zone=time_zone)
