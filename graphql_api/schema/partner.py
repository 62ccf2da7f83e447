"""Partners: the companies that honour points and vouchers."""

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK
from graphql_api.schema.connection import PAGE_MAX, Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import field, input_type, object_type
from graphql_api.schema.kinds import PARTNER, id_of, uuid_of
from graphql_api.schema.merchant import Merchant, read_merchants
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import RefusalCode
from ledger.partners import register
from ledger.partners.queries import partner_by_id, partners_page
from ledger.partners.rows import Partner as PartnerRow


@object_type
class Partner:
    """A company that honours points and vouchers in its shops, the merchants.

    id:   its id
    code: the bank's own number of the partner
    name: its name
    """

    id: strawberry.ID
    code: str
    name: str
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.MERCHANT_READ, cost=5, page_max=PAGE_MAX))
    async def merchants(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Merchant]:
        """The partner's merchants in the order of registration.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_merchants(info.context, first, after, self.uuid)


def partner_of(row: PartnerRow) -> Partner:
    """The row as its GraphQL type."""
    return Partner(id=id_of(PARTNER, row.id), code=row.code, name=row.name, uuid=row.id)


async def partner(info: Info, id: strawberry.ID) -> Partner | None:  # noqa: A002 - the argument's name in the schema
    """A partner of the caller's programme.

    id: its id
    """
    row = await info.context.read(partner_by_id, uuid_of(PARTNER, id))
    return None if row is None else partner_of(row)


async def partners(info: Info, first: int = 20, after: str | None = None) -> Connection[Partner]:
    """The programme's partners in the order of registration.

    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    rows = await context.read(partners_page, limit=rows_for(size), after=row_after(PARTNER, after))
    return connect_rows(PARTNER, rows, size, after, partner_of)


@input_type
class CreatePartnerInput:
    """A company that will honour points and vouchers.

    code: the bank's own number of it, unique in the programme
    name: its name
    """

    code: str
    name: str


@object_type
class PartnerCreated:
    """The company is a partner.

    partner: the partner
    """

    partner: Partner


async def create_partner(info: Info, asked: Annotated[CreatePartnerInput, INPUT]) -> object:
    """Register a partner. Its code makes it unique, so no key is needed."""
    row = await info.context.change(register.create_partner, code=asked.code, name=asked.name)
    return PartnerCreated(partner=partner_of(row))


_CODE = RefusalCode

PARTNER_QUERY = query(partner, requires(Scope.MERCHANT_READ, cost=5), callers=BANK)
PARTNERS = query(partners, requires(Scope.MERCHANT_READ, cost=5, page_max=PAGE_MAX), callers=BANK)
CREATE_PARTNER = mutation(
    create_partner,
    requires(Scope.MERCHANT_MANAGE, cost=10),
    succeeds=PartnerCreated,
    refusals=(*EVERY_REQUEST, _CODE.PROGRAMME_NOT_FOUND, _CODE.CODE_TAKEN),
)
