"""Topping up a limited stock: so many more pieces, from issuance (semantics 5.1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from ledger.book.refusal import refuse_input
from ledger.engine.command import command_class
from ledger.engine.journal import post
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.points.command import require_room
from ledger.vouchers.stock import locked_stock, stock_draft, units_of_piece
from ledger.vouchers.stock_command import StockCommand
from ledger.vouchers.template_body import Stock

PIECES_MAX: Final = 10**9


@reply
class StockReceipt:
    """What came into stock and what is there now, in pieces."""

    entry_id: UUID
    template_id: UUID
    pieces: int
    in_stock: int
    posted_at: datetime


@command_class
class TopUpStock(StockCommand[StockReceipt]):
    """Puts `pieces` more into a limited stock, live or not. Imported codes bring their own stock."""

    kind: ClassVar[str] = "voucher_stock"
    reply: ClassVar[type] = StockReceipt

    pieces: int

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"template": self.template, "pieces": self.pieces, "reference": self.reference}

    def require_input(self) -> None:
        """INVALID_INPUT where the pieces are none, or more than a thousand million."""
        if not 1 <= self.pieces <= PIECES_MAX:
            refuse_input("pieces")

    def footprint(self) -> Sequence[Key]:
        """The stock account, locked."""
        return [self.stock_key()]

    def decide(self, state: State, now: datetime) -> StockReceipt:
        """Refused with INVALID_INPUT where the stock is not a limited one, TEMPLATE_NOT_FOUND,
        BALANCE_LIMIT_EXCEEDED.
        """
        template = self.require_template(state, Stock.LIMITED)
        units = units_of_piece(state, template)
        require_room(locked_stock(state, template), units * self.pieces)
        draft = stock_draft(self, state, template, units * self.pieces, now)
        post(state, draft, self.actor)
        return StockReceipt(
            entry_id=draft.entry.id,
            template_id=template.id,
            pieces=self.pieces,
            in_stock=locked_stock(state, template).posted // units,
            posted_at=now,
        )
