"""The demo as `scrip run` wants it: loaded once into a new book, and its cast remembered."""

from graphql_api.bootstrap import open_application
from graphql_api.processes.bulk import run_bulk
from graphql_api.processes.cli.output import print_news
from graphql_api.processes.cli.progress import shown_progress
from graphql_api.processes.demo.cast import settle_cast
from graphql_api.processes.demo.cast_file import DemoCast
from graphql_api.processes.demo.journey_files import JourneyUnavailable
from graphql_api.processes.demo.load import EVENTS_OF_EIGHT_WEEKS, DemoRefused, load_demo
from graphql_api.settings import Settings
from ledger.programme.clock import ReplayClock


def first_load(settings: Settings, url: str) -> DemoCast | None:
    """Loads the demo, or finishes a load that was killed; None, with the reason told, where it may not be loaded."""
    print_news("Loading eight weeks of real baskets ...")
    try:
        return run_bulk(lambda: _load(settings, url))
    except (DemoRefused, JourneyUnavailable) as refused:
        print_news(f"No demo data: {refused}")
        return None


async def _load(settings: Settings, url: str) -> DemoCast | None:
    with shown_progress(total=EVENTS_OF_EIGHT_WEEKS, quiet=False) as progress:
        async with open_application(settings, url=url, clock=ReplayClock()) as application:
            await load_demo(application, progress=progress)
            return await settle_cast(application)
