"""How what came of an activity is told: in its receipt, which its request keeps, and in the audit log."""

from datetime import datetime
from uuid import UUID

from ledger.campaigns.offer import Skip
from ledger.campaigns.receipt import AwardLine, SkippedLine
from ledger.campaigns.rows import Award
from ledger.engine.command import Actor
from ledger.engine.ports import Event
from ledger.engine.state import State


def recorded(kind: str, actor: Actor, member_id: UUID, state: State, now: datetime) -> Event:
    """The audit event of an activity for which nothing was posted."""
    return Event(
        id=state.ids.new(),
        at=now,
        type=kind,
        accepted=True,
        code=None,
        actor=actor.client,
        client=actor.client,
        resource_id=None,
        subject_id=member_id,
        streams=(),
        request_id=state.request_id,
        facts={},
        programme_id=actor.programme_id,
    )


def award_line(award: Award) -> AwardLine:
    """A line of the receipt."""
    return AwardLine(
        award_id=award.id,
        campaign_id=award.campaign_id,
        version_id=award.version_id,
        rule=award.rule,
        asset_id=award.asset_id,
        amount=award.amount,
    )


def skipped_line(skip: Skip) -> SkippedLine:
    """A line of the receipt."""
    return SkippedLine(
        campaign=skip.of.campaign.code, version_id=skip.of.version.id, rule=skip.rule, reason=skip.reason
    )
