"""Finding who plays in the demo, in the book as it stands, and keeping them for later starts."""

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.cast_file import DemoCast, remember_cast
from graphql_api.processes.demo.programme import POINTS, PROGRAMME
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.programme.queries import programme_by_code
from ledger.programme.rows import asset_id

_RICHEST = SqlQuery(
    """
    SELECT m.external_id FROM {book}.accounts a JOIN {book}.members m ON m.id = a.holder_id
    WHERE a.asset_id = :asset_id AND a.role = 'wallet' AND a.state = 'open'
    ORDER BY a.posted DESC, m.external_id LIMIT 1
    """
)
_BUSIEST = SqlQuery(
    """
    SELECT merchant_id FROM {book}.journal_entries
    WHERE asset_id = :asset_id AND merchant_id IS NOT NULL
    GROUP BY merchant_id ORDER BY count(*) DESC, merchant_id LIMIT 1
    """
)


async def settle_cast(application: Application) -> DemoCast | None:
    """The cast, which `scrip run` and `scrip token` from now on know by their file; None where no demo is loaded."""
    cast = await find_cast(application.reader)
    if cast is not None:
        remember_cast(application.settings.var, application.database.url, cast)
    return cast


async def find_cast(reader: Reader) -> DemoCast | None:
    """The cast as the book stands; None where no demo is loaded."""
    programme = await programme_by_code(reader, PROGRAMME)
    if programme is None:
        return None
    asked = {"asset_id": asset_id(programme.id, POINTS)}
    member, merchant = await reader.row(_RICHEST, asked), await reader.row(_BUSIEST, asked)
    if member is None or merchant is None:
        return None
    return DemoCast(
        programme_id=programme.id, member_external_id=member["external_id"], merchant_id=merchant["merchant_id"]
    )
