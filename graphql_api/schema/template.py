"""Voucher templates: what vouchers promise, in versions; drafts, live and stopped ones."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.errors import InvalidInput
from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import BANK, BANK_AND_MEMBER
from graphql_api.schema.connection import PAGE_MAX, Connection, connect, page_size, row_after, row_cursor, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import field, input_type, object_type
from graphql_api.schema.kinds import TEMPLATE, id_of, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from graphql_api.schema.template_input import TemplateTermsInput, body_from
from graphql_api.schema.template_terms import TemplateFunding, TemplateTerms, funding_of, terms_of
from graphql_api.schema.versions import read_versions
from graphql_api.schema.voucher_enums import Kind, TemplateState
from ledger.book.refusal import RefusalCode
from ledger.vouchers import template as ledger
from ledger.vouchers.rows import TemplateVersion as VersionRow
from ledger.vouchers.template import TemplateRecord
from ledger.vouchers.template_body import TemplateBody
from ledger.vouchers.template_query import VERSION_PAGES, offered_page, offered_template, template_by_id, templates_page
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher import template_id


@object_type
class TemplateVersion:
    """A version of a template. Every voucher keeps the one under which it was issued.

    number:     its number, from 1
    terms:      what a voucher promises
    terms_text: the terms in words, as the member accepted them
    created_at: when it was saved
    """

    number: int
    terms: TemplateTerms
    terms_text: str
    created_at: datetime
    body: strawberry.Private[TemplateBody]

    @field(requires(Scope.TEMPLATE_READ))
    def funding(self) -> TemplateFunding:
        """Who pays for the discount."""
        return funding_of(self.body.funding)


def version_of(row: VersionRow) -> TemplateVersion:
    """The row as its GraphQL type."""
    body = parse_body(row.body)
    return TemplateVersion(
        number=row.number, terms=terms_of(body), terms_text=row.terms, created_at=row.created_at, body=body
    )


@object_type
class VoucherTemplate:
    """What vouchers of one kind promise.

    id:      its id
    code:    its code, unique in the programme
    kind:    what its vouchers give
    state:   whether vouchers are issued from it
    current: the version under which vouchers are issued now
    """

    id: strawberry.ID
    code: str
    kind: Kind
    state: TemplateState
    current: TemplateVersion
    uuid: strawberry.Private[UUID]

    @field(requires(Scope.TEMPLATE_READ, cost=5, page_max=PAGE_MAX))
    async def versions(self, info: Info, first: int = 20, after: str | None = None) -> Connection[TemplateVersion]:
        """Its versions, the latest first.

        first: how many, 1 to 100
        after: the cursor after which the page begins
        """
        return await read_versions(info.context, VERSION_PAGES, self.uuid, version_of, first, after)


def template_of(record: TemplateRecord) -> VoucherTemplate:
    """The record as its GraphQL type."""
    template = record.template
    return VoucherTemplate(
        id=id_of(TEMPLATE, template.id),
        code=template.code,
        kind=Kind(template.kind),
        state=TemplateState(template.state),
        current=version_of(record.current),
        uuid=template.id,
    )


def _sees_all(context: Context) -> bool:
    """Whether the caller sees drafts and stopped templates too; members see what members may claim."""
    return context.caller.role in BANK


async def voucher_template(
    info: Info,
    id: strawberry.ID | None = None,  # noqa: A002 - the argument's name in the schema
    code: str | None = None,
) -> VoucherTemplate | None:
    """A template of the caller's programme; for members one that is live and `isClaimable`.

    id:   its id
    code: its code
    """
    context = info.context
    if (id is None) == (code is None):
        raise InvalidInput("Give an id or a code.")
    asked = uuid_of(TEMPLATE, id or "") if code is None else template_id(await context.programme_id(), code)
    found = await context.read(template_by_id if _sees_all(context) else offered_template, asked)
    return None if found is None else template_of(found)


async def voucher_templates(info: Info, first: int = 20, after: str | None = None) -> Connection[VoucherTemplate]:
    """The programme's templates, in no order of time; for members those that are live and `isClaimable`:
    whom each is for, its terms say.

    first: how many, 1 to 100
    after: the cursor after which the page begins
    """
    context, size = info.context, page_size(first)
    find = templates_page if _sees_all(context) else offered_page
    records = await context.read(find, limit=rows_for(size), after=row_after(TEMPLATE, after))
    return connect(
        records,
        size,
        node=template_of,
        cursor=lambda record: row_cursor(TEMPLATE, record.template.id),
        is_first=after is None,
    )


# -- changing ----------------------------------------------------------------------------------------------------------


@input_type
class CreateVoucherTemplateInput:
    """A template to draft.

    code:       its code, unique in the programme, 56 characters at most
    terms:      what its vouchers promise
    terms_text: the terms in words
    """

    code: str
    terms: TemplateTermsInput
    terms_text: str = ""


@input_type
class ChangeVoucherTemplateInput(CreateVoucherTemplateInput):
    """The next version of a template. Kind, money and stock stay; vouchers that were issued keep their own version.

    code:  the template's code
    terms: all of its terms from now on
    """


@input_type
class PublishVoucherTemplateInput:
    """A template to issue from.

    code: the template's code
    """

    code: str


@input_type
class StopVoucherTemplateInput(PublishVoucherTemplateInput):
    """A template to issue no more from."""


@object_type
class VoucherTemplateSaved:
    """The template is as it was asked for.

    template: the template
    """

    template: VoucherTemplate


async def create_voucher_template(info: Info, asked: Annotated[CreateVoucherTemplateInput, INPUT]) -> object:
    """Draft a template. Its code makes it unique, so no key is needed."""
    return await _save(info.context, ledger.create_template, asked)


async def change_voucher_template(info: Info, asked: Annotated[ChangeVoucherTemplateInput, INPUT]) -> object:
    """Make the next version of a template, under which vouchers are issued from now on."""
    return await _save(info.context, ledger.change_template, asked)


async def publish_voucher_template(info: Info, asked: Annotated[PublishVoucherTemplateInput, INPUT]) -> object:
    """Let a draft or a stopped template issue vouchers."""
    record = await info.context.change(ledger.publish_template, code=asked.code)
    return VoucherTemplateSaved(template=template_of(record))


async def stop_voucher_template(info: Info, asked: Annotated[StopVoucherTemplateInput, INPUT]) -> object:
    """Let a template issue no more vouchers; those that were issued stay good."""
    record = await info.context.change(ledger.stop_template, code=asked.code)
    return VoucherTemplateSaved(template=template_of(record))


async def _save(
    context: Context, save: Callable[..., Awaitable[TemplateRecord]], asked: CreateVoucherTemplateInput
) -> VoucherTemplateSaved:
    record = await context.change(save, code=asked.code, body=body_from(asked.terms), terms=asked.terms_text)
    return VoucherTemplateSaved(template=template_of(record))


_CODE = RefusalCode
_MANAGE = requires(Scope.TEMPLATE_MANAGE, cost=10)
_NAMES = (*EVERY_REQUEST, _CODE.ASSET_NOT_FOUND, _CODE.MERCHANT_NOT_FOUND, _CODE.PARTNER_NOT_FOUND)

VOUCHER_TEMPLATE = query(
    voucher_template, requires(Scope.TEMPLATE_READ, Scope.VOUCHER_READ, cost=5), callers=BANK_AND_MEMBER
)
VOUCHER_TEMPLATES = query(
    voucher_templates,
    requires(Scope.TEMPLATE_READ, Scope.VOUCHER_READ, cost=5, page_max=PAGE_MAX),
    callers=BANK_AND_MEMBER,
)
CREATE_VOUCHER_TEMPLATE = mutation(
    create_voucher_template,
    _MANAGE,
    succeeds=VoucherTemplateSaved,
    refusals=(*_NAMES, _CODE.PROGRAMME_NOT_FOUND, _CODE.CODE_TAKEN),
)
CHANGE_VOUCHER_TEMPLATE = mutation(
    change_voucher_template, _MANAGE, succeeds=VoucherTemplateSaved, refusals=(*_NAMES, _CODE.TEMPLATE_NOT_FOUND)
)
PUBLISH_VOUCHER_TEMPLATE = mutation(
    publish_voucher_template,
    _MANAGE,
    succeeds=VoucherTemplateSaved,
    refusals=(*EVERY_REQUEST, _CODE.TEMPLATE_NOT_FOUND, _CODE.TEMPLATE_LIVE),
)
STOP_VOUCHER_TEMPLATE = mutation(
    stop_voucher_template,
    _MANAGE,
    succeeds=VoucherTemplateSaved,
    refusals=(*EVERY_REQUEST, _CODE.TEMPLATE_NOT_FOUND, _CODE.TEMPLATE_NOT_LIVE),
)
