"""A campaign through its states: started, paused, resumed, ended. Its approval stands in `submit.py`.

Pausing freezes its budgets: an award that has locked one comes before the pause, any other finds it frozen. Every move
is a step that late activities look up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final, Self
from uuid import UUID

from ledger.book.account import AccountState
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import InvariantViolated
from ledger.campaigns.budget import budget_account_id, budget_asset_code, select_budgets
from ledger.campaigns.campaign import CampaignState
from ledger.campaigns.campaign_terms import terms_of
from ledger.campaigns.rows import (
    CAMPAIGN_STEPS,
    CAMPAIGN_VERSIONS,
    CAMPAIGNS_LOCKED,
    Campaign,
    CampaignStep,
    campaign_id,
    step_id,
    version_id,
)
from ledger.engine import tables
from ledger.engine.command import Command, command_class, event_by
from ledger.engine.journal import post
from ledger.engine.locked import locked_account
from ledger.engine.reader import Query, Reader
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS
from ledger.engine.state import State

_BUDGETS = Query(select_budgets(tables.ACCOUNTS.c.id))

MOVED: Final = "campaign_moved"
"""The type of the audit events of campaigns and their steps; frozen budgets have an entry of the command's kind."""


@reply
class CampaignMoved:
    """The state of a campaign from now on; `approval_id` where somebody else must agree first, `entry_id` where budgets
    were frozen or freed.
    """

    campaign_id: UUID
    state: str
    number: int
    moved_at: datetime
    approval_id: UUID | None = None
    entry_id: UUID | None = None


@command_class
class CampaignCommand(Command[CampaignMoved]):
    """What all moves share. `replay_at` is obeyed under a replay clock only, so that a campaign ran in the past."""

    reply: ClassVar[type] = CampaignMoved
    allowed: ClassVar[frozenset[CampaignState]]

    campaign: str
    replay_at: datetime | None = None

    @property
    def campaign_id(self) -> UUID:
        """The campaign's id."""
        return campaign_id(self.actor.programme_id, self.campaign)

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named."""
        return {"campaign": self.campaign}

    def footprint(self) -> Sequence[Key]:
        """The campaign's row, locked."""
        return [CAMPAIGNS_LOCKED.key(self.campaign_id)]

    def require_campaign(self, state: State) -> Campaign:
        """The campaign in a state that this may move. CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE."""
        campaign = state.find(CAMPAIGNS_LOCKED, self.campaign_id)
        if campaign is None:
            raise Refusal(RefusalCode.CAMPAIGN_NOT_FOUND)
        if campaign.state not in self.allowed:
            raise Refusal(RefusalCode.CAMPAIGN_STATE, state=campaign.state)
        return campaign

    def move(
        self,
        state: State,
        campaign: Campaign,
        to: CampaignState,
        now: datetime,
        *,
        current_version_id: UUID | None = None,
    ) -> Campaign:
        """Writes the campaign in its new state, under a new version if one is given, and the step."""
        moved = campaign._replace(
            state=to,
            current_version_id=current_version_id or campaign.current_version_id,
            since=now,
            steps=campaign.steps + 1,
            version=campaign.version + 1,
        )
        state.put(CAMPAIGNS_LOCKED, moved)
        step = CampaignStep(
            step_id(moved.id, moved.steps),
            moved.id,
            moved.programme_id,
            moved.steps,
            to,
            moved.current_version_id,
            now,
        )
        state.add(CAMPAIGN_STEPS, step)
        self._tell(state, moved, (moved.id, moved.version), now)
        self._tell(state, moved, (step.id, 1), now)
        return moved

    def _tell(self, state: State, moved: Campaign, stream: tuple[UUID, int], now: datetime) -> None:
        told = {"code": moved.code, "state": moved.state}
        told |= {} if moved.current_version_id is None else {"version": str(moved.current_version_id)}
        state.emit(event_by(self.actor, MOVED, state, now, stream=stream, facts=told))


def told(
    campaign: Campaign, number: int, now: datetime, *, approval_id: UUID | None = None, entry_id: UUID | None = None
) -> CampaignMoved:
    """The reply; `number` is the version that was moved or is the newest."""
    return CampaignMoved(
        campaign_id=campaign.id,
        state=campaign.state,
        number=number,
        moved_at=now,
        approval_id=approval_id,
        entry_id=entry_id,
    )


@command_class
class BudgetedMove(CampaignCommand):
    """A move that finds every budget of the campaign locked, and frozen or not as it leaves them."""

    to: ClassVar[CampaignState]
    budgets_are: ClassVar[AccountState]

    budgets: tuple[UUID, ...] = ()

    async def find(self, reader: Reader) -> Self:
        """The campaign's budgets."""
        asked = {"programme_id": self.actor.programme_id, "prefix": budget_asset_code(self.campaign, "")}
        return replace(self, budgets=tuple(row["id"] for row in await reader.rows(_BUDGETS, asked)))

    def footprint(self) -> Sequence[Key]:
        """The campaign's row and its budgets, locked."""
        return [*CampaignCommand.footprint(self), *(ACCOUNTS.key(budget) for budget in self.budgets)]

    def decide(self, state: State, now: datetime) -> CampaignMoved:
        """Refused with CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE."""
        campaign = self.require_campaign(state)
        draft = self.new_draft(state, now)
        for id_ in sorted({*self.budgets, *_budgets_of(state, campaign)}):
            account = locked_account(state, id_)
            if account is None:
                raise InvariantViolated(f"campaign {campaign.id} has no budget {id_}")
            draft.change(account, state=self.budgets_are)
        if draft.accounts:
            post(state, draft, self.actor)
        moved = self.move(state, campaign, self.to, now)
        entry_id = draft.entry.id if draft.accounts else None
        return told(moved, moved.latest_number, now, entry_id=entry_id)


def _budgets_of(state: State, campaign: Campaign) -> list[UUID]:
    """The budgets of the newest version, which may be younger than the look before queueing."""
    version = state.find(CAMPAIGN_VERSIONS, version_id(campaign.id, campaign.latest_number))
    if version is None:
        raise InvariantViolated(f"campaign {campaign.id} has no version {campaign.latest_number}")
    codes = terms_of(version.body).body.budgets
    return [budget_account_id(campaign.programme_id, campaign.id, code) for code in codes]


@command_class
class StartCampaign(BudgetedMove):
    """An approved or paused campaign runs from now on."""

    kind: ClassVar[str] = "campaign_start"
    allowed: ClassVar[frozenset[CampaignState]] = frozenset({CampaignState.APPROVED, CampaignState.PAUSED})
    to: ClassVar[CampaignState] = CampaignState.RUNNING
    budgets_are: ClassVar[AccountState] = AccountState.OPEN


@command_class
class PauseCampaign(BudgetedMove):
    """The kill switch: a running campaign awards nothing from now on, by its frozen budgets too."""

    kind: ClassVar[str] = "campaign_pause"
    allowed: ClassVar[frozenset[CampaignState]] = frozenset({CampaignState.RUNNING})
    to: ClassVar[CampaignState] = CampaignState.PAUSED
    budgets_are: ClassVar[AccountState] = AccountState.FROZEN


@command_class
class EndCampaign(CampaignCommand):
    """No activity that occurs from now on is looked at; late ones still are, unless the campaign was paused."""

    kind: ClassVar[str] = "campaign_end"
    allowed: ClassVar[frozenset[CampaignState]] = frozenset(
        {CampaignState.APPROVED, CampaignState.RUNNING, CampaignState.PAUSED}
    )

    def decide(self, state: State, now: datetime) -> CampaignMoved:
        """Refused with CAMPAIGN_NOT_FOUND, CAMPAIGN_STATE. Budgets stay as they are, frozen or not."""
        moved = self.move(state, self.require_campaign(state), CampaignState.ENDED, now)
        return told(moved, moved.latest_number, now)
