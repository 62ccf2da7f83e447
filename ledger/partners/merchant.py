"""Which merchants may be named: those of the actor's programme, open ones where something begins with them, and by a
merchant itself only.
"""

from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode
from ledger.engine.command import Actor
from ledger.engine.reader import Record
from ledger.engine.state import State
from ledger.partners.rows import MERCHANTS, Merchant, MerchantState


def require_merchant(state: State, merchant_id: UUID, programme_id: UUID) -> Merchant:
    """The programme's merchant in whatever state. MERCHANT_NOT_FOUND, also where it is another programme's."""
    merchant = state.find(MERCHANTS, merchant_id)
    if merchant is None or merchant.programme_id != programme_id:
        raise Refusal(RefusalCode.MERCHANT_NOT_FOUND)
    return merchant


def is_another_merchants(actor: Actor, merchant_id: UUID | None) -> bool:
    """Whether a merchant acts on what belongs to another one, or to the bank; the bank's own callers may act on all."""
    return actor.kind == "merchant" and actor.id != str(merchant_id)


def require_open_row(merchant: Record | None) -> Record:
    """The merchant's row as a registry change found it in the programme. MERCHANT_NOT_FOUND, MERCHANT_CLOSED."""
    if merchant is None:
        raise Refusal(RefusalCode.MERCHANT_NOT_FOUND)
    if merchant["state"] != MerchantState.OPEN:
        raise Refusal(RefusalCode.MERCHANT_CLOSED)
    return merchant
