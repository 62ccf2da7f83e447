"""Merchants: the shops that take points and vouchers."""

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Role, Scope
from graphql_api.schema.api_key import ApiKey, read_keys
from graphql_api.schema.callers import BANK, BANK_AND_MERCHANT
from graphql_api.schema.connection import PAGE_MAX, Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, input_type, object_type
from graphql_api.schema.kinds import MERCHANT, PARTNER, id_of, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from graphql_api.schema.state_enums import MerchantState
from graphql_api.schema.terminal import Terminal, read_terminals
from ledger.book.account import Role as AccountRole
from ledger.book.account import account_id
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import Points
from ledger.engine.roll_up import open_balances
from ledger.partners import network, register
from ledger.partners.queries import merchant_by_code, merchant_by_id, merchants_page
from ledger.partners.rows import Merchant as MerchantRow
from ledger.programme.queries import assets


@object_type
class MerchantBalance:
    """What a merchant took in and has not settled, of one asset.

    asset:  the asset's code
    amount: how much, in the asset's smallest unit
    """

    asset: str
    amount: Points


@object_type
class Merchant:
    """A shop of a partner, which takes points and vouchers.

    id:         its id
    code:       the partner's own number of the merchant
    name:       its name
    state:      what it may do
    partner_id: the partner it belongs to
    networks:   the networks, in CIDR, from which its credentials work; none = anywhere
    """

    id: strawberry.ID
    code: str
    name: str
    state: MerchantState
    partner_id: strawberry.ID
    networks: list[str]
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.MERCHANT_READ, cost=10))
    async def balances(self, info: Info) -> list[MerchantBalance]:
        """What the merchant took in, points and money, of every asset that it ever took."""
        context = info.context
        by_account = {
            account_id(self.uuid, asset.id, AccountRole.RECEIVABLE): asset.code for asset in await context.read(assets)
        }
        found = await context.read(open_balances, list(by_account))
        return [
            MerchantBalance(asset=code, amount=Points(found[account]))
            for account, code in by_account.items()
            if account in found
        ]

    @field(requires(Scope.MERCHANT_MANAGE, cost=5, page_max=PAGE_MAX))
    async def api_keys(self, info: Info, first: int = 20, after: str | None = None) -> Connection[ApiKey]:
        """The merchant's API keys, oldest first, dead ones too; never their secrets.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_keys(info.context, self.uuid, first, after)

    @field(requires(Scope.MERCHANT_READ, cost=5, page_max=PAGE_MAX))
    async def terminals(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Terminal]:
        """The merchant's tills, closed ones too, in no order of time.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_terminals(info.context, self.uuid, first, after)


def merchant_of(row: MerchantRow) -> Merchant:
    """The row as its GraphQL type."""
    return Merchant(
        id=id_of(MERCHANT, row.id),
        code=row.code,
        name=row.name,
        state=MerchantState(row.state),
        partner_id=id_of(PARTNER, row.partner_id),
        networks=[str(network) for network in row.networks],
        uuid=row.id,
    )


async def merchant(info: Info, id: strawberry.ID | None = None, code: str | None = None) -> Merchant | None:  # noqa: A002 - the argument's name in the schema
    """A merchant of the caller's programme; a merchant sees only itself, and need not say so.

    id:   the merchant's id
    code: the partner's own number of it
    """
    context = info.context
    own = _own(context)
    if id is not None and code is not None:
        raise InvalidInput("Give an id or a code.")
    if code is not None:
        row = await context.read(merchant_by_code, code)
    else:
        asked = own if id is None else uuid_of(MERCHANT, id)
        row = None if asked is None else await context.read(merchant_by_id, asked)
    is_visible = row is not None and (context.caller.role is not Role.MERCHANT or row.id == own)
    return merchant_of(row) if row is not None and is_visible else None


def _own(context: Context) -> UUID | None:
    try:
        return context.own_merchant_id()
    except Refusal:
        return None


async def merchants(info: Info, first: int = 20, after: str | None = None) -> Connection[Merchant]:
    """The programme's merchants in the order of registration.

    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    return await read_merchants(info.context, first, after, None)


async def read_merchants(
    context: Context, first: int, after: str | None, partner_id: UUID | None
) -> Connection[Merchant]:
    """A page of the programme's merchants, or of one partner's."""
    size = page_size(first)
    rows = await context.read(
        merchants_page, limit=rows_for(size), after=row_after(MERCHANT, after), partner_id=partner_id
    )
    return connect_rows(MERCHANT, rows, size, after, merchant_of)


@input_type
class CreateMerchantInput:
    """A shop of a partner, which will take points and vouchers.

    partner_id: the partner it belongs to
    code:       the partner's own number of the merchant, unique in the programme
    name:       its name
    """

    partner_id: strawberry.ID
    code: str
    name: str


@object_type
class MerchantCreated:
    """The merchant can take points once it has a credential.

    merchant: the merchant
    """

    merchant: Merchant


async def create_merchant(info: Info, asked: Annotated[CreateMerchantInput, INPUT]) -> object:
    """Register a merchant. Its code makes it unique, so no key is needed."""
    row = await info.context.change(
        register.create_merchant, partner_id=uuid_of(PARTNER, asked.partner_id), code=asked.code, name=asked.name
    )
    return MerchantCreated(merchant=merchant_of(row))


@input_type
class CloseMerchantInput:
    """A merchant to close.

    merchant_id: the merchant
    """

    merchant_id: strawberry.ID


@object_type
class MerchantClosed:
    """The merchant does nothing more; what it took stays to be settled.

    merchant: the merchant
    """

    merchant: Merchant


async def close_merchant(info: Info, asked: Annotated[CloseMerchantInput, INPUT]) -> object:
    """Let a merchant do nothing more: its credentials are useless at once."""
    row = await info.context.change(register.close_merchant, merchant_id=uuid_of(MERCHANT, asked.merchant_id))
    return MerchantClosed(merchant=merchant_of(row))


@input_type
class SetMerchantNetworksInput:
    """From where a merchant may call.

    merchant_id: the merchant
    networks:    all of its networks, in CIDR such as `203.0.113.0/24` without bits beyond the prefix, 64 at most; none =
                 anywhere
    """

    merchant_id: strawberry.ID
    networks: list[str]


@object_type
class MerchantNetworksSet:
    """The merchant's credentials work from these networks only.

    merchant: the merchant
    """

    merchant: Merchant


async def set_merchant_networks(info: Info, asked: Annotated[SetMerchantNetworksInput, INPUT]) -> object:
    """Say from where a merchant's credentials work, from now on and instead of what was said before."""
    row = await info.context.change(
        network.set_merchant_networks, merchant_id=uuid_of(MERCHANT, asked.merchant_id), networks=asked.networks
    )
    return MerchantNetworksSet(merchant=merchant_of(row))


_CODE = RefusalCode
_MANAGE = requires(Scope.MERCHANT_MANAGE, cost=10)

MERCHANT_QUERY = query(merchant, requires(Scope.MERCHANT_READ, cost=5), callers=BANK_AND_MERCHANT)
MERCHANTS = query(merchants, requires(Scope.MERCHANT_READ, cost=5, page_max=PAGE_MAX), callers=BANK)
CREATE_MERCHANT = mutation(
    create_merchant,
    _MANAGE,
    succeeds=MerchantCreated,
    refusals=(*EVERY_REQUEST, _CODE.PARTNER_NOT_FOUND, _CODE.CODE_TAKEN),
)
CLOSE_MERCHANT = mutation(
    close_merchant,
    _MANAGE,
    succeeds=MerchantClosed,
    refusals=(*EVERY_REQUEST, _CODE.MERCHANT_NOT_FOUND, _CODE.MERCHANT_CLOSED),
)
SET_MERCHANT_NETWORKS = mutation(
    set_merchant_networks,
    _MANAGE,
    succeeds=MerchantNetworksSet,
    refusals=(*EVERY_REQUEST, _CODE.MERCHANT_NOT_FOUND),
)
