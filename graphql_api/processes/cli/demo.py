"""`scrip demo`: a year of real retail baskets and campaigns, or its first weeks."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from graphql_api.processes.bulk import Progress
    from graphql_api.processes.demo.campaign_totals import CampaignTotals
    from graphql_api.processes.demo.load import DemoLoaded
    from graphql_api.processes.programme_file.parts import ProgrammeFile
    from graphql_api.settings import Settings


def demo(
    full: Annotated[bool, typer.Option("--full", help="The whole year instead of its first eight weeks.")] = False,
    programme: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, readable=True, help="A file of campaigns to apply.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=4, help="How many processes replay.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load the Complete Journey: real baskets that earn points, real campaigns whose vouchers real coupons redeem.

    A coupon's redemption also spends 100 points where they are there. The campaigns' vouchers go out to the households
    that were targeted, each good 17 times on the campaign's days.

    Afterwards the ledger's clock stands at the end of what was loaded, and ticks. Safe to run again, after a kill too.

    With --programme every basket is reported as a purchase instead, and the campaigns of that file say what it earns.

    Examples:
        scrip demo

        scrip demo --programme examples/journey.toml

        scrip demo --full --json | jq .pointsExpired
    """
    from graphql_api.processes.bulk import run_bulk
    from graphql_api.processes.cli.failure import CommandError
    from graphql_api.processes.cli.progress import shown_progress
    from graphql_api.processes.database import usable_database
    from graphql_api.processes.demo.journey_files import JourneyUnavailable
    from graphql_api.processes.demo.load import EVENTS_OF_EIGHT_WEEKS, EVENTS_OF_YEAR, DemoRefused
    from graphql_api.processes.demo.replay_apart import ShareLost
    from graphql_api.processes.programme_file.read import read_file
    from graphql_api.processes.programme_file.strict import FileFault
    from graphql_api.setting_values import Environment
    from graphql_api.settings import read_settings
    from migrations.apply import migrate

    settings = read_settings(os.environ)
    if settings.environment is Environment.PRODUCTION:
        raise CommandError("`scrip demo` moves the ledger's clock, which is not for production.")
    with usable_database(settings) as url:
        migrate(url, book_schema=settings.book_schema)
        try:
            rules = None if programme is None else read_file(programme)
            with shown_progress(total=EVENTS_OF_YEAR if full else EVENTS_OF_EIGHT_WEEKS, quiet=as_json) as progress:
                loaded = run_bulk(lambda: _load(settings, url, rules, processes, progress, full=full))
        except FileFault as fault:
            raise CommandError(f"{programme}: {fault}") from None
        except (DemoRefused, JourneyUnavailable, ShareLost) as refused:
            raise CommandError(str(refused)) from None
    if as_json:
        _print_json(loaded)
    else:
        _print_tables(loaded)


async def _load(
    settings: "Settings",
    url: str,
    rules: "ProgrammeFile | None",
    processes: int,
    progress: "Progress",
    *,
    full: bool,
) -> "DemoLoaded":
    from graphql_api.bootstrap import open_application
    from graphql_api.processes.demo.cast import settle_cast
    from graphql_api.processes.demo.load import WEEKS, load_demo
    from ledger.programme.clock import ReplayClock

    async with open_application(settings, url=url, clock=ReplayClock()) as application:
        weeks = None if full else WEEKS
        loaded = await load_demo(application, weeks=weeks, rules=rules, processes=processes, progress=progress)
        await settle_cast(application)
        return loaded


def _print_json(loaded: "DemoLoaded") -> None:
    from graphql_api.processes.cli.campaign_figures import plain_figures
    from graphql_api.processes.cli.output import print_json
    from graphql_api.processes.cli.voucher_report import plain_totals

    totals = loaded.totals
    print_json(
        {
            "clock": loaded.clock.isoformat(),
            "members": totals.members,
            "earns": totals.earns,
            "pointsIssued": totals.points_issued,
            "spends": totals.spends,
            "pointsSpent": totals.points_spent,
            "refused": totals.refused,
            "pointsExpired": totals.points_expired,
            "pointsOutstanding": totals.points_outstanding,
            "outstandingByMonth": {part.month or "never": part.points for part in totals.outstanding},
            "topMerchants": [
                {"code": merchant.code, "earned": merchant.earned, "spent": merchant.spent}
                for merchant in totals.top_merchants
            ],
            "vouchers": plain_totals(loaded.vouchers),
            "campaigns": {each.code: plain_figures(each.lines, each.budgets) for each in loaded.campaigns},
            "tiers": [each._asdict() for each in loaded.levels],
        }
    )


def _print_tables(loaded: "DemoLoaded") -> None:
    from graphql_api.processes.cli.plain_table import print_plain_table
    from graphql_api.processes.cli.voucher_report import print_totals

    totals = loaded.totals
    figures = (
        ("members", totals.members),
        ("earns", totals.earns),
        ("points issued", totals.points_issued),
        ("spends", totals.spends),
        ("points spent", totals.points_spent),
        ("spends refused", totals.refused),
        ("points expired", totals.points_expired),
        ("points outstanding", totals.points_outstanding),
        *((f"  good through {part.month or 'ever'}", part.points) for part in totals.outstanding),
    )
    print_plain_table(f"The demo as of {loaded.clock:%Y-%m-%d}", texts=("figure",), numbers=("",), rows=figures)
    print_plain_table(
        "Merchants at which most was earned",
        texts=("merchant",),
        numbers=("earned", "spent"),
        rows=[(merchant.name, merchant.earned, merchant.spent) for merchant in totals.top_merchants],
    )
    print_totals(loaded.vouchers)
    print_plain_table(
        "Campaigns",
        texts=("campaign",),
        numbers=("reached", "took part", "awarded", "given", "left"),
        rows=[row for each in loaded.campaigns for row in _lines_of(each)],
    )
    print_plain_table("Tiers", texts=("ladder", "level"), numbers=("members",), rows=loaded.levels)


def _lines_of(campaign: "CampaignTotals") -> "list[tuple[object, ...]]":
    """People, then units of what it gave and what its budgets still hold, by asset."""
    left = ", ".join(f"{budget.left:,}" for budget in campaign.budgets) or None
    return [
        (
            campaign.code,
            line.reached,
            line.participants,
            line.awarded,
            ", ".join(f"{asset.issued:,} {asset.asset}" for asset in line.assets) or None,
            left,
        )
        for line in campaign.lines
    ]
