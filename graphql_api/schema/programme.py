"""The programme and its periods."""

from datetime import datetime
from typing import Annotated

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import EVERYBODY
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.programme import period
from ledger.programme import queries as read
from ledger.programme.rows import Programme as ProgrammeRow


@object_type
class Programme:
    """One loyalty scheme of the bank. Nothing is visible across programmes.

    code:      its code
    name:      its name
    time_zone: the IANA zone of its local days
    open_from: nothing takes effect before it
    """

    code: str
    name: str
    time_zone: str
    open_from: datetime


def programme_of(row: ProgrammeRow) -> Programme:
    """The row as its GraphQL type."""
    return Programme(code=row.code, name=row.name, time_zone=row.time_zone, open_from=row.open_from)


async def programme(info: Info) -> Programme | None:
    """The caller's programme."""
    row = await info.context.read(read.programme_by_id)
    return None if row is None else programme_of(row)


@input_type
class ClosePeriodInput:
    """A period to close.

    until: nothing takes effect before it any more
    """

    until: datetime


@object_type
class PeriodClosed:
    """The period is closed for good.

    programme: the programme, with its new `openFrom`
    """

    programme: Programme


async def close_period(info: Info, asked: Annotated[ClosePeriodInput, INPUT]) -> object:
    """Close the programme's books before an instant."""
    row = await info.context.change(period.close_period, until=asked.until)
    return PeriodClosed(programme=programme_of(row))


_CODE = RefusalCode

PROGRAMME = query(programme, any_caller(), callers=EVERYBODY)
CLOSE_PERIOD = mutation(
    close_period,
    requires(Scope.PROGRAMME_MANAGE, cost=10),
    succeeds=PeriodClosed,
    refusals=(
        *EVERY_REQUEST,
        _CODE.PROGRAMME_NOT_FOUND,
        _CODE.EFFECTIVE_IN_FUTURE,
        _CODE.PERIOD_CLOSED,
        _CODE.PERIOD_NOT_SETTLED,
    ),
)
