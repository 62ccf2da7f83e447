"""Ladders of tiers: set up and changed by operators, read by everybody who may know what they promise."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK_AND_MEMBER
from graphql_api.schema.connection import PAGE_MAX, Connection
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import field, input_type, object_type
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from graphql_api.schema.tier_terms import TierTerms, TierTermsInput, body_from, terms_of
from graphql_api.schema.versions import read_versions
from ledger.book.refusal import RefusalCode
from ledger.tiers import ladder as ledger
from ledger.tiers.ladder import LADDERS_MAX, LadderRecord
from ledger.tiers.ladder_query import VERSION_PAGES, ladder_by_code, ladders_of
from ledger.tiers.ladder_text import parse_body
from ledger.tiers.rows import LadderVersion as VersionRow


@object_type
class TierLadderVersion:
    """A version of a ladder.

    number:     its number, from 1
    terms:      what it promises
    created_at: from when on it holds, for whatever is credited or falls due; the first one also for what was before
    """

    number: int
    terms: TierTerms
    created_at: datetime


def version_of(row: VersionRow) -> TierLadderVersion:
    """The row as its GraphQL type."""
    return TierLadderVersion(number=row.number, terms=terms_of(parse_body(row.body)), created_at=row.created_at)


@object_type
class TierLadder:
    """Levels that members climb by what they do.

    code:    its code, unique in the programme; conditions of campaigns know a member's level as `tier.<code>`
    current: the version that holds
    """

    code: str
    current: TierLadderVersion
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.TIER_READ_ANY, cost=5, page_max=PAGE_MAX))
    async def versions(self, info: Info, first: int = 20, after: str | None = None) -> Connection[TierLadderVersion]:
        """Its versions, the latest first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_versions(info.context, VERSION_PAGES, self.uuid, version_of, first, after)


def ladder_of(record: LadderRecord) -> TierLadder:
    """The record as its GraphQL type."""
    return TierLadder(code=record.ladder.code, current=version_of(record.latest), uuid=record.ladder.id)


async def tier_ladder(info: Info, code: str) -> TierLadder | None:
    """A ladder of the caller's programme.

    code: its code
    """
    found = await info.context.read(ladder_by_code, code)
    return None if found is None else ladder_of(found)


async def tier_ladders(info: Info) -> list[TierLadder]:
    """Every ladder of the caller's programme, in the order of their codes; 20 at most."""
    found = await info.context.read(ladders_of)
    return [ladder_of(record) for record in found]


@input_type
class CreateTierLadderInput:
    """A ladder.

    code:  its code, unique in the programme: a letter, then letters, digits and `_`
    terms: what it promises
    """

    code: str
    terms: TierTermsInput


@input_type
class ChangeTierLadderInput(CreateTierLadderInput):
    """A ladder as it is to be from now on."""


@object_type
class TierLadderSaved:
    """The ladder holds from now on.

    ladder: the ladder
    """

    ladder: TierLadder


async def create_tier_ladder(info: Info, asked: Annotated[CreateTierLadderInput, INPUT]) -> object:
    """Set up a ladder, on whose first level everybody stands from now on. Its code makes it unique, so no key is needed."""
    record = await info.context.change(ledger.create_ladder, code=asked.code, body=body_from(asked.terms))
    return TierLadderSaved(ladder=ladder_of(record))


async def change_tier_ladder(info: Info, asked: Annotated[ChangeTierLadderInput, INPUT]) -> object:
    """Change a ladder's terms for whatever is credited or falls due from now on; nobody moves before. What is counted and
    over which time stays, and so do its levels' codes in their order; levels can be added.
    """
    record = await info.context.change(ledger.change_ladder, code=asked.code, body=body_from(asked.terms))
    return TierLadderSaved(ladder=ladder_of(record))


_MANAGE = requires(Scope.TIER_MANAGE, cost=10)
_SAVE = (*EVERY_REQUEST, RefusalCode.ASSET_NOT_FOUND, RefusalCode.TEMPLATE_NOT_FOUND)

TIER_LADDER = query(tier_ladder, requires(Scope.TIER_READ, Scope.TIER_READ_ANY, cost=5), callers=BANK_AND_MEMBER)
TIER_LADDERS = query(
    tier_ladders,
    requires(Scope.TIER_READ, Scope.TIER_READ_ANY, cost=5, page_max=LADDERS_MAX),
    callers=BANK_AND_MEMBER,
)
CREATE_TIER_LADDER = mutation(
    create_tier_ladder,
    _MANAGE,
    succeeds=TierLadderSaved,
    refusals=(*_SAVE, RefusalCode.PROGRAMME_NOT_FOUND, RefusalCode.CODE_TAKEN),
)
CHANGE_TIER_LADDER = mutation(
    change_tier_ladder, _MANAGE, succeeds=TierLadderSaved, refusals=(*_SAVE, RefusalCode.TIER_LADDER_NOT_FOUND)
)
