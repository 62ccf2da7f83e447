"""`scrip activities`: what a member did and what came of it, for support. Each use is in the audit log."""

from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.opened_programme import opened_programme

if TYPE_CHECKING:
    from ledger.campaigns.campaign_query import VersionName
    from ledger.campaigns.explain_query import Explained


def activities(
    member: Annotated[str, typer.Argument(help="The member's external id.")],
    programme: Annotated[str | None, typer.Option(help="The programme's code; needed where there are several.")] = None,
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
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_line
    from ledger.campaigns.campaign_query import version_name
    from ledger.campaigns.explain_query import activities_page, explain
    from ledger.members.queries import member_by_external_id
    from ledger.points.support_query import record_support_read

    async with opened_programme(programme) as (application, actor):
        reader = application.reader
        member = await member_by_external_id(reader, actor.programme_id, external_id)
        if member is None:
            raise CommandError(f"the programme has no member {external_id!r}.")
        await record_support_read(application.units, actor, member.id)
        page = await activities_page(reader, actor.programme_id, member.id, limit=newest)
        if not page and not as_json:
            print_line(f"Nothing that member {external_id} did was reported.")
        for activity in page:
            found = await explain(reader, actor.programme_id, activity.id)
            assert found is not None
            names = {
                id_: await version_name(reader, actor.programme_id, id_)
                for id_ in {award.version_id for award in found.awards}
            }
            _print(found, {str(id_): name for id_, name in names.items() if name is not None}, as_json=as_json)


def _print(found: "Explained", names: "dict[str, VersionName]", *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line
    from ledger.campaigns.receipt import ActivityState

    activity = found.activity
    if as_json:
        print_json(_plain(found, names))
        return
    words = [f"{activity.occurred_at:%Y-%m-%d %H:%M:%S} UTC", activity.type]
    words += [] if activity.amount is None else [f"{activity.amount:,}"]
    words += [f"{activity.source}/{activity.source_event_id}"]
    words += [] if activity.state == ActivityState.ACCEPTED else [activity.state]
    print_line("  ".join(words))
    for award in found.awards:
        name = names[str(award.version_id)]
        cut = f" of {award.wanted:,}" if 0 < award.amount < award.wanted else ""
        what = f"{award.amount:+,}{cut} {award.kind.lower()}"
        print_line(f"  {what:<20} {name.campaign} version {name.number}, rule {award.rule}")
    for skip in found.skipped:
        rule = "" if skip.rule is None else f", rule {skip.rule}"
        print_line(f"  {skip.reason:<20} {skip.campaign} version {skip.version}{rule}")


def _plain(found: "Explained", names: "dict[str, VersionName]") -> dict[str, object]:
    import orjson

    activity = found.activity
    return {
        "id": str(activity.id),
        "type": activity.type,
        "source": activity.source,
        "event": activity.source_event_id,
        "occurredAt": activity.occurred_at.isoformat(),
        "receivedAt": activity.received_at.isoformat(),
        "state": activity.state,
        "payload": orjson.loads(activity.payload),
        "awards": [
            {
                "id": str(award.id),
                "campaign": names[str(award.version_id)].campaign,
                "version": names[str(award.version_id)].number,
                "rule": award.rule,
                "kind": award.kind,
                "amount": award.amount,
                "wanted": award.wanted,
                "inputs": orjson.loads(award.inputs),
                "headroom": orjson.loads(award.headroom),
            }
            for award in found.awards
        ],
        "skipped": [
            {
                "campaign": skip.campaign,
                "version": skip.version,
                "rule": skip.rule,
                "reason": skip.reason,
            }
            for skip in found.skipped
        ],
    }
