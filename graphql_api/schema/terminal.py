"""Terminals: a merchant's tills."""

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.field_rules import requires
from graphql_api.permissions import Scope
from graphql_api.schema.connection import Connection, connect_rows, page_size, row_after, rows_for
from graphql_api.schema.context import Context, Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.kinds import MERCHANT, TERMINAL, id_of, uuid_of
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.refusals import EVERY_REQUEST
from graphql_api.schema.state_enums import MerchantState
from ledger.book.refusal import RefusalCode
from ledger.partners import terminal
from ledger.partners.queries import terminals_page
from ledger.partners.rows import Terminal as TerminalRow


@object_type
class Terminal:
    """A till of a merchant. A merchant names it by its code wherever it says at which till something happens.

    id:          its id
    merchant_id: the merchant it belongs to
    code:        the merchant's own number of it
    name:        its name
    state:       what it may do
    """

    id: strawberry.ID
    merchant_id: strawberry.ID
    code: str
    name: str
    state: MerchantState


def terminal_of(row: TerminalRow) -> Terminal:
    """The row as its GraphQL type."""
    return Terminal(
        id=id_of(TERMINAL, row.id),
        merchant_id=id_of(MERCHANT, row.merchant_id),
        code=row.code,
        name=row.name,
        state=MerchantState(row.state),
    )


async def read_terminals(context: Context, merchant_id: UUID, first: int, after: str | None) -> Connection[Terminal]:
    """A page of a merchant's tills."""
    size = page_size(first)
    rows = await context.read(terminals_page, merchant_id, limit=rows_for(size), after=row_after(TERMINAL, after))
    return connect_rows(TERMINAL, rows, size, after, terminal_of)


@input_type
class CreateTerminalInput:
    """A till to register.

    merchant_id: the merchant it belongs to
    code:        the merchant's own number of it, unique in the merchant
    name:        its name
    """

    merchant_id: strawberry.ID
    code: str
    name: str


@object_type
class TerminalCreated:
    """The merchant can name the till.

    terminal: the till
    """

    terminal: Terminal


async def create_terminal(info: Info, asked: Annotated[CreateTerminalInput, INPUT]) -> object:
    """Register a till. Its code makes it unique, so no key is needed."""
    row = await info.context.change(
        terminal.create_terminal, merchant_id=uuid_of(MERCHANT, asked.merchant_id), code=asked.code, name=asked.name
    )
    return TerminalCreated(terminal=terminal_of(row))


@input_type
class CloseTerminalInput:
    """A till to close.

    terminal_id: the till
    """

    terminal_id: strawberry.ID


@object_type
class TerminalClosed:
    """The till does nothing more; what it did stays.

    terminal: the till
    """

    terminal: Terminal


async def close_terminal(info: Info, asked: Annotated[CloseTerminalInput, INPUT]) -> object:
    """Let a till do nothing more."""
    row = await info.context.change(terminal.close_terminal, terminal_id=uuid_of(TERMINAL, asked.terminal_id))
    return TerminalClosed(terminal=terminal_of(row))


_CODE = RefusalCode
_MANAGE = requires(Scope.MERCHANT_MANAGE, cost=10)

CREATE_TERMINAL = mutation(
    create_terminal,
    _MANAGE,
    succeeds=TerminalCreated,
    refusals=(*EVERY_REQUEST, _CODE.MERCHANT_NOT_FOUND, _CODE.MERCHANT_CLOSED, _CODE.CODE_TAKEN),
)
CLOSE_TERMINAL = mutation(
    close_terminal,
    _MANAGE,
    succeeds=TerminalClosed,
    refusals=(*EVERY_REQUEST, _CODE.TERMINAL_NOT_FOUND, _CODE.TERMINAL_CLOSED),
)
