"""Types of activities: the shipped ones, and those that a programme registers by a JSON schema."""

from typing import Annotated

import orjson

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.scalars import JSON
from graphql_api.schema.callers import BANK
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.json_text import json_text
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.programme import activity_type as ledger
from ledger.programme.activity_type_query import activity_types as read_types
from ledger.programme.register_activity_type import register_type


@object_type
class ActivityType:
    """A type of activities. It never changes.

    code:         its code
    schema:       the JSON schema (2020-12) of a payload: a flat, closed object of whole numbers, texts and truth values
    amount_field: the field of the payload that refunds are measured by; null = such an activity cannot be refunded
    is_shipped:   whether every programme has it
    """

    code: str
    schema: JSON
    amount_field: str | None
    is_shipped: bool


def type_of(found: ledger.ActivityType) -> ActivityType:
    """The ledger's type as its GraphQL type."""
    return ActivityType(
        code=found.code,
        schema=JSON(orjson.loads(found.schema)),
        amount_field=found.amount_field,
        is_shipped=found.code in ledger.SHIPPED,
    )


async def activity_types(info: Info) -> list[ActivityType]:
    """Every type of activities that the programme knows: the shipped ones, then its own; 500 of these at most."""
    return [type_of(found) for found in await info.context.read(read_types)]


@input_type
class RegisterActivityTypeInput:
    """A type of activities to register.

    code:         its code, unique in the programme
    schema:       the JSON schema (2020-12) of a payload: `type: object` with `properties`, `required` and
                  `additionalProperties: false`; each of at most 40 properties an `integer`, a `string` or a `boolean`
    amount_field: a required whole number of the payload that refunds are measured by
    """

    code: str
    schema: JSON
    amount_field: str | None = None


@object_type
class ActivityTypeRegistered:
    """Activities of the type can be reported, and rules can name its fields.

    activity_type: the type
    """

    activity_type: ActivityType


async def register_activity_type(info: Info, asked: Annotated[RegisterActivityTypeInput, INPUT]) -> object:
    """Register a type of activities for good. Its code makes it unique, so no key is needed."""
    found = await info.context.change(
        register_type, code=asked.code, schema=json_text("schema", asked.schema), amount_field=asked.amount_field
    )
    return ActivityTypeRegistered(activity_type=type_of(found))


ACTIVITY_TYPES = query(
    activity_types, requires(Scope.ACTIVITY_READ, Scope.ACTIVITY_REPORT, Scope.CAMPAIGN_READ_ANY, cost=5), callers=BANK
)
REGISTER_ACTIVITY_TYPE = mutation(
    register_activity_type,
    requires(Scope.CAMPAIGN_MANAGE, cost=10),
    succeeds=ActivityTypeRegistered,
    refusals=(*EVERY_REQUEST, RefusalCode.PROGRAMME_NOT_FOUND, RefusalCode.CODE_TAKEN),
)
