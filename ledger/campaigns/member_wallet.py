"""The wallets that awards move points into and out of."""

from datetime import datetime
from uuid import UUID

from ledger.engine.locked import locked_account
from ledger.engine.state import State
from ledger.points.due import settle_due
from ledger.points.wallet import Wallet, wallet_ids
from ledger.programme.rows import ASSETS, Programme


def open_wallet(state: State, programme: Programme, member_id: UUID, asset_id: UUID, now: datetime) -> Wallet | None:
    """The member's wallet with everything due posted; None where it or the asset is missing. WrongKeys where it is not
    locked.
    """
    ids = wallet_ids(member_id, asset_id)
    account, asset = locked_account(state, ids.wallet), state.find(ASSETS, asset_id)
    if account is None or asset is None:
        return None
    wallet = Wallet(state, programme, asset, ids)
    settle_due(wallet, now)
    return wallet
