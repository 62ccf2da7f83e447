"""Attributes: what a programme keeps of its members under names of its own, registered by type."""

from typing import Annotated

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import enum_type, input_type, object_type
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.members.attribute import register_attribute
from ledger.members.attribute_query import attributes_of
from ledger.members.rows import AttributeType
from ledger.members.rows import MemberAttribute as AttributeRow

enum_type(
    AttributeType,
    "MemberAttributeType",
    "What the values of an attribute are.",
    {
        "TEXT": "Texts of at most 64 printable characters.",
        "INTEGER": "Whole numbers, at most 10^15 above or below 0.",
        "BOOLEAN": "Truth values.",
    },
)


@object_type
class MemberAttribute:
    """Something that the bank may say of members. It never changes.

    code: its code, by which conditions name it: `attribute.CODE`
    type: what its values are
    """

    code: str
    type: AttributeType


def attribute_of(row: AttributeRow) -> MemberAttribute:
    """The row as its GraphQL type."""
    return MemberAttribute(code=row.code, type=AttributeType(row.type))


async def member_attributes(info: Info) -> list[MemberAttribute]:
    """Every attribute that the programme keeps of its members, by code; 100 at most."""
    rows = await info.context.read(attributes_of)
    return [attribute_of(row) for row in rows]


@input_type
class RegisterMemberAttributeInput:
    """An attribute of members to register. Nothing personal belongs into its values.

    code: its code, unique in the programme: at most 64 letters, digits and underscores, no digit first
    type: what its values are
    """

    code: str
    type: AttributeType


@object_type
class MemberAttributeRegistered:
    """`setMemberFacts` takes it, and conditions of campaigns may name it.

    member_attribute: the attribute
    """

    member_attribute: MemberAttribute


async def register_member_attribute(info: Info, asked: Annotated[RegisterMemberAttributeInput, INPUT]) -> object:
    """Register an attribute of members for good. Its code makes it unique, so no key is needed."""
    row = await info.context.change(register_attribute, code=asked.code, type_=asked.type)
    return MemberAttributeRegistered(member_attribute=attribute_of(row))


MEMBER_ATTRIBUTES = query(
    member_attributes, requires(Scope.MEMBER_READ, Scope.MEMBER_ENROL, Scope.CAMPAIGN_READ_ANY, cost=5), callers=BANK
)
REGISTER_MEMBER_ATTRIBUTE = mutation(
    register_member_attribute,
    requires(Scope.CAMPAIGN_MANAGE, cost=10),
    succeeds=MemberAttributeRegistered,
    refusals=(*EVERY_REQUEST, RefusalCode.PROGRAMME_NOT_FOUND, RefusalCode.CODE_TAKEN),
)
