"""Applying a programme file: what is missing is made, what is there already is left, and nobody approves for themselves."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from graphql_api.bootstrap import Application
from graphql_api.processes.programme_file.apply import applied, planned
from graphql_api.processes.programme_file.read import read_file, read_text
from graphql_api.processes.programme_file.step import NOBODY, Desk, Step
from graphql_api.processes.programme_file.strict import FileFault
from graphql_api.processes.programme_file.waiting import waiting_approvals
from ledger.campaigns.campaign_query import budgets_of, campaign_by_id
from ledger.campaigns.lifecycle import EndCampaign, PauseCampaign
from ledger.campaigns.rows import campaign_id
from ledger.control.decide_request import ApproveRequest
from ledger.engine.command import Actor
from ledger.programme.queries import asset_by_code, programme_by_code
from ledger.reports.check import check_book
from tests.databases import ROOT
from tests.integration.graphql_api.processes.whole_process import scrip
from tests.unit.graphql_api.processes.programme_file.test_read import FILE

MADE = [
    "programme shop: made",
    "asset POINTS: made",
    "asset CNY: made",
    "activity type walked: registered",
    "member attribute risk: registered",
    "member attribute vip: registered",
    "template tenth: made as a draft",
    "template tenth: published",
    "ladder legs: made",
    "campaign steps: drafted",
    "campaign steps: 500 POINTS asked for its budget",
    "campaign steps: version 1 put forward",
]
WITH_MONEY = FILE.replace("[activity_types.walked]", '[assets.CNY]\nkind = "money"\n\n[activity_types.walked]')


def whats(steps: Sequence[Step]) -> list[str]:
    """What the steps say."""
    return [step.what for step in steps]


async def approve_all(desk: Desk) -> int:
    """Anna approves all that was asked for; how much."""
    application = desk.application
    programme = await programme_by_code(application.reader, "shop")
    assert programme is not None
    waiting = await waiting_approvals(application.reader, programme.id)
    for approval in waiting:
        anna = Actor(kind="approver", id="anna", programme_id=programme.id)
        await desk.execute(
            ApproveRequest(actor=anna, key=desk.new_key(), approval_id=approval.id, approvables=application.approvables)
        )
    return len(waiting)


@pytest.fixture
def desk(application: Application) -> Desk:
    """Olga, at the command line."""
    return Desk(application=application, actor=Actor(kind="operator", id="olga", programme_id=NOBODY))


async def test_a_file_is_applied_once(desk: Desk, database_url: str) -> None:
    """Everything is made, put forward, and after somebody else's approval started; then nothing is left to do."""
    file, reader = read_text(WITH_MONEY), desk.application.reader

    would = whats(await planned(desk, file))
    assert await programme_by_code(reader, "shop") is None
    first = whats(await applied(desk, file))
    again = await applied(desk, file)
    assert await approve_all(desk) == 2
    after = whats(await applied(desk, file))
    nothing = whats(await applied(desk, file))

    assert (would, first) == (MADE, [*MADE, *whats(again)])
    assert [step.make for step in again] == [None, None]
    assert again[0].what.startswith("campaign steps: 500 POINTS for its budget waits for approval ")
    assert again[1].what.startswith("campaign steps: version 1 waits for approval ")
    assert (after, nothing) == (["campaign steps: started"], [])
    settings = desk.application.settings
    report = await check_book(database_url, book_schema=settings.book_schema, book_number=settings.book_number)
    assert [difference for rule in report.rules for difference in rule.differences] == []


async def test_what_changed_becomes_a_version(desk: Desk) -> None:
    """Terms, a template, a campaign and its budget: only the difference is done, and the campaign waits once more."""
    await applied(desk, read_text(WITH_MONEY))
    await approve_all(desk)
    await applied(desk, read_text(WITH_MONEY))
    changed = (
        WITH_MONEY.replace("= 1_000\n\n", "= 2_000\npriority = 5\n\n")
        .replace("30 days", "31 days")
        .replace("multiplier = 150", "multiplier = 200")
        .replace("limit = 10", "limit = 20")
        .replace("POINTS = 500", "POINTS = 750")
    )

    steps = whats(await applied(desk, read_text(changed)))

    programme = await programme_by_code(desk.application.reader, "shop")
    assert programme is not None
    asset = await asset_by_code(desk.application.reader, programme.id, "POINTS")
    view = await campaign_by_id(desk.application.reader, programme.id, campaign_id(programme.id, "steps"))
    assert asset is not None
    assert view is not None
    assert [each for each in steps if "waits" not in each] == [
        "asset POINTS: changed in priority, transfer_day_max",
        "template tenth: changed to version 2",
        "ladder legs: changed to version 2",
        "campaign steps: version 2 drafted",
        "campaign steps: 250 POINTS asked for its budget",
        "campaign steps: version 2 put forward",
    ]
    assert (asset.priority, asset.version) == (5, 2)
    assert (view.campaign.state, view.latest.number) == ("running", 2)
    assert [(budget.asset, budget.left) for budget in await budgets_of(desk.application.reader, view.campaign)] == [
        ("POINTS", 500)
    ]


async def test_what_people_stopped_stays_stopped(desk: Desk) -> None:
    """A paused campaign is not started again; one that ended takes no other version."""
    file = read_text(WITH_MONEY)
    await applied(desk, file)
    await approve_all(desk)
    await applied(desk, file)
    programme = await programme_by_code(desk.application.reader, "shop")
    assert programme is not None
    olga = replace(desk.actor, programme_id=programme.id)

    await desk.execute(PauseCampaign(actor=olga, key="pause", campaign="steps"))
    paused = await applied(desk, file)
    await desk.execute(EndCampaign(actor=olga, key="end", campaign="steps"))
    ended = await applied(desk, file)

    assert (paused, ended) == ([], [])
    with pytest.raises(FileFault, match=r"campaigns.steps: has ended, and changes no more"):
        await applied(desk, read_text(WITH_MONEY.replace("limit = 10", "limit = 20")))


async def test_what_never_changes_is_a_fault(desk: Desk) -> None:
    """A zone, a kind, a type's fields, what a budget got: told with the place, before anything else of the part."""
    faults = {
        ("Asia/Shanghai", "UTC"): "programme.time_zone: is 'Asia/Shanghai', and never changes",
        ("The Shop", "A Shop"): "programme.name: is 'The Shop', and never changes",
        ('kind = "money"', 'kind = "points"'): "assets.CNY.kind: is money, and never changes",
        ("minimum = 0", "minimum = 1"): "activity_types.walked: is registered with other fields, and never changes",
        ('type = "BOOLEAN"', 'type = "TEXT"'): "member_attributes.vip.type: is BOOLEAN, and never changes",
        ('code = "fast"', 'code = "quick"'): "ladders.legs.levels: is out of its range, or does not fit the rest",
        ("POINTS = 500", "POINTS = 499"): "campaigns.steps.granted.POINTS: 500 were put in already, and stay there",
    }
    await applied(desk, read_text(WITH_MONEY))
    await approve_all(desk)

    for (old, new), message in faults.items():
        with pytest.raises(FileFault) as raised:
            await applied(desk, read_text(WITH_MONEY.replace(old, new)))
        assert str(raised.value) == message

    with pytest.raises(FileFault, match="there is no kiosk yet; to make it, say its name and time_zone"):
        await planned(desk, read_text('[programme]\ncode = "kiosk"'))


async def test_a_refusal_names_its_part(desk: Desk) -> None:
    """What only the database knows is told with the place too: an asset that the programme lacks."""
    with pytest.raises(FileFault) as raised:
        await applied(desk, read_text(FILE))

    assert str(raised.value).startswith("templates.tenth: ")


async def test_the_example_of_every_part_is_applied(desk: Desk) -> None:
    """Its campaigns wait for somebody else, with the budget of one."""
    steps = whats(await applied(desk, read_file(ROOT / "examples" / "bank.toml")))

    assert [each.partition(" waits")[0] for each in steps if " waits" in each] == [
        "campaign base: version 1",
        "campaign spring: 1,000,000 POINTS for its budget",
        "campaign spring: version 1",
    ]


def test_the_command_line_says_what_it_would_do(database_url: str) -> None:
    """The example on an empty database; a fault is one line with the file's name."""
    example = str(ROOT / "examples" / "journey.toml")

    told = scrip("programme", "apply", example, "--dry-run", SCRIP_DATABASE_URL=database_url)
    wrong = scrip("programme", "apply", str(ROOT / "pyproject.toml"), SCRIP_DATABASE_URL=database_url)

    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("programme journey: made\nasset POINTS: made\n")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "pyproject.toml: build-system: is unknown" in wrong.stderr
