"""Finding what must be locked by now: a look before queueing may have been too narrow, and is then taken again."""

from uuid import UUID

from ledger.book.account import Account
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.engine.unit import WrongKeys


def locked_account(state: State, account_id: UUID) -> Account | None:
    """The account's row, None where there is none; WrongKeys where it is not locked."""
    if not state.is_loaded(ACCOUNTS.key(account_id)):
        raise WrongKeys(account_id)
    return state.find(ACCOUNTS, account_id)
