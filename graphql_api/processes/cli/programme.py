"""`scrip programme`: the first thing that a new deployment needs and that no caller of the API can make, and its file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.opened import opened
from graphql_api.processes.cli.options import AsJson

if TYPE_CHECKING:
    from graphql_api.processes.programme_file.parts import ProgrammeFile
    from graphql_api.processes.programme_file.step import Step
    from ledger.engine.command import Actor
    from ledger.programme.rows import Programme

app = typer.Typer(
    name="programme",
    help="Make programmes: by hand, or whole ones by a file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@app.command("create")
def create(
    code: Annotated[str, typer.Argument(help="The programme's code: letters, digits, dots, dashes, underscores.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    time_zone: Annotated[str, typer.Option("--time-zone", help="Its IANA zone, which never changes.")],
    as_json: AsJson = False,
) -> None:
    """Make a programme; its assets, merchants and limits are then made by operators through the API.

    Example:
        scrip programme create journey --name "The Journey" --time-zone Europe/Berlin
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


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A TOML file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a programme what a file says: assets, activity types, voucher templates, tier ladders and campaigns.

    docs/reference/programme-file.md is its format; examples/journey.toml is one. Only what differs is done, so it is
    safe to run again, after a kill too. Campaigns are put forward, and wait until somebody else approves them through
    the API; then the same command starts them. What the file does not name is left alone.

    Examples:
        scrip programme apply examples/journey.toml --dry-run

        scrip programme apply examples/journey.toml --json | jq .waiting
    """
    import asyncio

    from graphql_api.processes.cli.failure import CommandError, last_words
    from graphql_api.processes.programme_file.read import read_file
    from graphql_api.processes.programme_file.strict import FileFault

    try:
        wanted = read_file(file)
        with last_words(lambda: "before the end. What was made stands; run the same command again to go on."):
            steps = asyncio.run(_apply(wanted, dry_run=dry_run))
    except FileFault as fault:
        raise CommandError(f"{file}: {fault}") from None
    _print(steps, as_json=as_json)


async def _create(code: str, name: str, time_zone: str) -> "Programme":
    from ledger.programme.setup import create_programme

    async with opened() as application:
        return await create_programme(application.units, _operator(), code=code, name=name, time_zone=time_zone)


async def _apply(file: "ProgrammeFile", *, dry_run: bool) -> "Sequence[Step]":
    from graphql_api.processes.programme_file.apply import applied, planned
    from graphql_api.processes.programme_file.step import Desk

    async with opened() as application:
        desk = Desk(application=application, actor=_operator())
        return await (planned(desk, file) if dry_run else applied(desk, file))


def _operator() -> "Actor":
    """Whoever runs the command, in no programme yet."""
    from graphql_api.processes.cli.operating_user import operator_id
    from graphql_api.processes.programme_file.step import NOBODY
    from ledger.engine.command import Actor

    return Actor(kind="operator", id=operator_id(), programme_id=NOBODY)


def _print(steps: "Sequence[Step]", *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    done = [step.what for step in steps if step.make is not None]
    waiting = [step.what for step in steps if step.make is None]
    if as_json:
        print_json({"steps": done, "waiting": waiting})
        return
    for what in [*done, *waiting]:
        print_line(what)
    if not steps:
        print_line("Nothing to do: the programme is what the file says.")
