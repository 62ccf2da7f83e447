"""`scrip legal-hold`: legal holds on classes of records. Each use is in the audit log."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from audit.retention import RetentionClass
from graphql_api.processes.cli.opened import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.legal_hold import LegalHold

CASE_MAX = 200
app = typer.Typer(name="legal-hold", help="Place and release legal holds.", no_args_is_help=True)


@app.command()
def place(
    retention_class: Annotated[RetentionClass, typer.Argument(metavar="CLASS", help="What must not be destroyed.")],
    case: Annotated[str, typer.Option(help="The number of the case; nothing personal.")],
) -> None:
    """Keep everything of a class, whatever its age and whoever asks for erasure; prints the hold's id.

    Example:
        scrip legal-hold place value --case '(2026) 0105-77'
    """
    import asyncio

    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_line

    if not case.strip() or not case.isprintable() or len(case) > CASE_MAX:
        raise CommandError(f"--case is the number of a case, of 1 to {CASE_MAX} characters that can be printed.")
    print_line(str(asyncio.run(_place(retention_class, case))))


@app.command()
def release(hold: Annotated[UUID, typer.Argument(help="The hold's id.")]) -> None:
    """End a hold. What it kept from being destroyed is destroyed by a worker's next round.

    Example:
        scrip legal-hold release 01a201d8-e5c4-7001-8879-2b3a28acefec
    """
    import asyncio

    asyncio.run(_release(hold))


@app.command("list")
def list_holds(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a hold.")] = False) -> None:
    """Show the holds that stand, oldest first.

    Example:
        scrip legal-hold list
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json, print_line

    holds = asyncio.run(_standing())
    if not holds and not as_json:
        print_line("No legal hold stands.")
    for hold in holds:
        if as_json:
            print_json(_plain(hold))
        else:
            print_line(f"{hold.id}  {hold.retention_class:<9}  {hold.placed_at:%Y-%m-%d}  {hold.case_number}")


def _plain(hold: "LegalHold") -> dict[str, object]:
    return {
        "id": str(hold.id),
        "class": hold.retention_class,
        "case": hold.case_number,
        "placedAt": hold.placed_at.isoformat(),
        "placedBy": hold.placed_by,
    }


async def _place(retention_class: RetentionClass, case: str) -> UUID:
    from audit.legal_hold import place_hold
    from graphql_api.processes.cli.operating_user import actor_name

    async with opened() as application:
        return await place_hold(application.audit.key_acts, retention_class, case, actor=actor_name())


async def _release(hold: UUID) -> None:
    from audit.legal_hold import release_hold
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.operating_user import actor_name

    async with opened() as application:
        if not await release_hold(application.audit.key_acts, hold, actor=actor_name()):
            raise CommandError(f"no hold {hold} stands.")


async def _standing() -> "Sequence[LegalHold]":
    from audit.legal_hold import standing_holds

    async with opened() as application:
        return await standing_holds(application.audit.acts)
