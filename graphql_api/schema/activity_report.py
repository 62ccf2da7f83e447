"""Reporting activities: one by one, or in lists; a refund is an activity that takes an earlier one back."""

from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import JSON
from graphql_api.schema.activity import SkippedCampaign, skipped_line_of
from graphql_api.schema.award import target_of
from graphql_api.schema.campaign_enums import ActionKind, ActivityState
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.json_text import json_text
from graphql_api.schema.kinds import (
    ACTIVITY,
    AWARD,
    CAMPAIGN,
    ENTRY,
    MEMBER,
    MERCHANT,
    VOUCHER,
    id_of,
    maybe_id,
    maybe_uuid,
)
from graphql_api.schema.lists import LIST_COST, run_independent
from graphql_api.schema.member_ref import MemberRef, resolve_member
from graphql_api.schema.mutation import INPUT, independent_items_of, mutation
from graphql_api.schema.refusals import EVERY_KEYED, EVERY_REQUEST
from ledger.book.refusal import RefusalCode, refuse_input
from ledger.book.units import Points
from ledger.campaigns import receipt as ledger
from ledger.campaigns.activity import ActivityCommand, ActivityParts
from ledger.campaigns.refund import ReportRefund
from ledger.campaigns.report import ReportActivity
from ledger.engine.outcome import Outcome
from ledger.programme.activity_type import REFUND


@input_type
class ReportActivityInput:
    """What a member did. Source and event id together are the key: a second report of the event answers the same.

    member:      who did it
    type:        the code of its type, such as `purchase`
    source:      the system that knows it; no slash
    event_id:    what the source calls it, unique within the source for ever
    occurred_at: when it occurred
    payload:     the rest, by its type's schema; nothing personal
    channel:     through which channel, in the words of the bank
    branch:      at which branch
    merchant_id: at which merchant
    refund_of:   for a `refund`: what the same source called the activity that it takes back
    """

    member: MemberRef
    type: str
    source: str
    event_id: str
    occurred_at: datetime
    payload: JSON | None = None
    channel: str | None = None
    branch: str | None = None
    merchant_id: strawberry.ID | None = None
    refund_of: str | None = None


@input_type
class ReportActivitiesInput:
    """What members did.

    items: 1,000 at most, independent of each other; each sees what those before it did
    """

    items: list[ReportActivityInput]


@object_type
class ActivityAward:
    """What one rule of a campaign did for the activity.

    award_id:    the award, which can be asked for by its id
    campaign_id: the campaign
    campaign:    its code
    version:     the number of the version that held then
    rule:        the rule
    kind:        what it does
    asset:       the code of what was awarded or donated; null where the rule only counts
    voucher_id:  the voucher that was given
    merchant_id: the merchant that the donation went to
    counter:     the counter that moved
    ladder:      the ladder of tiers that was credited
    amount:      how many units, or pieces of a voucher; below zero where a refund took them back
    """

    award_id: strawberry.ID
    campaign_id: strawberry.ID
    campaign: str
    version: int
    rule: str
    kind: ActionKind
    asset: str | None
    voucher_id: strawberry.ID | None
    merchant_id: strawberry.ID | None
    counter: str | None
    ladder: str | None
    amount: Points


@object_type
class ActivityReported:
    """The activity is recorded, and everything that it earned is posted; the same for ever.

    replayed:    whether this is the stored outcome of an earlier report of the same event
    activity_id: its id
    member_id:   who did it
    entry_id:    the entry that posted its awards; null where nothing was posted
    state:       what became of it
    received_at: when it was first reported
    awards:      what campaigns gave for it; one award per campaign at most
    skipped:     why the other campaigns that looked at it gave nothing
    """

    replayed: bool
    activity_id: strawberry.ID
    member_id: strawberry.ID
    entry_id: strawberry.ID | None
    state: ActivityState
    received_at: datetime
    awards: list[ActivityAward]
    skipped: list[SkippedCampaign]


_CODE = RefusalCode
_REFUSALS = (
    *EVERY_KEYED,
    _CODE.MEMBER_NOT_FOUND,
    _CODE.MERCHANT_NOT_FOUND,
    _CODE.ASSET_NOT_FOUND,
    _CODE.ACTIVITY_TYPE_NOT_FOUND,
    _CODE.ACTIVITY_NOT_FOUND,
    _CODE.MEMBER_CLOSED,
    _CODE.ACTIVITY_IN_FUTURE,
    _CODE.NOT_REFUNDABLE,
    _CODE.REFUND_EXCEEDS_SALE,
    _CODE.BALANCE_LIMIT_EXCEEDED,
)


@object_type
class ReportActivitiesOutcomes:
    """What each item came to.

    items: in the order of the input
    """

    items: list[object] = strawberry.field(
        graphql_type=independent_items_of("ReportActivitiesItemResult", ActivityReported, _REFUSALS)
    )


async def report_activity(info: Info, asked: Annotated[ReportActivityInput, INPUT]) -> object:
    """Report what a member did. Whatever the running campaigns give for it is posted in the same step."""
    context = info.context
    return await _reported(context, await context.execute(await _command(context, asked)))


async def report_activities(info: Info, asked: Annotated[ReportActivitiesInput, INPUT]) -> object:
    """Report what many members did at once, in the order in which it should count."""
    context = info.context
    members = (item.member for item in asked.items)
    items = await run_independent(
        context, asked.items, partial(_command, context), partial(_reported, context), members=members
    )
    return ReportActivitiesOutcomes(items=items)


async def _command(context: Context, asked: ReportActivityInput) -> ActivityCommand:
    """INVALID_INPUT where a refund names nothing that it takes back, or something else does."""
    if (asked.type == REFUND) != (asked.refund_of is not None):
        refuse_input("refundOf")
    parts: ActivityParts = {
        "actor": await context.actor(),
        "member_id": await resolve_member(context, asked.member),
        "source": asked.source,
        "event_id": asked.event_id,
        "occurred_at": asked.occurred_at,
        "payload": "{}" if asked.payload is None else json_text("payload", asked.payload),
        "channel": asked.channel,
        "branch": asked.branch,
        "merchant_id": maybe_uuid(MERCHANT, asked.merchant_id),
    }
    if asked.refund_of is not None:
        return ReportRefund(**parts, refund_of=asked.refund_of)
    return ReportActivity(**parts, type=asked.type)


async def _reported(context: Context, outcome: Outcome[ledger.ActivityReceipt]) -> ActivityReported:
    reply = outcome.unwrap()
    return ActivityReported(
        replayed=outcome.replayed,
        activity_id=id_of(ACTIVITY, reply.activity_id),
        member_id=id_of(MEMBER, reply.member_id),
        entry_id=maybe_id(ENTRY, reply.entry_id),
        state=ActivityState(reply.state),
        received_at=reply.received_at,
        awards=[await _award(context, line) for line in reply.awards],
        skipped=[skipped_line_of(line) for line in reply.skipped],
    )


async def _award(context: Context, line: ledger.AwardLine) -> ActivityAward:
    programme_id, directory = await context.programme_id(), context.ledger.directory
    version = await directory.campaign_version(programme_id, line.version_id)
    return ActivityAward(
        award_id=id_of(AWARD, line.award_id),
        campaign_id=id_of(CAMPAIGN, line.campaign_id),
        campaign=version.campaign,
        version=version.number,
        rule=line.rule,
        kind=ActionKind(line.kind),
        asset=None if line.asset_id is None else await directory.asset_code(programme_id, line.asset_id),
        voucher_id=maybe_id(VOUCHER, line.voucher_id),
        **target_of(line.kind, line.target),
        amount=Points(line.amount),
    )


REPORT_ACTIVITY = mutation(
    report_activity,
    requires(Scope.ACTIVITY_REPORT, moves="report", cost=10),
    succeeds=ActivityReported,
    refusals=_REFUSALS,
)
REPORT_ACTIVITIES = mutation(
    report_activities,
    requires(Scope.ACTIVITY_REPORT, moves="report", cost=LIST_COST),
    succeeds=ReportActivitiesOutcomes,
    refusals=(*EVERY_REQUEST, _CODE.LIST_TOO_LONG),
)
