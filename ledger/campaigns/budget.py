"""Budgets: what a campaign may still spend on one asset, as a guarded account of the programme (semantics 6.2, 6.5).

A budget has an asset of its own, counted in the units of the asset it pays for. Money comes in from issuance; an award
moves it to `spent`, a refund moves it back. A frozen account stops awards exactly, since whoever awards has locked it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from ledger.book.account import Account, Role, account_id, open_account
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import AccountId, AssetId, ProgrammeId, computed_id
from ledger.campaigns.rows import campaign_id
from ledger.engine import tables
from ledger.engine.command import Command, command_class
from ledger.engine.journal import post
from ledger.engine.locked import locked_account
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State
from ledger.points.command import require_amount, require_room
from ledger.programme.tables import ASSETS

O = TypeVar("O")  # noqa: E741 - the reply


def budget_asset_code(campaign: str, asset: str) -> str:
    """The code of the asset in which a campaign's budget for `asset` is counted; other assets' codes have no colon, or
    begin otherwise.
    """
    return f"budget:{campaign}:{asset}"


def budget_asset_id(campaign: UUID, asset: str) -> AssetId:
    """The id of the asset in which a campaign's budget for `asset` is counted."""
    return AssetId(computed_id(b"budget-asset", campaign.bytes + asset.encode()))


def budget_account_id(programme_id: UUID, campaign: UUID, asset: str) -> AccountId:
    """The account whose lock decides who gets the last of the budget."""
    return account_id(programme_id, budget_asset_id(campaign, asset), Role.BUDGET)


def select_budgets(*columns: ColumnElement[Any]) -> Select[tuple[Any, ...]]:
    """Columns of the account and the asset of every budget that a version of a campaign ever had.

    Asked for by `programme_id` and `prefix`: `budget_asset_code` of no asset.
    """
    return (
        select(*columns)
        .select_from(tables.ACCOUNTS.join(ASSETS, ASSETS.c.id == tables.ACCOUNTS.c.asset_id))
        .where(
            tables.ACCOUNTS.c.holder_id == bindparam("programme_id"),
            tables.ACCOUNTS.c.role == Role.BUDGET,
            func.starts_with(ASSETS.c.code, bindparam("prefix")),
        )
    )


def locked_budget(state: State, programme_id: UUID, campaign: UUID, asset: str) -> Account:
    """The budget's account; WrongKeys where it is not locked, CAMPAIGN_NOT_FOUND where there is none."""
    id_ = budget_account_id(programme_id, campaign, asset)
    account = locked_account(state, id_)
    if account is None:
        raise Refusal(RefusalCode.CAMPAIGN_NOT_FOUND)
    return account


def open_of_budget(budget: Account, role: Role) -> Account:
    """The open account of the budget's asset in that role."""
    return open_account(budget.programme_id, budget.programme_id, budget.asset_id, role)


@reply
class BudgetReceipt:
    """What came into a budget and what may be spent now."""

    entry_id: UUID
    campaign_id: UUID
    asset: str
    amount: int
    left: int
    posted_at: datetime


@command_class
class BudgetCommand(Command[O]):
    """What adds to a campaign's budget, or asks for it: `amount` more for `asset`."""

    campaign: str
    asset: str
    amount: int

    def fields(self) -> Mapping[str, object]:
        """The budget and how much."""
        return {"campaign": self.campaign, "asset": self.asset, "amount": self.amount}

    def require_input(self) -> None:
        """INVALID_INPUT where the amount is none."""
        require_amount(self.amount)

    @property
    def campaign_id(self) -> UUID:
        """The campaign's id."""
        return campaign_id(self.actor.programme_id, self.campaign)

    def footprint(self) -> Sequence[Key]:
        """The budget's account, locked."""
        return [ACCOUNTS.key(budget_account_id(self.actor.programme_id, self.campaign_id, self.asset))]

    def locked_budget(self, state: State) -> Account:
        """The account. CAMPAIGN_NOT_FOUND, also where the campaign has no such budget."""
        return locked_budget(state, self.actor.programme_id, self.campaign_id, self.asset)


@command_class
class TopUpBudget(BudgetCommand[BudgetReceipt]):
    """Puts `amount` more into a campaign's budget for `asset`, in whatever state the campaign is.

    `replay_at` is obeyed under a replay clock only.
    """

    kind: ClassVar[str] = "campaign_budget"
    reply: ClassVar[type] = BudgetReceipt

    replay_at: datetime | None = None

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {**BudgetCommand.fields(self), "reference": self.reference}

    def decide(self, state: State, now: datetime) -> BudgetReceipt:
        """Refused with CAMPAIGN_NOT_FOUND (also where it has no such budget), BALANCE_LIMIT_EXCEEDED."""
        budget = self.locked_budget(state)
        require_room(budget, self.amount)
        draft = self.new_draft(state, now, self.amount, asset_id=budget.asset_id)
        draft.move(open_of_budget(budget, Role.ISSUANCE), budget, self.amount)
        post(state, draft, self.actor)
        return BudgetReceipt(
            entry_id=draft.entry.id,
            campaign_id=self.campaign_id,
            asset=self.asset,
            amount=self.amount,
            left=budget.posted + self.amount,
            posted_at=now,
        )


def new_budget(programme_id: ProgrammeId, campaign: UUID, asset: str) -> Account:
    """The account of a new, empty budget."""
    return open_account(programme_id, programme_id, budget_asset_id(campaign, asset), Role.BUDGET)
