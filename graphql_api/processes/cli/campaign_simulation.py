"""`scrip campaign simulate`: a campaign's newest version over recorded activities, with a progress bar."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.opened import opened_programme
from graphql_api.processes.cli.options import AsJson, CampaignCode, ProgrammeCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from ledger.campaigns.simulate import Simulation
    from ledger.campaigns.simulation_report import GroupLine, MemberLine, SimulationReport

MEMBERS_SHOWN = 5


def simulate_campaign(
    code: CampaignCode,
    starting_on: Annotated[
        datetime | None,
        typer.Option("--starting", formats=["%Y-%m-%d"], help="Moves all phases, so that the first begins then."),
    ] = None,
    budget: Annotated[
        list[str] | None, typer.Option(help="ASSET=AMOUNT; a budget that is not named is as large as needed.")
    ] = None,
    programme: ProgrammeCode = None,
    as_json: AsJson = False,
) -> None:
    """Try a campaign's newest version, approved or not, on recorded activities. Nothing is posted.

    Shows what it would have given, to how many members, why it would have given nothing, and whom caps would have held
    back. The very rules decide; members are taken as the bank describes them today, and other campaigns as absent.

    It looks at the activities of its phases' days; --starting moves the phases to days of which there are some.

    Examples:
        scrip campaign simulate spring --starting 2027-01-01

        scrip campaign simulate spring --budget POINTS=100000 --json | jq .costs
    """
    import asyncio

    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.output import print_json
    from graphql_api.processes.cli.progress import shown_progress
    from ledger.book.refusal import Refusal
    from ledger.campaigns.simulate import Simulation

    first = None if starting_on is None else starting_on.date()
    asked = Simulation(campaign=code, starting_on=first, budgets=_budgets(budget or ()))
    try:
        with shown_progress(total=None, quiet=as_json, when_stopped="Nothing is posted by simulating.") as show:
            report, names = asyncio.run(_simulate(asked, programme, lambda more: show("activities", more)))
    except Refusal as refusal:
        field = str(refusal.facts.get("field", code))
        if field.startswith("budgets."):
            raise CommandError(
                f"{code} has no budget for {field.removeprefix('budgets.')}, or may not have so much."
            ) from None
        raise CommandError(f"{refusal.rule.message} ({field})") from None
    if as_json:
        print_json(plain_simulation(report, names))
    else:
        _print_tables(code, report, names)


def _budgets(given: Sequence[str]) -> "Mapping[str, int]":
    from graphql_api.processes.cli.failure import CommandError

    found = {}
    for text in given:
        asset, _, amount = text.partition("=")
        if not asset or not (amount.isascii() and amount.isdigit()) or len(amount) > 16:
            raise CommandError(f"{text!r} is no budget; give it as POINTS=100000.")
        if asset in found:
            raise CommandError(f"{asset} has two budgets.")
        found[asset] = int(amount)
    return found


async def _simulate(
    asked: "Simulation", programme: str | None, on_progress: "Callable[[int], None]"
) -> "tuple[SimulationReport, Mapping[UUID, str]]":
    """The report, and the external ids of the members that it names."""
    from ledger.campaigns.simulate import simulate
    from ledger.members.queries import external_ids

    async with opened_programme(programme) as (application, actor):
        reader, programme_id = application.reader, actor.programme_id
        report = await simulate(reader, programme_id, asked, on_progress=on_progress)
        named = {line.member_id for line in (*report.most_awarded, *report.most_capped)}
        return report, await external_ids(reader, programme_id, named)


def plain_simulation(report: "SimulationReport", names: "Mapping[UUID, str]") -> dict[str, object]:
    """The report as JSON has it."""
    return {
        "activities": report.activities,
        "refunds": report.refunds,
        "reached": report.reached,
        "winners": report.winners,
        "awards": report.awards,
        "capped": report.capped,
        "costs": [
            {
                "kind": line.kind,
                "code": line.code,
                "awards": line.awards,
                "amount": line.amount,
                "returned": line.returned,
                "cost": line.cost,
            }
            for line in report.costs
        ],
        "budgets": [
            {
                "asset": line.asset,
                "given": line.given,
                "left": line.left,
                "exhaustedAt": None if line.exhausted_at is None else line.exhausted_at.isoformat(),
            }
            for line in report.budgets
        ],
        "reasons": [
            {"reason": line.reason, "rule": line.rule, "activities": line.activities} for line in report.reasons
        ],
        "mostAwarded": _plain_members(report.most_awarded, names),
        "mostCapped": _plain_members(report.most_capped, names),
        "rules": _plain_groups(report.rules),
        "phases": _plain_groups(report.phases),
        "variants": _plain_groups(report.variants),
    }


def _plain_members(lines: "Sequence[MemberLine]", names: "Mapping[UUID, str]") -> list[dict[str, object]]:
    return [{"member": names[line.member_id], "memberId": str(line.member_id), "times": line.times} for line in lines]


def _plain_groups(lines: "Sequence[GroupLine]") -> list[dict[str, object]]:
    return [{"code": line.code, "awards": line.awards, "winners": line.winners} for line in lines]


def _print_tables(code: str, report: "SimulationReport", names: "Mapping[UUID, str]") -> None:
    """What the draft would have come to."""
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import print_plain_table

    print_line(
        f"{code}: {report.activities:,} activities and {report.refunds:,} refunds looked at; nothing was posted."
    )
    print_line(
        f"  {report.winners:,} of {report.reached:,} members reached would have had {report.awards:,} awards;"
        f" {report.capped:,} would have been capped."
    )
    if not report.activities:
        print_line("  No activity of its types was recorded on its days; --starting moves them.")
    print_plain_table(
        "What it would have given",
        texts=("kind", "code"),
        numbers=("awards", "amount", "returned", "cost"),
        rows=[(line.kind, line.code, line.awards, line.amount, line.returned, line.cost) for line in report.costs],
    )
    print_plain_table(
        "Budgets",
        texts=("asset", "exhausted at"),
        numbers=("given", "left"),
        rows=[(line.asset, line.exhausted_at, line.given, line.left) for line in report.budgets],
    )
    print_plain_table(
        "Why nothing",
        texts=("reason", "rule"),
        numbers=("activities",),
        rows=[(line.reason, line.rule, line.activities) for line in report.reasons],
    )
    for title, groups in (("Rules", report.rules), ("Phases", report.phases), ("Variants", report.variants)):
        lines = [(line.code, line.awards, line.winners) for line in groups]
        print_plain_table(title, texts=("code",), numbers=("awards", "winners"), rows=lines)
    for title, members in (("Most awarded", report.most_awarded), ("Most capped", report.most_capped)):
        often = [(names[line.member_id], line.times) for line in members[:MEMBERS_SHOWN]]
        print_plain_table(title, texts=("member",), numbers=("times",), rows=often)
