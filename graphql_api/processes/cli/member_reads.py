"""`scrip wallet` and `scrip statement`: one member's points, for support. Each use is in the audit log."""

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.opened import opened_member
from graphql_api.processes.cli.options import MemberId, ProgrammeCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from ledger.points.statement_query import StatementLineView
    from ledger.points.support_query import MemberOverview

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON: one object, or one per line of a statement.")]


def wallet(member: MemberId, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """Show a member's wallets and open holds as they are this instant; the look is recorded in the audit log.

    Examples:
        scrip wallet 1

        scrip wallet 1 --programme journey --json
    """
    import asyncio

    overview, codes = asyncio.run(_overview(member, programme))
    if as_json:
        from graphql_api.processes.cli.output import print_json

        print_json(_plain(asdict(overview)))
    else:
        _print_overview(overview, codes)


def statement(
    member: MemberId,
    asset: Annotated[str, typer.Option(help="The asset's code.")] = "POINTS",
    programme: ProgrammeCode = None,
    newest: Annotated[int, typer.Option(min=1, max=100_000, help="So many lines, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what each entry did to a member's wallet; the look is recorded in the audit log.

    Examples:
        scrip statement 1

        scrip statement 1 --asset STARS --newest 1000 --json
    """
    import asyncio

    asyncio.run(_statement(member, asset, programme, newest, as_json=as_json))


async def _overview(external_id: str, programme: str | None) -> "tuple[MemberOverview, Mapping[UUID, str]]":
    """What there is of the member, and the codes of the programme's assets."""
    from graphql_api.processes.cli.failure import CommandError
    from ledger.points.support_query import member_overview
    from ledger.programme.queries import assets

    async with opened_member(external_id, programme) as (application, actor, member_id):
        overview = await member_overview(application.reader, application.units, actor, member_id)
        if overview is None:
            raise CommandError(f"the programme has no member {external_id!r}.")
        known = await assets(application.reader, actor.programme_id)
        return overview, {asset.id: asset.code for asset in known}


async def _statement(external_id: str, asset: str, programme: str | None, newest: int, *, as_json: bool) -> None:
    from graphql_api.processes.cli.failure import CommandError
    from ledger.points.statement_query import PAGE_MAX, newest_lines
    from ledger.points.support_query import record_support_read
    from ledger.programme.queries import assets
    from ledger.programme.rows import asset_id

    async with opened_member(external_id, programme) as (application, actor, member_id):
        known = {each.code for each in await assets(application.reader, actor.programme_id)}
        if asset not in known:
            raise CommandError(
                f"the programme has no asset {asset!r}; there are: {', '.join(sorted(known)) or 'none'}."
            )
        await record_support_read(application.units, actor, member_id)
        left, before = newest, None
        wanted = asset_id(actor.programme_id, asset)
        while left:
            page = await newest_lines(
                application.reader, actor.programme_id, member_id, wanted, first=min(left, PAGE_MAX), before=before
            )
            _print_lines(page.lines, as_json=as_json, with_head=before is None)
            left -= len(page.lines)
            if not page.has_more:
                return
            before = page.lines[-1].version


def _print_lines(lines: "tuple[StatementLineView, ...]", *, as_json: bool, with_head: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    if as_json:
        for line in lines:
            print_json(_plain(asdict(line)))
        return
    # Fixed columns rather than a table, so that a long statement streams.
    if with_head:
        print_line(f"{'version':>8}  {'effective':<20} {'kind':<10} {'points':>12} {'held':>12} {'balance':>14}  entry")
    for line in lines:
        print_line(
            f"{line.version:>8}  {line.effective_at:%Y-%m-%d %H:%M:%S}  {line.kind:<10} {line.amount:>+12,}"
            f" {line.held_change:>+12,} {line.posted_after:>14,}  {line.entry_id}"
        )


def _print_overview(overview: "MemberOverview", codes: "Mapping[UUID, str]") -> None:
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import print_plain_table

    print_line(f"Member {overview.external_id}, {overview.state}, enrolled {overview.enrolled_at:%Y-%m-%d}.")
    if not overview.wallets:
        print_line("There are no wallets yet.")
        return
    # A wallet is a column: nine of them beside each other would not fit into a terminal.
    names = ("available", "posted", "held", "pending", "matured", "overdue", "owed")
    rows: list[tuple[object, ...]] = [(name, *(getattr(one, name) for one in overview.wallets)) for name in names]
    rows.append(("next expiry", *(_expiry(one.next_expiry_at) for one in overview.wallets)))
    print_plain_table("", texts=["wallet"], numbers=[codes[one.asset_id] for one in overview.wallets], rows=rows)
    for hold in overview.holds:
        if hold.state == "open":
            print_line(f"Hold {hold.id}: {hold.amount:,} points until {hold.deadline:%Y-%m-%d %H:%M:%S} UTC.")


def _expiry(at: "datetime | None") -> str:
    from graphql_api.processes.cli.plain_table import minute

    return "never" if at is None else minute(at)


def _plain(value: dict[str, object]) -> dict[str, object]:
    """The same under the names of the API, with ids and instants as text, all the way down."""
    return {_in_camel_case(name): _plain_value(one) for name, one in value.items()}


def _in_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return "".join([first, *map(str.capitalize, others)])


def _plain_value(value: object) -> object:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list | tuple):
        return [_plain_value(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | str) else str(value)
