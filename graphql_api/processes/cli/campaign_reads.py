"""`scrip campaign list` and `scrip campaign show`: which campaigns there are, and how one stands."""

from typing import TYPE_CHECKING

from graphql_api.processes.cli.opened import opened_programme
from graphql_api.processes.cli.options import AsJson, CampaignCode, ProgrammeCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ledger.campaigns.campaign_body import Phase
    from ledger.campaigns.campaign_query import BudgetView, CampaignView


def list_campaigns(programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """List the campaigns by code: state, days of their phases, the version that holds, and the newest one.

    A newest version that does not hold yet waits for being put forward, or for somebody's approval.

    Examples:
        scrip campaign list

        scrip campaign list --json | jq -r '.campaigns[] | select(.state == "running").code'
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json, print_line
    from graphql_api.processes.cli.plain_table import print_plain_table

    views = sorted(asyncio.run(_all(programme)), key=lambda view: view.campaign.code)
    if as_json:
        print_json({"campaigns": [_plain(view) for view in views]})
        return
    if not views:
        print_line("There are no campaigns.")
    rows = [(view.campaign.code, view.campaign.state, *_days(view), *_numbers(view)) for view in views]
    print_plain_table("Campaigns", texts=("code", "state", "from", "until"), numbers=("holds", "newest"), rows=rows)


def show_campaign(code: CampaignCode, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """Show a campaign: its state, the version that holds, its phases, and what is left in its budgets.

    With --json also all of its terms.

    Examples:
        scrip campaign show spring

        scrip campaign show spring --json | jq .holds.body.phases
    """
    import asyncio

    from graphql_api.processes.cli.output import print_json

    view, budgets = asyncio.run(_one(code, programme))
    if as_json:
        print_json({**_plain(view), **_bodies(view), "budgets": [budget._asdict() for budget in budgets]})
    else:
        _print(view, budgets)


async def _all(programme: str | None) -> "list[CampaignView]":
    from ledger.campaigns.campaign_query import every_campaign

    async with opened_programme(programme) as (application, actor):
        return await every_campaign(application.reader, actor.programme_id)


async def _one(code: str, programme: str | None) -> "tuple[CampaignView, Sequence[BudgetView]]":
    from graphql_api.processes.cli.failure import CommandError
    from ledger.campaigns.campaign_query import budgets_of, campaign_by_id
    from ledger.campaigns.rows import campaign_id

    async with opened_programme(programme) as (application, actor):
        id_ = campaign_id(actor.programme_id, code)
        view = await campaign_by_id(application.reader, actor.programme_id, id_)
        if view is None:
            raise CommandError(f"there is no campaign {code!r}.")
        return view, await budgets_of(application.reader, view.campaign)


def _numbers(view: "CampaignView") -> tuple[int | None, int]:
    """The version that holds, and the newest."""
    return None if view.current is None else view.current.number, view.latest.number


def _days(view: "CampaignView") -> "tuple[date, date]":
    """The first and the last local day of the version that holds, or else of the newest."""
    phases = _phases(view)
    return phases[0].from_on, phases[-1].until_on


def _phases(view: "CampaignView") -> "Sequence[Phase]":
    """Those of the version that holds, or else of the newest."""
    from ledger.campaigns.campaign_text import parse_body

    return parse_body((view.current or view.latest).body).phases


def _plain(view: "CampaignView") -> dict[str, object]:
    holds, newest = _numbers(view)
    campaign = view.campaign
    from_on, until_on = _days(view)
    return {
        "code": campaign.code,
        "state": campaign.state,
        "since": campaign.since.isoformat(),
        "fromOn": from_on.isoformat(),
        "untilOn": until_on.isoformat(),
        "holdsNumber": holds,
        "newestNumber": newest,
    }


def _bodies(view: "CampaignView") -> dict[str, object]:
    import orjson

    versions = {"holds": view.current, "newest": view.latest}
    return {
        name: None if version is None else {"body": orjson.loads(version.body), "terms": version.terms}
        for name, version in versions.items()
    }


def _print(view: "CampaignView", budgets: "Sequence[BudgetView]") -> None:
    from graphql_api.processes.cli.output import print_line
    from graphql_api.processes.cli.plain_table import minute, print_plain_table

    campaign = view.campaign
    holds, newest = _numbers(view)
    version = "no version holds" if holds is None else f"version {holds} holds"
    state = f"{campaign.state} since {minute(campaign.since)}"
    print_line(f"Campaign {campaign.code}: {state}, {version}, version {newest} is the newest.")
    print_plain_table(
        "Phases",
        texts=("phase", "from", "until", "rules"),
        numbers=(),
        rows=[(p.code, p.from_on, p.until_on, ", ".join(rule.code for rule in p.rules)) for p in _phases(view)],
    )
    print_plain_table(
        "Budgets",
        texts=("asset", "state"),
        numbers=("left",),
        rows=[(budget.asset, budget.state, budget.left) for budget in budgets],
    )
