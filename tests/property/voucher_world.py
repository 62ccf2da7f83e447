"""Voucher templates as rows, and dealt codes: where the tests of the counter take place in memory."""

from random import Random
from typing import Any
from uuid import UUID

from ledger.book.account import Role, open_account
from ledger.engine.shelves import ACCOUNTS
from ledger.programme.rows import ASSETS
from ledger.vouchers.code import SealedCode, deal_code
from ledger.vouchers.rows import TEMPLATE_VERSIONS, TEMPLATES, Template, TemplateVersion
from ledger.vouchers.template_body import TemplateBody
from ledger.vouchers.template_rules import require_body
from ledger.vouchers.template_text import body_text
from ledger.vouchers.voucher import template_id, version_id, voucher_asset_code, voucher_asset_id
from tests.property.memory_book import SEALER, MemoryBook
from tests.property.world import PROGRAMME, START, terms


def add_template(book: MemoryBook, code: str, body: TemplateBody) -> UUID:
    """A live template with its asset and its empty stock; its id."""
    require_body(body)
    id_, asset_id = template_id(PROGRAMME, code), voucher_asset_id(PROGRAMME, code)
    version = TemplateVersion(version_id(id_, 1), id_, PROGRAMME, 1, body_text(body), "", START)
    template = Template(
        id=id_,
        programme_id=PROGRAMME,
        asset_id=asset_id,
        code=code,
        kind=body.kind,
        stock=body.stock,
        state="live",
        current_version_id=version.id,
        current_number=1,
        version=1,
    )
    book.add(ASSETS, terms(voucher_asset_code(code), kind="voucher"))
    book.add(ACCOUNTS, open_account(PROGRAMME, PROGRAMME, asset_id, Role.STOCK))
    book.add(TEMPLATE_VERSIONS, version)
    book.add(TEMPLATES, template)
    return id_


def dealt(random: Random) -> SealedCode:
    """A code as the ledger deals it."""
    return deal_code(random.randbytes, SEALER, PROGRAMME)


def stop_template(book: MemoryBook, id_: UUID, **changes: Any) -> None:
    """Changes the template's row without a command."""
    [template] = book.rows(TEMPLATES.table, "id", id_)
    book.change(TEMPLATES, template._replace(**changes))
