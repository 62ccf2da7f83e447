"""Points to money: rates as rational pairs, versioned in time; everything rounds down (semantics 4.5, 4.12)."""

from uuid import UUID

from ledger.book.account import Account, Role, open_account
from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AMOUNT_MAX
from ledger.points.wallet import Wallet
from ledger.programme.rows import RATES, Rate


def money_of(points: int, rate: Rate) -> int:
    """What `points` are worth in minor units."""
    return points * rate.minor // rate.points


def points_within(due_minor: int, rate: Rate) -> int:
    """The most points whose worth does not exceed `due_minor`."""
    return due_minor * rate.points // rate.minor


def require_payable(points: int, rate: Rate) -> None:
    """AMOUNT_TOO_LARGE where the points are worth more than 10^15, which no posting moves."""
    if money_of(points, rate) > AMOUNT_MAX:
        raise Refusal(RefusalCode.AMOUNT_TOO_LARGE, limit=points_within(AMOUNT_MAX, rate))


def rates_of(wallet: Wallet) -> list[Rate]:
    """Every rate the asset ever had."""
    return wallet.state.rows(RATES, wallet.asset.id)


def rate_of(wallet: Wallet, rate_id: UUID) -> Rate:
    """The rate version that an entry names."""
    return next(rate for rate in rates_of(wallet) if rate.id == rate_id)


def pay_merchant(wallet: Wallet, draft: Draft, rate: Rate, merchant_id: UUID, amount_minor: int) -> None:
    """Posts the money that the bank owes the merchant for points taken; nothing where it rounds down to nothing."""
    if amount_minor:
        draft.move(funding(wallet, rate), merchant_money(wallet, rate, merchant_id), amount_minor)


def take_back(wallet: Wallet, draft: Draft, rate: Rate, merchant_id: UUID, amount_minor: int) -> None:
    """Posts back what `pay_merchant` posted."""
    if amount_minor:
        draft.move(merchant_money(wallet, rate, merchant_id), funding(wallet, rate), amount_minor)


def funding(wallet: Wallet, rate: Rate) -> Account:
    """The programme's open account that pays for points in money."""
    programme = wallet.programme.id
    return open_account(programme, programme, rate.money_asset_id, Role.FUNDING)


def merchant_money(wallet: Wallet, rate: Rate, merchant_id: UUID) -> Account:
    """The merchant's open account in money."""
    return open_account(wallet.programme.id, merchant_id, rate.money_asset_id, Role.RECEIVABLE)
