"""Into which books the demo may be loaded, and under whose rules."""

from uuid import UUID

import pytest

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.journey import STARTS_AT
from graphql_api.processes.demo.ledger_clock import stand_at
from graphql_api.processes.demo.load import DemoRefused, load_demo
from graphql_api.processes.demo.programme import PROGRAMME, demo_actor
from graphql_api.processes.demo.programme_rules import apply_rules
from graphql_api.processes.programme_file.read import read_text
from graphql_api.processes.programme_file.step import NOBODY
from graphql_api.processes.programme_file.strict import FileFault
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor
from ledger.members.enrol import EnrolMember
from ledger.points.earn import EarnPoints
from ledger.programme.setup import create_asset, create_programme

RULES = read_text(f'[programme]\ncode = "{PROGRAMME}"')


async def begin_demo(application: Application) -> tuple[Actor, UUID]:
    """The demo's programme with its clock in the past and one household; who acts, and the member."""
    units = application.units
    programme = await create_programme(
        units, demo_actor(NOBODY), code=PROGRAMME, name="The Complete Journey", time_zone="UTC"
    )
    actor = demo_actor(programme.id)
    await create_asset(units, actor, code="POINTS", kind="points")
    await stand_at(application, actor, STARTS_AT)
    enrol = EnrolMember(actor=actor, key="household-1", external_id="1")
    return actor, (await application.engine.execute(enrol)).unwrap().member_id


async def test_a_book_of_earns_takes_no_rules(application: Application) -> None:
    """Its baskets would count twice."""
    actor, member_id = await begin_demo(application)
    basket = EarnPoints(actor=actor, key="basket-1", member_id=member_id, amount=1)
    (await application.engine.execute(basket)).unwrap()

    with pytest.raises(DemoRefused, match="under other rules"):
        await load_demo(application, rules=RULES)


async def test_a_book_of_reports_takes_no_earns(application: Application) -> None:
    """The same the other way round."""
    actor, member_id = await begin_demo(application)
    basket = ReportActivity(
        actor=actor, source="tills", event_id="1", member_id=member_id, type="login", occurred_at=STARTS_AT
    )
    (await application.engine.execute(basket)).unwrap()

    with pytest.raises(DemoRefused, match="under other rules"):
        await load_demo(application)


async def test_the_rules_are_of_the_demos_programme(application: Application) -> None:
    """Another programme's file is refused at its place, and nothing is made."""
    with pytest.raises(FileFault, match=r"^programme.code: the demo's programme is journey$"):
        await apply_rules(application, demo_actor(NOBODY), read_text('[programme]\ncode = "shop"'))
