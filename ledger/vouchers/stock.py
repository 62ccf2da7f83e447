"""Stock: how many of a template are left, what comes in, and taking one (semantics 5.1, 5.2).

The stock account is guarded: its row's lock decides who gets the last piece. Imported codes are dealt under the same
lock, in the order in which they came.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, assert_never
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from ledger.book.account import Account, Role, account_id, open_account
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AccountId, InvariantViolated, computed_id
from ledger.engine import tables as book
from ledger.engine.locked import locked_account
from ledger.engine.reader import Query, Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.engine.unit import AnyCommand
from ledger.vouchers import tables
from ledger.vouchers.code import SealedCode
from ledger.vouchers.rows import IMPORTED_CODES, TEMPLATE_VERSIONS, VOUCHER_STOCKS, Template
from ledger.vouchers.template_body import Price, Stock
from ledger.vouchers.template_text import parse_body

_READ_AHEAD: Final = 64


def stock_account_id(programme_id: UUID, asset_id: UUID) -> AccountId:
    """The account of what is left, whose row's lock decides."""
    return account_id(programme_id, asset_id, Role.STOCK)


def imported_code_id(template: UUID, position: int) -> UUID:
    """The id of the code that came as the `position`th, from 1."""
    return computed_id(b"imported-code", template.bytes + position.to_bytes(8))


# -- looking before queueing -------------------------------------------------------------------------------------------


class StockSeen(NamedTuple):
    """What a look without a lock saw: where vouchers come from, how many units were left, what a claim costs."""

    stock: Stock
    units: int
    price: Price | None


_SEEN = Query(
    select(tables.TEMPLATES.c.id, tables.TEMPLATES.c.stock, book.ACCOUNTS.c.posted, tables.TEMPLATE_VERSIONS.c.body)
    .join(tables.TEMPLATE_VERSIONS, tables.TEMPLATE_VERSIONS.c.id == tables.TEMPLATES.c.current_version_id)
    .join(
        book.ACCOUNTS,
        (book.ACCOUNTS.c.holder_id == tables.TEMPLATES.c.programme_id)
        & (book.ACCOUNTS.c.asset_id == tables.TEMPLATES.c.asset_id)
        & (book.ACCOUNTS.c.role == Role.STOCK),
    )
    .where(tables.TEMPLATES.c.id == any_(bindparam("asked", type_=ARRAY(Uuid))))
)


async def see_stock(reader: Reader, template: UUID) -> StockSeen | None:
    """The template's stock at the moment of the look; None where there is no such template."""
    row = await reader.look_up(_SEEN, template)
    return None if row is None else _as_seen(row["stock"], row["posted"], row["body"])


@lru_cache(maxsize=256)
def _as_seen(stock: str, units: int, body: str) -> StockSeen:
    """Whoever looked at one moment saw the same."""
    return StockSeen(Stock(stock), units, parse_body(body).price)


# -- taking ------------------------------------------------------------------------------------------------------------


def stock_keys(programme_id: UUID, template: UUID, asset_id: UUID, stock: Stock) -> list[Key]:
    """What is locked and read to take a piece."""
    locked = ACCOUNTS.key(stock_account_id(programme_id, asset_id))
    match stock:
        case Stock.UNLIMITED:
            return []
        case Stock.LIMITED:
            return [locked]
        case Stock.IMPORTED:
            return [locked, VOUCHER_STOCKS.key(template)]
        case _:
            assert_never(stock)


def next_codes(state: State, template: UUID) -> list[Key]:
    """The codes that the next of a batch will be dealt, so that they are read at once."""
    stocks = state.peek(VOUCHER_STOCKS, template)
    if not stocks:
        return []
    first, last = stocks[0].dealt + 1, min(stocks[0].dealt + _READ_AHEAD, stocks[0].imported)
    return [IMPORTED_CODES.key(imported_code_id(template, position)) for position in range(first, last + 1)]


def source_of(state: State, template: Template, units: int) -> Account:
    """The account from which `units` are taken. OUT_OF_STOCK; WrongKeys where its row is not locked."""
    if template.stock == Stock.UNLIMITED:
        return open_account(template.programme_id, template.programme_id, template.asset_id, Role.ISSUANCE)
    account = locked_stock(state, template)
    if account.posted < units:
        raise Refusal(RefusalCode.OUT_OF_STOCK)
    return account


def locked_stock(state: State, template: Template) -> Account:
    """The stock account's row; WrongKeys where it is not locked."""
    id_ = stock_account_id(template.programme_id, template.asset_id)
    account = locked_account(state, id_)
    if account is None:
        raise InvariantViolated(f"template {template.id} has no stock account")
    return account


def deal_imported(state: State, template: Template, voucher_id: UUID) -> SealedCode:
    """The next of the partner's codes goes to the voucher."""
    stock = state.find(VOUCHER_STOCKS, template.id)
    code = None if stock is None else state.find(IMPORTED_CODES, imported_code_id(template.id, stock.dealt + 1))
    if stock is None or code is None or code.voucher_id is not None:
        raise InvariantViolated(f"template {template.id} has stock without a code")
    state.put(VOUCHER_STOCKS, stock._replace(dealt=stock.dealt + 1))
    state.put(IMPORTED_CODES, code._replace(voucher_id=voucher_id))
    return SealedCode(code.code_hash, code.code_sealed)


# -- coming in ---------------------------------------------------------------------------------------------------------


def units_of_piece(state: State, template: Template) -> int:
    """The units of one voucher; they do not change while there is a stock."""
    version = state.find(TEMPLATE_VERSIONS, template.current_version_id)
    if version is None:
        raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
    return parse_body(version.body).units


def stock_draft(command: AnyCommand, state: State, template: Template, units: int, now: datetime) -> Draft:
    """A draft by which `units` come from issuance into the template's stock."""
    draft = command.new_draft(state, now, units, asset_id=template.asset_id)
    issuance = open_account(template.programme_id, template.programme_id, template.asset_id, Role.ISSUANCE)
    draft.move(issuance, locked_stock(state, template), units)
    return draft
