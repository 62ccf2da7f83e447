"""Single-use vouchers in a book under test: what the benchmarks of redemption use up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from benchmarks.book_under_test import LIST, LISTS_AT_ONCE, BookUnderTest
from ledger.programme.setup import create_asset
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.template_body import FixedDiscount, Stock, TemplateBody, Validity
from ledger.vouchers.top_up import TopUpStock

MONEY: Final = "USD"
ONCE: Final = "ONCE"
BODY: Final = TemplateBody(
    gives=FixedDiscount(amount_minor=500), validity=Validity(expiry="30 days"), money_asset=MONEY, is_claimable=True
)
"""Five off, once."""


class OutOfVouchers(Exception):
    """More was redeemed than was issued for it: the bound on the rate is too low for this machine."""


@dataclass(slots=True, kw_only=True)
class VouchersUnderTest:
    """The members' vouchers in the order in which they were issued; `taken` of them are used up."""

    book: BookUnderTest
    codes: list[SealedCode] = field(default_factory=list)
    taken: int = 0

    async def issue(self, count: int) -> None:
        """Gives so many more, to the members in turn."""
        lists = [range(begin, min(begin + LIST, count)) for begin in range(0, count, LIST)]
        for begin in range(0, len(lists), LISTS_AT_ONCE):
            for codes in await asyncio.gather(*map(self._issue, lists[begin : begin + LISTS_AT_ONCE])):
                self.codes += codes

    def take(self) -> SealedCode:
        """The next one that nobody used."""
        if self.taken == len(self.codes):
            raise OutOfVouchers(f"All {self.taken:,} vouchers are used up.")
        self.taken += 1
        return self.codes[self.taken - 1]

    async def _issue(self, numbers: Sequence[int]) -> list[SealedCode]:
        book, application = self.book, self.book.application
        codes = [deal_code(os.urandom, application.sealer, book.till.programme_id) for _ in numbers]
        commands = [
            IssueVoucher(
                actor=book.till,
                key=book.new_key(),
                member_id=book.members[number % len(book.members)],
                template=ONCE,
                deal=partial(SealedCode, *code),
            )
            for number, code in zip(numbers, codes, strict=True)
        ]
        for outcome in await book.engine.execute_list(commands):
            outcome.unwrap()
        return codes


async def lay_vouchers(book: BookUnderTest) -> VouchersUnderTest:
    """The money, and a live template of single-use vouchers; none is issued yet."""
    units = book.application.units
    await create_asset(units, book.till, code=MONEY, kind="money")
    await create_template(units, book.till, code=ONCE, body=BODY)
    await publish_template(units, book.till, code=ONCE)
    return VouchersUnderTest(book=book)


async def lay_stock(book: BookUnderTest, *, template: str, pieces: int) -> None:
    """A live template with so many pieces in stock, which members may claim at no cost."""
    units = book.application.units
    body = TemplateBody(
        gives=BODY.gives, validity=BODY.validity, money_asset=MONEY, is_claimable=True, stock=Stock.LIMITED
    )
    await create_template(units, book.till, code=template, body=body)
    await publish_template(units, book.till, code=template)
    top_up = TopUpStock(actor=book.till, key=book.new_key(), template=template, pieces=pieces)
    (await book.engine.execute(top_up)).unwrap()
