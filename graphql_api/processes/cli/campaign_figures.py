"""`scrip campaign figures`: whom a campaign reached, what it gave and what came of that, as a table or as JSON."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from graphql_api.processes.cli.opened import opened_programme
from graphql_api.processes.cli.options import AsJson, CampaignCode, ProgrammeCode

if TYPE_CHECKING:
    from ledger.campaigns.campaign_query import BudgetView
    from ledger.campaigns.figures import Figures


class By(StrEnum):
    """What tells the lines apart."""

    TOTAL = "total"
    VARIANT = "variant"
    PHASE = "phase"
    CHANNEL = "channel"
    BRANCH = "branch"
    DAY = "day"


def show_figures(
    code: CampaignCode,
    by: Annotated[By, typer.Option(help="What tells the lines apart.")] = By.TOTAL,
    from_on: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Only activities from this local day on.")
    ] = None,
    until_on: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Only activities through this local day.")
    ] = None,
    programme: ProgrammeCode = None,
    as_json: AsJson = False,
) -> None:
    """Show whom a campaign reached, who took part, what it gave and what was used of that.

    Reached are members with an activity that its rules looked at; participants those with an award; converted those who
    have used something of it. What is refunded or used later counts on the day of the activity that was awarded.

    `value`, in minor units, is what the awarded activities reported, less refunds; `cost` is what the budget paid.
    The rates are participants of the reached, and used of what was issued and not returned.

    Examples:
        scrip campaign figures spring

        scrip campaign figures spring --by day --from 2027-03-01 --json | jq '.lines[].participants'
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json

    lines, budgets = asyncio.run(_read(code, by, from_on, until_on, programme))
    if as_json:
        print_json(plain_figures(lines, budgets))
    else:
        _print_tables(code, by, lines, budgets)


async def _read(
    code: str, by: By, from_on: datetime | None, until_on: datetime | None, programme: str | None
) -> "tuple[Sequence[Figures], Sequence[BudgetView]]":
    from graphql_api.processes.cli.failure import CommandError
    from ledger.campaigns.campaign_query import budgets_of, campaign_by_id
    from ledger.campaigns.figure_roll_up import catch_up
    from ledger.campaigns.figures import Side, every_line
    from ledger.campaigns.rows import campaign_id

    async with opened_programme(programme) as (application, actor):
        reader, programme_id = application.reader, actor.programme_id
        found = await campaign_by_id(reader, programme_id, campaign_id(programme_id, code))
        if found is None:
            raise CommandError(f"there is no campaign {code!r}.")
        # After an import much may wait for the worker.
        await catch_up(reader, application.units)
        lines = await every_line(
            reader,
            programme_id,
            found.campaign.id,
            side=Side(by.upper()),
            from_on=None if from_on is None else from_on.date(),
            until_on=None if until_on is None else until_on.date(),
        )
        return lines, await budgets_of(reader, found.campaign)


def plain_figures(lines: "Sequence[Figures]", budgets: "Sequence[BudgetView]") -> dict[str, object]:
    """The figures as JSON has them."""
    return {
        "lines": [_plain_line(line) for line in lines],
        "budgets": [{"asset": budget.asset, "left": budget.left, "state": budget.state} for budget in budgets],
    }


def _plain_line(line: "Figures") -> dict[str, object]:
    return {
        "key": line.key,
        "reached": line.reached,
        "participants": line.participants,
        "participationRateBasisPoints": line.participation_rate,
        "converted": line.converted,
        "conversionRateBasisPoints": line.conversion_rate,
        "activities": line.activities,
        "awarded": line.awarded,
        "valueMinor": line.value_minor,
        "assets": [
            {
                "asset": asset.asset,
                "awards": asset.awards,
                "issued": asset.issued,
                "returned": asset.returned,
                "redeemed": asset.redeemed,
                "redemptionRateBasisPoints": asset.redemption_rate,
                "cost": asset.cost,
                "returnPerHundred": asset.return_per_hundred(line.value_minor),
            }
            for asset in line.assets
        ],
    }


def _print_tables(code: str, by: By, lines: "Sequence[Figures]", budgets: "Sequence[BudgetView]") -> None:
    """People and what they did, then what was given, then the budgets."""
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import percent, print_plain_table

    if not lines:
        print_line(f"{code} has reached nobody on these days.")
    sides = () if by is By.TOTAL else (by.value,)
    print_plain_table(
        f"Campaign {code}",
        texts=sides,
        numbers=("reached", "took part", "rate", "converted", "activities", "awarded", "value"),
        rows=[
            (
                *_key(by, line),
                line.reached,
                line.participants,
                percent(line.participation_rate),
                line.converted,
                line.activities,
                line.awarded,
                line.value_minor,
            )
            for line in lines
        ],
    )
    print_plain_table(
        "What it gave",
        texts=(*sides, "asset"),
        numbers=("awards", "issued", "returned", "used", "rate", "cost"),
        rows=[
            (
                *_key(by, line),
                asset.asset,
                asset.awards,
                asset.issued,
                asset.returned,
                asset.redeemed,
                percent(asset.redemption_rate),
                asset.cost,
            )
            for line in lines
            for asset in line.assets
        ],
    )
    left = [(budget.asset, budget.state, budget.left) for budget in budgets]
    print_plain_table("Budgets", texts=("asset", "state"), numbers=("left",), rows=left)


def _key(by: By, line: "Figures") -> tuple[str | None, ...]:
    """What tells the line apart; nothing where there is one line only."""
    return () if by is By.TOTAL else (line.key,)
