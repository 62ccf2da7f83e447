"""The composition root gives a ledger that decides, reads and stops cleanly."""

from uuid import UUID

from sqlalchemy import select

from graphql_api.bootstrap import Application, open_application
from graphql_api.settings import Settings
from ledger.book.refusal import RefusalCode
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.tables import INSTANCE
from ledger.points.spend import SpendPoints

PROGRAMME = UUID(int=1)
SPEND = SpendPoints(
    actor=Actor(kind="service", id="bank", programme_id=PROGRAMME), key="k", member_id=UUID(int=2), amount=1
)


async def test_a_composed_application_decides_and_reads(application: Application) -> None:
    """A command gets its coded answer, and a query its rows."""
    outcome = await application.engine.execute(SPEND)
    found = await application.reader.row(Query(select(INSTANCE.c.id)), {})

    assert outcome.refusal is not None
    assert outcome.refusal.code == RefusalCode.MEMBER_NOT_FOUND
    assert found is not None
    assert found["id"] == UUID(int=1)


async def test_a_stopped_application_takes_no_commands(settings: Settings, database_url: str) -> None:
    """After the block ends, commands are refused and not queued."""
    async with open_application(settings, url=database_url) as application:
        pass

    outcome = await application.engine.execute(SPEND)

    assert outcome.refusal is not None
    assert outcome.refusal.code == RefusalCode.OVERLOADED
