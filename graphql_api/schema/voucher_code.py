"""A voucher's code as its owner's app shows it: text and QR, with the suffix of the moment where the template asks for it."""

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import segno

from graphql_api.field_rules import any_caller
from graphql_api.schema.context import Context
from graphql_api.schema.descriptions import field, object_type
from ledger.vouchers.code import open_code
from ledger.vouchers.dynamic_code import STEP_SECONDS, SUFFIX_MARK, suffix_at
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.voucher_query import VoucherView

_BORDER: Final = 4
"""Modules of quiet zone, as ISO/IEC 18004 asks for."""


@object_type
class VoucherCode:
    """What the app shows at a till.

    text:       what is typed
    refresh_at: when to ask again, because the suffix is over; null where it has none
    """

    text: str
    refresh_at: datetime | None

    # Drawing one takes four milliseconds.
    @field(any_caller(cost=80))
    async def qr_svg(self) -> str:
        """The same as a QR code, in SVG."""
        return await asyncio.to_thread(_draw, self.text)


def code_of(context: Context, view: VoucherView) -> VoucherCode:
    """The code. The caller must be its owner."""
    sealer = context.ledger.sealer
    text = open_code(view.code, sealer)
    if not parse_body(view.body).needs_dynamic_code:
        return VoucherCode(text=text, refresh_at=None)
    now = datetime.now(UTC)
    shown = f"{text}{SUFFIX_MARK}{suffix_at(view.code.hash, sealer, now)}"
    seconds = STEP_SECONDS - now.timestamp() % STEP_SECONDS
    return VoucherCode(text=shown, refresh_at=now + timedelta(seconds=seconds))


def _draw(text: str) -> str:
    """The text as a QR code that survives a scratch (15 % of it may be lost)."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=_BORDER)
    return drawn.getvalue().decode()
