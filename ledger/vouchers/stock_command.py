"""What commands that put more into a template's stock share."""

from typing import TypeVar
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.engine.command import Command, command_class
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.vouchers.rows import TEMPLATES, Template
from ledger.vouchers.stock import stock_account_id
from ledger.vouchers.template_body import Stock
from ledger.vouchers.voucher import template_id, voucher_asset_id

O = TypeVar("O")  # noqa: E741 - the reply


@command_class
class StockCommand(Command[O]):
    """Puts more into the stock of the template with the code `template`, live or not."""

    template: str

    @property
    def template_id(self) -> UUID:
        """The template's id."""
        return template_id(self.actor.programme_id, self.template)

    def stock_key(self) -> Key:
        """The stock account, locked."""
        programme_id = self.actor.programme_id
        return ACCOUNTS.key(stock_account_id(programme_id, voucher_asset_id(programme_id, self.template)))

    def require_template(self, state: State, stock: Stock) -> Template:
        """The template, whose stock is of that kind. TEMPLATE_NOT_FOUND; INVALID_INPUT where it is of another."""
        template = state.find(TEMPLATES, self.template_id)
        if template is None:
            raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
        if template.stock != stock:
            refuse_input("template")
        return template
