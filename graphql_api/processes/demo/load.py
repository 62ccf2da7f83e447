"""Loading the demo: the programme, its members, their baskets, redemptions and vouchers, and then the clock after them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from graphql_api.bootstrap import Application
from graphql_api.processes.bulk import Progress
from graphql_api.processes.demo.campaign_templates import set_up_templates
from graphql_api.processes.demo.campaign_totals import CampaignTotals, LevelTotal, campaign_totals, level_totals
from graphql_api.processes.demo.journey import ENDS_AT, STARTS_AT, open_journey
from graphql_api.processes.demo.ledger_clock import is_clock_moved, stand_at
from graphql_api.processes.demo.programme import POINTS, PROGRAMME, demo_actor, set_up_programme
from graphql_api.processes.demo.programme_rules import apply_rules
from graphql_api.processes.demo.replay import enrol_households
from graphql_api.processes.demo.replay_apart import replay_journey
from graphql_api.processes.demo.replay_terms import ReplayTerms
from graphql_api.processes.programme_file.parts import ProgrammeFile
from ledger.campaigns.figure_roll_up import roll_up_figures
from ledger.engine.sql_query import SqlQuery
from ledger.points.sweeps import sweep_due
from ledger.programme.queries import programme_by_code
from ledger.programme.rows import asset_id
from ledger.reports.totals import Totals, programme_totals
from ledger.reports.voucher_totals import TemplateTotals, voucher_totals
from ledger.tiers.sweeps import sweep_tiers
from ledger.vouchers.sweeps import sweep_packs, sweep_vouchers

WEEKS: Final = 8
EVENTS_OF_YEAR: Final = 166_641
EVENTS_OF_EIGHT_WEEKS: Final = 23_848
RULES_AT: Final = STARTS_AT - timedelta(days=1)
"""When the rules of a programme file begin to hold: before anything happens."""
SWEEP_LIST: Final = 1_000


_HAS_ENTRIES = SqlQuery("SELECT true AS found FROM {book}.journal_entries LIMIT 1")
_HAS_EARNS = SqlQuery("SELECT true AS found FROM {book}.journal_entries WHERE kind = 'earn' LIMIT 1")
_HAS_ACTIVITIES = SqlQuery("SELECT true AS found FROM {book}.activities LIMIT 1")
_ELSEWHERE = "load it into another, such as that of SCRIP_VAR=var/other."


class DemoRefused(Exception):
    """The demo may not be loaded into this database; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoLoaded:
    """What the book holds now, and where its clock stands."""

    clock: datetime
    totals: Totals
    vouchers: Sequence[TemplateTotals]
    campaigns: Sequence[CampaignTotals]
    levels: Sequence[LevelTotal]


def ends_at(weeks: int | None) -> datetime:
    """Where the clock stands afterwards: at the end of the weeks, or of the year."""
    return ENDS_AT if weeks is None else STARTS_AT + timedelta(weeks=weeks)


async def load_demo(
    application: Application,
    *,
    weeks: int | None = WEEKS,
    rules: ProgrammeFile | None = None,
    processes: int = 1,
    progress: Progress = lambda _what, _more: None,
) -> DemoLoaded:
    """Replays the first `weeks` of the journey, None for all of it, and leaves the clock ticking at their end.

    rules:     under whose campaigns baskets are reported as purchases; without, each earns a point for a whole dollar
    processes: how many replay, this one among them

    The application must be composed with a `ReplayClock`. Safe to run again, after a kill too: what is there is found
    by its key. Raises DemoRefused outside a sandbox or where the book holds something else than this demo, FileFault
    where the rules cannot be applied, JourneyUnavailable without the data, and ShareLost where another process dies.
    """
    journey = open_journey()
    await _require_own_book(application, _HAS_ACTIVITIES if rules is None else _HAS_EARNS)
    progress("programme", 0)
    parties = journey.parties()
    programme = await set_up_programme(application, parties.stores)
    # First of all the clock, so that a worker beside us never takes what history is still to bring for long overdue.
    if rules is None:
        await stand_at(application, programme.actor, STARTS_AT)
        await set_up_templates(application, programme.actor, journey.campaigns())
    else:
        await stand_at(application, programme.actor, RULES_AT)
        await apply_rules(application, programme.actor, rules)
        await stand_at(application, programme.actor, STARTS_AT)
    members = await enrol_households(application.engine, programme, parties.households)
    terms = ReplayTerms(programme=programme, members=members, weeks=weeks, rules=rules)
    await replay_journey(application, terms, processes, lambda more: progress("baskets", more))
    clock = await stand_at(application, programme.actor, ends_at(weeks))
    await _post_due(application, progress)
    return DemoLoaded(
        clock=clock,
        totals=await demo_totals(application),
        vouchers=await voucher_totals(application.reader, programme.actor.programme_id),
        campaigns=await campaign_totals(application.reader, programme.actor.programme_id),
        levels=await level_totals(application.reader, programme.actor.programme_id),
    )


async def demo_totals(application: Application) -> Totals:
    """The report on the demo's programme as the book stands."""
    programme = await programme_by_code(application.reader, PROGRAMME)
    if programme is None:
        raise DemoRefused("this database holds no demo.")
    return await programme_totals(
        application.reader,
        programme_id=programme.id,
        asset_id=asset_id(programme.id, POINTS),
        client=demo_actor(programme.id).client,
    )


async def _post_due(application: Application, progress: Progress) -> None:
    reader, engine = application.reader, application.engine
    progress("what is due", 0)
    while (await sweep_due(reader, engine, most=SWEEP_LIST)).accounts:
        progress("what is due", 0)
    while (await sweep_vouchers(reader, engine, most=SWEEP_LIST)).accounts:
        progress("what is due", 0)
    while (await sweep_tiers(reader, engine)).due:
        progress("what is due", 0)
    while (await sweep_packs(reader, engine)).due:
        progress("what is due", 0)
    while await roll_up_figures(reader, application.units):
        progress("figures", 0)


async def _require_own_book(application: Application, has_other_rules: SqlQuery) -> None:
    if not application.settings.sandbox:
        raise DemoRefused("the demo sets the ledger's clock, which only a sandbox allows (SCRIP_SANDBOX=on).")
    has_entries = await application.reader.row(_HAS_ENTRIES, {}) is not None
    has_demo = await programme_by_code(application.reader, PROGRAMME) is not None
    if has_entries and not (has_demo and await is_clock_moved(application)):
        raise DemoRefused(f"this database holds entries that are not the demo's; {_ELSEWHERE}")
    if await application.reader.row(has_other_rules, {}) is not None:
        raise DemoRefused(f"this database holds the demo under other rules, or activities of your own; {_ELSEWHERE}")
