"""Activities as they are kept, with what came of them: every award, and why other campaigns awarded nothing."""

from datetime import date, datetime
from uuid import UUID

import orjson
import strawberry

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.scalars import JSON
from graphql_api.schema.amounts import maybe_minor
from graphql_api.schema.award import Award, award_of
from graphql_api.schema.callers import BANK
from graphql_api.schema.campaign_enums import ActivityState, Reason
from graphql_api.schema.connection import Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, object_type
from graphql_api.schema.kinds import ACTIVITY, ENTRY, MEMBER, MERCHANT, id_of, maybe_id, uuid_of
from graphql_api.schema.query import query
from ledger.book.units import MinorUnits
from ledger.campaigns import explain_query as read
from ledger.campaigns import receipt as ledger
from ledger.campaigns.activity import activity_key
from ledger.campaigns.rows import Activity as ActivityRow


@object_type
class SkippedCampaign:
    """A campaign that looked at an activity and awarded nothing.

    campaign: its code
    version:  the number of the version that held then
    phase:    the phase that held; null where it did not come to the rules
    rule:     the rule that was looked at; null where it did not come to the rules
    variant:  the member's arm of the test; null where it did not come to the rules or the campaign has none
    reason:   why
    """

    campaign: str
    version: int
    phase: str | None
    rule: str | None
    variant: str | None
    reason: Reason


def skipped_line_of(line: ledger.SkippedLine) -> SkippedCampaign:
    """The line as its GraphQL type."""
    return SkippedCampaign(
        campaign=line.campaign,
        version=line.version,
        phase=line.phase,
        rule=line.rule,
        variant=line.variant,
        reason=Reason(line.reason),
    )


@object_type
class Activity:
    """What a member did, as it was reported.

    id:           its id
    member_id:    who did it
    type:         the code of its type
    source:       the system that knows it
    event_id:     what the source calls it
    occurred_at:  when it occurred
    received_at:  when it was reported
    local_day:    the day on which it occurred, where the programme is
    channel:      through which channel
    branch:       at which branch
    merchant_id:  at which merchant
    payload:      the rest, by its type's schema
    amount_minor: what refunds of it are measured by, in minor units
    refund_of_id: the activity that it takes back
    state:        what became of it
    entry_id:     the entry that posted its awards; null where nothing was posted
    """

    id: strawberry.ID
    member_id: strawberry.ID
    type: str
    source: str
    event_id: str
    occurred_at: datetime
    received_at: datetime
    local_day: date
    channel: str | None
    branch: str | None
    merchant_id: strawberry.ID | None
    payload: JSON
    amount_minor: MinorUnits | None
    refund_of_id: strawberry.ID | None
    state: ActivityState
    entry_id: strawberry.ID | None
    row: strawberry.Private[ActivityRow]

    @field(any_caller(cost=5))
    async def awards(self, info: Info) -> list[Award]:
        """What campaigns gave for it, or what a refund took back; one award per campaign at most."""
        return [await award_of(info.context, row) for row in await read.awards_of(info.context.ledger.reader, self.row)]

    @field(any_caller(cost=5))
    async def skipped(self, info: Info) -> list[SkippedCampaign]:
        """Why the other campaigns that looked at it gave nothing; one line per rule that was looked at."""
        lines = await read.skipped_of(info.context.ledger.reader, self.row)
        return [skipped_line_of(line) for line in lines]


def activity_of(row: ActivityRow) -> Activity:
    """The row as its GraphQL type."""
    return Activity(
        id=id_of(ACTIVITY, row.id),
        member_id=id_of(MEMBER, row.member_id),
        type=row.type,
        source=row.source,
        event_id=row.source_event_id,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        local_day=row.local_day,
        channel=row.channel,
        branch=row.branch,
        merchant_id=maybe_id(MERCHANT, row.merchant_id),
        payload=JSON(orjson.loads(row.payload)),
        amount_minor=maybe_minor(row.amount),
        refund_of_id=maybe_id(ACTIVITY, row.refund_of),
        state=ActivityState(row.state),
        entry_id=maybe_id(ENTRY, row.entry_id),
        row=row,
    )


async def activity(info: Info, id: strawberry.ID) -> Activity | None:  # noqa: A002 - the argument's name in the schema
    """An activity of the caller's programme.

    id: its id
    """
    found = await info.context.read(read.activity_by_id, uuid_of(ACTIVITY, id))
    return None if found is None else activity_of(found)


async def activity_by_event(info: Info, source: str, event_id: str) -> Activity | None:
    """An activity that the caller itself reported; null where it reported none under this name.

    source:   the system that knows it
    event_id: what the source calls it
    """
    context = info.context
    actor, key = await context.actor(), activity_key(source, event_id)
    found = await context.read(read.activity_by_event, actor.client, key)
    return None if found is None else activity_of(found)


async def read_activities(context: Context, member_id: UUID, first: int, after: str | None) -> Connection[Activity]:
    """A page of a member's activities."""
    size = page_size(first)
    rows = await context.read(read.activities_page, member_id, limit=rows_for(size), before=row_after(ACTIVITY, after))
    return connect_rows(ACTIVITY, rows, size, after, activity_of)


_READ = requires(Scope.ACTIVITY_READ, cost=5)

ACTIVITY_QUERY = query(activity, _READ, callers=BANK)
ACTIVITY_BY_EVENT = query(activity_by_event, requires(Scope.ACTIVITY_READ, Scope.ACTIVITY_REPORT, cost=5), callers=BANK)
