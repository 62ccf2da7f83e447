"""Terminals: a shop's tills, registered and closed. What a till did stays; a closed one does nothing more."""

from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import ProgrammeId
from ledger.engine.command import Actor
from ledger.engine.reader import Query
from ledger.engine.unit_of_work import UnitsOfWork
from ledger.partners.merchant import require_open_row
from ledger.partners.rows import MerchantState, Terminal, terminal_id
from ledger.partners.tables import MERCHANTS, TERMINALS
from ledger.programme.input_rules import require_code, require_name
from ledger.programme.registry_change import registry_change

_COLUMNS = [TERMINALS.c[name] for name in Terminal._fields]
_THIS = (TERMINALS.c.id == bindparam("terminal_id")) & (TERMINALS.c.programme_id == bindparam("of_programme"))
_INSERT = Query(insert(TERMINALS))
_LOCK = Query(select(*_COLUMNS).where(_THIS).with_for_update(key_share=True))
_CLOSE = Query(
    update(TERMINALS)
    .where(_THIS)
    .values({"state": MerchantState.CLOSED.value, "version": TERMINALS.c.version + 1})
    .returning(*_COLUMNS)
)
_LOCK_MERCHANT = Query(
    select(MERCHANTS.c.state)
    .where(MERCHANTS.c.id == bindparam("merchant_id"), MERCHANTS.c.programme_id == bindparam("of_programme"))
    .with_for_update(key_share=True, read=True)
)


async def create_terminal(units: UnitsOfWork, actor: Actor, *, merchant_id: UUID, code: str, name: str) -> Terminal:
    """A new till of a shop. INVALID_INPUT, MERCHANT_NOT_FOUND, MERCHANT_CLOSED, CODE_TAKEN."""
    async with registry_change(units, actor, "terminal_created") as change:
        require_code(code)
        require_name(name)
        asked = {"merchant_id": merchant_id, "of_programme": actor.programme_id}
        require_open_row(await change.row(_LOCK_MERCHANT, asked))
        terminal = Terminal(
            id=terminal_id(merchant_id, code),
            programme_id=ProgrammeId(actor.programme_id),
            merchant_id=merchant_id,
            code=code,
            name=name,
            state=MerchantState.OPEN,
            version=1,
        )
        await change.insert(_INSERT, terminal)
        change.record(terminal.id, facts={"code": code, "name": name, "merchant": str(merchant_id)})
    return terminal


async def close_terminal(units: UnitsOfWork, actor: Actor, *, terminal_id: UUID) -> Terminal:
    """The till does nothing more. TERMINAL_NOT_FOUND, TERMINAL_CLOSED."""
    found = {"terminal_id": terminal_id, "of_programme": actor.programme_id}
    async with registry_change(units, actor, "terminal_closed") as change:
        before = await change.row(_LOCK, found)
        if before is None:
            raise Refusal(RefusalCode.TERMINAL_NOT_FOUND)
        if before["state"] != MerchantState.OPEN:
            raise Refusal(RefusalCode.TERMINAL_CLOSED)
        terminal = Terminal(*(await change.row(_CLOSE, found) or before))
        change.record(terminal.id, version=terminal.version)
    return terminal
