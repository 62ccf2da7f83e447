"""Awards: what one rule gave for one activity, and how it came to that."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

import orjson
import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import JSON
from graphql_api.schema.callers import BANK
from graphql_api.schema.campaign_enums import ActionKind, Period
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import object_type
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
    uuid_of,
)
from graphql_api.schema.query import query
from ledger.book.units import Points
from ledger.campaigns.explain_query import award_by_id
from ledger.campaigns.rows import Award as AwardRow


@object_type
class CapLeft:
    """What a cap left the member after the award.

    counter: what it counts: `awards`, the code of an asset, or `voucher:` and a template's code
    period:  in which period
    limit:   the most
    left:    what was left
    """

    counter: str
    period: Period
    limit: Points
    left: Points


@object_type
class AwardFactor:
    """What multiplied an award beside the rule: a multiplier card of the member's, or the level that it held.

    percent:         by how much, in percent
    card_voucher_id: the card, a use of which was taken
    ladder:          the code of the ladder of tiers; null for a card
    level:           the code of the level that was held on the ladder; null for a card
    """

    percent: int
    card_voucher_id: strawberry.ID | None
    ladder: str | None
    level: str | None


@object_type
class Award:
    """What one rule of one campaign version did for an activity.

    id:                its id
    activity_id:       for which activity
    member_id:         to whom
    entry_id:          the entry that posted it; null where nothing was posted
    campaign_id:       by which campaign
    campaign:          its code
    version:           the number of the version that held when the activity occurred
    phase:             in which phase
    rule:              by which rule
    variant:           the member's arm of the test; null where the campaign has none
    kind:              what the rule does
    asset:             the code of what was awarded or donated; null where the rule only counts
    voucher_id:        the voucher that was given
    merchant_id:       the merchant that the donation went to
    counter:           the counter that moved
    ladder:            the ladder of tiers that was credited
    amount:            how many units, or pieces of a voucher; below zero where a refund took them back
    base:              what the rule counted: its own amount, or the field of the payload
    multiplier:        by how much it was multiplied, in percent
    wanted:            what it came to before the caps
    inputs:            what the rule's condition saw; what the campaign's segment saw before any rule, as `segment`
    factors:           what multiplied it once more beside the rule's own multiplier
    headroom:          what each cap left after it
    cost:              what its budget paid; 0 where it has none
    local_day:         the day on which the activity occurred, where the programme is
    awarded_at:        when it was awarded
    original_award_id: the award that this one takes back
    """

    id: strawberry.ID
    activity_id: strawberry.ID
    member_id: strawberry.ID
    entry_id: strawberry.ID | None
    campaign_id: strawberry.ID
    campaign: str
    version: int
    phase: str
    rule: str
    variant: str | None
    kind: ActionKind
    asset: str | None
    voucher_id: strawberry.ID | None
    merchant_id: strawberry.ID | None
    counter: str | None
    ladder: str | None
    amount: Points
    base: Points
    multiplier: int
    wanted: Points
    inputs: JSON
    factors: list[AwardFactor]
    headroom: list[CapLeft]
    cost: Points
    local_day: date
    awarded_at: datetime
    original_award_id: strawberry.ID | None


async def award_of(context: Context, row: AwardRow) -> Award:
    """The row as its GraphQL type."""
    directory = context.ledger.directory
    version = await directory.campaign_version(row.programme_id, row.version_id)
    return Award(
        id=id_of(AWARD, row.id),
        activity_id=id_of(ACTIVITY, row.activity_id),
        member_id=id_of(MEMBER, row.member_id),
        entry_id=maybe_id(ENTRY, row.entry_id),
        campaign_id=id_of(CAMPAIGN, row.campaign_id),
        campaign=version.campaign,
        version=version.number,
        phase=row.phase,
        rule=row.rule,
        variant=row.variant,
        kind=ActionKind(row.kind),
        asset=None if row.asset_id is None else await directory.asset_code(row.programme_id, row.asset_id),
        voucher_id=maybe_id(VOUCHER, row.voucher_id),
        **target_of(row.kind, row.target),
        amount=Points(row.amount),
        base=Points(row.base),
        multiplier=row.multiplier,
        wanted=Points(row.wanted),
        inputs=JSON(orjson.loads(row.inputs)),
        factors=[_factor(factor) for factor in orjson.loads(row.factors)],
        headroom=_headroom(row.headroom),
        cost=Points(row.cost),
        local_day=row.local_day,
        awarded_at=row.awarded_at,
        original_award_id=maybe_id(AWARD, row.original_award_id),
    )


class Target(TypedDict):
    """What a rule did something to, beside the member's wallet; one of them at most."""

    merchant_id: strawberry.ID | None
    counter: str | None
    ladder: str | None


def target_of(kind: str, target: str | None) -> Target:
    """The award's target by the kind of its rule."""
    is_donation = kind == ActionKind.DONATION and target is not None
    return {
        "merchant_id": id_of(MERCHANT, UUID(target)) if is_donation else None,
        "counter": target if kind == ActionKind.PROGRESS else None,
        "ladder": target if kind == ActionKind.TIER_CREDIT else None,
    }


def _factor(kept: Mapping[str, str | int]) -> AwardFactor:
    card = kept.get("card")
    return AwardFactor(
        percent=int(kept["percent"]),
        card_voucher_id=None if card is None else id_of(VOUCHER, UUID(str(card))),
        ladder=_text(kept, "ladder"),
        level=_text(kept, "level"),
    )


def _text(kept: Mapping[str, str | int], name: str) -> str | None:
    return str(kept[name]) if name in kept else None


def _headroom(text: str) -> list[CapLeft]:
    return [
        CapLeft(
            counter=cap["counter"],
            period=Period(cap["period"]),
            limit=Points(cap["limit"]),
            left=Points(cap["left"]),
        )
        for cap in orjson.loads(text)
    ]


async def award(info: Info, id: strawberry.ID) -> Award | None:  # noqa: A002 - the argument's name in the schema
    """An award of the caller's programme.

    id: its id
    """
    context = info.context
    found = await context.read(award_by_id, uuid_of(AWARD, id))
    return None if found is None else await award_of(context, found)


AWARD_QUERY = query(award, requires(Scope.ACTIVITY_READ, cost=5), callers=BANK)
