"""`scrip tier`: which ladders a programme has, and where a member stands, for support. Looks at members are recorded."""

from typing import TYPE_CHECKING, NamedTuple

import typer

from graphql_api.processes.cli.opened import opened_member, opened_programme
from graphql_api.processes.cli.options import AsJson, MemberId, ProgrammeCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ledger.tiers.ladder import LadderRecord
    from ledger.tiers.rows import Pack, Step
    from ledger.tiers.tier_query import TierView

app = typer.Typer(name="tier", help="Read ladders of tiers and where members stand.", no_args_is_help=True)
STEPS_SHOWN = 20
_NO_LADDERS = "There are no ladders."


class _Shown(NamedTuple):
    """Where a member stands on a ladder, how it came there, and which vouchers its promotions brought."""

    tier: "TierView"
    steps: "Sequence[Step]" = ()
    packs: "Sequence[Pack]" = ()


@app.command("ladders")
def list_ladders(programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """List the ladders with their levels.

    Examples:
        scrip tier ladders

        scrip tier ladders --json | jq '.ladders[].terms.levels'
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json

    records = asyncio.run(_ladders(programme))
    if as_json:
        print_json({"ladders": [_plain_ladder(record) for record in records]})
    else:
        _print_ladders(records)


@app.command("show")
def show_member(member: MemberId, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """Show where a member stands on every ladder, what it takes to rise and to stay, and how it came there.

    The look is recorded in the audit log.

    Examples:
        scrip tier show 1

        scrip tier show 1 --json | jq '.tiers[].progress'
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json

    found = asyncio.run(_member(member, programme))
    if as_json:
        print_json({"tiers": [_plain_tier(shown) for shown in found]})
    else:
        _print_member(found)


async def _ladders(programme: str | None) -> "list[LadderRecord]":
    from ledger.tiers.ladder_query import ladders_of

    async with opened_programme(programme) as (application, actor):
        return await ladders_of(application.reader, actor.programme_id)


async def _member(external_id: str, programme: str | None) -> "list[_Shown]":
    from ledger.points.support_query import record_support_read
    from ledger.tiers.tier_query import packs_of, steps_page, tiers_of_member

    async with opened_member(external_id, programme) as (application, actor, member_id):
        reader, programme_id = application.reader, actor.programme_id
        await record_support_read(application.units, actor, member_id)
        found: list[_Shown] = []
        for tier in await tiers_of_member(reader, programme_id, member_id):
            standing = tier.standing_id
            if standing is None:
                found.append(_Shown(tier))
                continue
            steps = await steps_page(reader, programme_id, tier, limit=STEPS_SHOWN)
            found.append(_Shown(tier, steps, await packs_of(reader, programme_id, standing)))
        return found


def _plain_ladder(record: "LadderRecord") -> dict[str, object]:
    import json

    return {"code": record.ladder.code, "version": record.latest.number, "terms": json.loads(record.latest.body)}


def _print_ladders(records: "Sequence[LadderRecord]") -> None:
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import print_plain_table
    from ledger.tiers.ladder_text import parse_body

    if not records:
        print_line(_NO_LADDERS)
    for record in records:
        body = parse_body(record.latest.body)
        days = "" if body.window.days is None else f" {body.window.days} days"
        print_plain_table(
            f"{record.ladder.code}, version {record.latest.number}: {body.metric.kind.lower()},"
            f" {body.window.kind.lower()}{days}",
            texts=("level", "pack"),
            numbers=("from", "percent"),
            rows=[(each.code, ", ".join(each.pack), each.threshold, each.multiplier) for each in body.levels],
        )


def _plain_tier(shown: "_Shown") -> dict[str, object]:
    tier = shown.tier
    progress, keep = tier.progress, tier.progress.keep
    return {
        "ladder": tier.ladder,
        "level": tier.level.code,
        "since": _text(tier.since),
        "earned": tier.earned,
        "grantedUntil": _text(tier.granted_until),
        "progress": {
            "counted": progress.counted,
            "countedFrom": _text(progress.counted_from),
            "nextLevel": progress.next_level,
            "missing": progress.missing,
            "keep": None
            if keep is None
            else {"by": _text(keep.by), "missing": keep.missing, "fallsOn": _text(keep.falls_on)},
        },
        "steps": [{"level": step.level, "cause": step.cause, "since": _text(step.since)} for step in shown.steps],
        "packs": [
            {
                "level": pack.level,
                "template": pack.template,
                "state": pack.state,
                "refusal": pack.refused,
                "dueAt": _text(pack.due_at),
                "nextTryAt": _text(pack.next_try_at),
            }
            for pack in shown.packs
        ],
    }


def _text(value: "date | None") -> str | None:
    """A day or an instant as JSON has it."""
    return None if value is None else value.isoformat()


def _print_member(found: "Sequence[_Shown]") -> None:
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import print_plain_table

    if not found:
        print_line(_NO_LADDERS)
    rows = []
    for tier in (shown.tier for shown in found):
        keep = tier.progress.keep
        stays = "" if keep is None else f"{keep.missing:,} by {keep.by}"
        rows.append(
            (
                tier.ladder,
                tier.level.code,
                tier.progress.next_level,
                stays,
                tier.progress.counted,
                tier.progress.missing,
            )
        )
    print_plain_table("Tiers", texts=("ladder", "level", "next", "to stay"), numbers=("counted", "missing"), rows=rows)
    for shown in found:
        print_plain_table(
            f"Steps on {shown.tier.ladder}, newest first",
            texts=("since", "level", "cause"),
            numbers=(),
            rows=[(step.since, step.level, step.cause.lower()) for step in shown.steps],
        )
        if shown.packs:
            print_plain_table(
                f"Packs of {shown.tier.ladder}, newest first",
                texts=("due", "level", "template", "state", "refusal"),
                numbers=(),
                rows=[
                    (pack.due_at, pack.level, pack.template, pack.state.lower(), pack.refused) for pack in shown.packs
                ],
            )
