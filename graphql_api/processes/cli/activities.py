"""`scrip activities`: what a member did and what came of it, for support. Each use is in the audit log."""

from typing import Annotated

import typer

from graphql_api.processes.cli.opened import opened_member
from graphql_api.processes.cli.options import MemberId, ProgrammeCode


def activities(
    member: MemberId,
    programme: ProgrammeCode = None,
    newest: Annotated[int, typer.Option(min=1, max=100, help="So many, the latest report first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: one object per activity.")] = False,
) -> None:
    """Show what a member did, every award with its rule and version, and why other campaigns awarded nothing.

    The look is recorded in the audit log.

    Examples:
        scrip activities 1

        scrip activities 1 --newest 100 --json | jq 'select(.awards == [])'
    """
    import asyncio

    asyncio.run(_show(member, programme, newest, as_json=as_json))


async def _show(external_id: str, programme: str | None, newest: int, *, as_json: bool) -> None:
    from graphql_api.processes.cli.activity_lines import find_names, plain, told_lines
    from graphql_api.processes.cli.output import print_json, print_line
    from ledger.campaigns.explain_query import activities_page, explain
    from ledger.points.support_query import record_support_read

    async with opened_member(external_id, programme) as (application, actor, member_id):
        reader = application.reader
        await record_support_read(application.units, actor, member_id)
        page = await activities_page(reader, actor.programme_id, member_id, limit=newest)
        if not page and not as_json:
            print_line(f"Nothing that member {external_id} did was reported.")
        for activity in page:
            found = await explain(reader, actor.programme_id, activity.id)
            assert found is not None
            names = await find_names(reader, actor.programme_id, found.awards)
            if as_json:
                print_json(plain(found, names))
            else:
                print_line("\n".join(told_lines(found, names)))
