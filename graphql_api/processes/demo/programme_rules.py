"""The demo under a programme file: the file applied at the year's beginning, and its campaigns approved by somebody else."""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.journey import ENDS_AT, STARTS_AT
from graphql_api.processes.demo.programme import PROGRAMME
from graphql_api.processes.programme_file.apply import applied
from graphql_api.processes.programme_file.parts import ProgrammeFile
from graphql_api.processes.programme_file.step import NOBODY, Desk
from graphql_api.processes.programme_file.strict import FileFault
from graphql_api.processes.programme_file.waiting import waiting_approvals
from ledger.control.decide_request import ApproveRequest
from ledger.engine.command import Actor

APPROVER: Final = "demo-approver"


def budgets_end(file: ProgrammeFile) -> datetime:
    """An instant after the last day of every campaign with a budget, in whatever zone: until then the order of all baskets
    decides who gets the last of it.
    """
    bodies = [campaign.body for campaign in file.campaigns.values() if campaign.body.budgets]
    last = max([phase.until_on for body in bodies for phase in body.phases], default=STARTS_AT.date())
    return datetime.combine(min(last, ENDS_AT.date()) + timedelta(days=2), time(), UTC)


async def apply_rules(application: Application, actor: Actor, file: ProgrammeFile) -> None:
    """Applies the file, approves what it asked for, and starts it. Raises FileFault, also for another programme's file."""
    desk = Desk(application=application, actor=Actor(kind="operator", id=actor.id, programme_id=NOBODY))
    if file.programme.code != PROGRAMME:
        raise FileFault("programme.code", f"the demo's programme is {PROGRAMME}")
    await applied(desk, file)
    approver = Actor(kind="approver", id=APPROVER, programme_id=actor.programme_id)
    for approval in await waiting_approvals(application.reader, actor.programme_id):
        approve = ApproveRequest(
            actor=approver, key=desk.new_key(), approval_id=approval.id, approvables=application.approvables
        )
        await desk.execute(approve)
    await applied(desk, file)
