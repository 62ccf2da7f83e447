"""Registering partners and their merchants, and closing merchants."""

from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.shelves import Holder
from ledger.engine.tables import HOLDERS
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.partners.merchant import require_open_row
from ledger.partners.rows import Merchant, MerchantState, Partner
from ledger.partners.tables import MERCHANTS, PARTNERS
from ledger.programme.input_rules import require_code, require_name
from ledger.programme.registry_change import registry_change

_MERCHANT_COLUMNS = [MERCHANTS.c[name] for name in Merchant._fields]
_INSERT_PARTNER = Query(insert(PARTNERS))
_INSERT_HOLDER = Query(insert(HOLDERS))
_INSERT_MERCHANT = Query(insert(MERCHANTS))
_PARTNER = Query(
    select(PARTNERS.c.id).where(
        PARTNERS.c.id == bindparam("partner_id"), PARTNERS.c.programme_id == bindparam("programme_id")
    )
)
_MERCHANT_OF = (MERCHANTS.c.id == bindparam("merchant_id")) & (MERCHANTS.c.programme_id == bindparam("of_programme"))
_LOCK_MERCHANT = Query(select(*_MERCHANT_COLUMNS).where(_MERCHANT_OF).with_for_update(key_share=True))
_CLOSE_MERCHANT = Query(
    update(MERCHANTS)
    .where(_MERCHANT_OF)
    .values({"state": MerchantState.CLOSED.value, "version": MERCHANTS.c.version + 1})
    .returning(*_MERCHANT_COLUMNS)
)


async def create_partner(units: UnitsOfWork, actor: Actor, *, code: str, name: str) -> Partner:
    """A new partner of the actor's programme. INVALID_INPUT, CODE_TAKEN, PROGRAMME_NOT_FOUND."""
    async with registry_change(units, actor, "partner_created") as change:
        require_code(code)
        require_name(name)
        programme_id = ProgrammeId(actor.programme_id)
        partner = Partner(id=change.new_id(), programme_id=programme_id, code=code, name=name, version=1)
        await change.insert(_INSERT_PARTNER, partner)
        change.record(partner.id, facts={"code": code, "name": name})
    return partner


async def create_merchant(units: UnitsOfWork, actor: Actor, *, partner_id: UUID, code: str, name: str) -> Merchant:
    """A new shop of a partner, which can hold points. INVALID_INPUT, PARTNER_NOT_FOUND, CODE_TAKEN."""
    async with registry_change(units, actor, "merchant_created") as change:
        require_code(code)
        require_name(name)
        programme_id = ProgrammeId(actor.programme_id)
        if await change.row(_PARTNER, {"partner_id": partner_id, "programme_id": programme_id}) is None:
            raise Refusal(RefusalCode.PARTNER_NOT_FOUND)
        id_ = change.new_id()
        merchant = Merchant(
            id=id_,
            programme_id=programme_id,
            partner_id=partner_id,
            code=code,
            name=name,
            state=MerchantState.OPEN,
            version=1,
        )
        await change.insert(
            _INSERT_HOLDER, Holder(id=id_, programme_id=programme_id, kind="merchant", state=AccountState.OPEN)
        )
        await change.insert(_INSERT_MERCHANT, merchant)
        change.record(id_, facts={"code": code, "name": name, "partner": str(partner_id)})
    return merchant


async def close_merchant(units: UnitsOfWork, actor: Actor, *, merchant_id: UUID) -> Merchant:
    """The merchant does nothing more: its credentials are useless at once, what it holds stays to be settled.

    MERCHANT_NOT_FOUND, MERCHANT_CLOSED.
    """
    found = {"merchant_id": merchant_id, "of_programme": actor.programme_id}
    async with registry_change(units, actor, "merchant_closed") as change:
        before = require_open_row(await change.row(_LOCK_MERCHANT, found))
        merchant = Merchant(*(await change.row(_CLOSE_MERCHANT, found) or before))
        change.record(merchant.id, version=merchant.version)
    return merchant
