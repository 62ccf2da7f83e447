"""Forfeiting: what is in a wallet goes to breakage, because its member leaves (semantics 2.7)."""

from ledger.book.account import Role
from ledger.book.draft import Draft
from ledger.book.entry import DrawKind
from ledger.points.wallet import Wallet


def is_empty(wallet: Wallet) -> bool:
    """Whether nothing is posted, held, pending or owed."""
    account = wallet.account
    return not (account.posted or account.held or wallet.pending_account.posted or wallet.owed or wallet.holds)


def worth(wallet: Wallet) -> int:
    """What a forfeit takes: posted and pending."""
    return wallet.account.posted + wallet.pending_account.posted


def forfeit(wallet: Wallet, draft: Draft) -> None:
    """Posts everything away: the lots of wallet and pending to breakage, the debt against issuance."""
    breakage, pending, owed = wallet.system_account(Role.BREAKAGE), wallet.pending_account, wallet.owed
    for account, lots in ((wallet.account, wallet.lots), (pending, wallet.pending_lots)):
        if account.posted:
            draft.move(account, breakage, account.posted)
        for lot in lots:
            draft.draw(lot, DrawKind.TAKE, lot.remaining)
    if owed:
        draft.move(wallet.system_account(Role.ISSUANCE), wallet.owed_account, owed)
        draft.change(wallet.account, owing=False)
