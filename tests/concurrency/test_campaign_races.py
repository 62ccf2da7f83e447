"""The last of a budget between processes: its row's lock decides, and it is never overdrawn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from ledger.campaigns.lifecycle import PauseCampaign
from ledger.campaigns.report import ReportActivity
from tests.bank import Bank, bank
from tests.campaign_desk import CampaignDesk
from tests.checking import assert_clean
from tests.concurrency.racers import RACERS, Commands, Racers, Result

__all__ = ["bank"]

EACH = 20


def purchases(bank: Bank, members: Sequence[UUID], source: str) -> list[ReportActivity]:
    """Twenty purchases that earn ten points each."""
    return [
        ReportActivity(
            actor=bank.actor(),
            member_id=members[number % len(members)],
            type="purchase",
            source=source,
            event_id=f"{number}",
            occurred_at=datetime.now(UTC),
            payload='{"amount": 100}',
        )
        for number in range(EACH)
    ]


async def awarded(bank: Bank) -> tuple[int, int]:
    """How many awards there are, and of how many points."""
    row = (await bank.fetch("SELECT count(*), coalesce(sum(amount), 0)::bigint FROM {book}.awards"))[0]
    return int(row[0]), int(row[1])


async def test_the_last_of_a_budget_goes_to_whoever_holds_its_lock(bank: Bank, racers: Racers) -> None:
    """Sixty want ten, three hundred and seven are there: thirty get theirs, seven stay."""
    desk, members = CampaignDesk(bank=bank), [await bank.enrol(f"m-{n}") for n in range(5)]
    await desk.run("base", budget=307)

    each = [purchases(bank, members, f"racer-{n}") for n in range(RACERS)]
    results = await racers.race(bank.url, bank.application.settings, each)

    posted = [result for found in results for result in found if result.entry_id is not None]
    assert len(posted) == 30
    assert await awarded(bank) == (30, 300)
    assert await desk.left("base") == 7
    await assert_clean(bank.url)


async def test_the_same_events_from_several_processes_award_once(bank: Bank, racers: Racers) -> None:
    """One is decided, the others are replays of it."""
    desk, member = CampaignDesk(bank=bank), await bank.enrol("m-1")
    await desk.run("base", budget=1000)
    same = purchases(bank, [member], "core")

    results = await racers.race(bank.url, bank.application.settings, [same] * RACERS)

    by_event = zip(*results, strict=True)
    assert all(_is_one(found) for found in by_event)
    assert await awarded(bank) == (EACH, EACH * 10)


def _is_one(results: Sequence[Result]) -> bool:
    return len({result.entry_id for result in results}) == 1 and sum(not result.replayed for result in results) == 1


async def test_the_kill_switch_wins_or_loses_whole_awards(bank: Bank, racers: Racers) -> None:
    """Each award comes before the pause or not at all; what is left and what was given add up."""
    desk, members = CampaignDesk(bank=bank), [await bank.enrol(f"m-{n}") for n in range(5)]
    await desk.run("base", budget=1000)
    pause = PauseCampaign(actor=bank.actor("operator", "olga"), key=bank.key(), campaign="base")

    each: list[Commands] = [*(purchases(bank, members, source) for source in ("one", "two")), []]
    each[2] = [*purchases(bank, members, "three"), pause]
    results = await racers.race(bank.url, bank.application.settings, each)

    assert results[2][-1].code == ""
    count, points = await awarded(bank)
    assert (points, await desk.left("base")) == (count * 10, 1000 - count * 10)
    (await desk.report(purchases(bank, members, "later")[0])).unwrap()
    assert (await awarded(bank))[0] == count
