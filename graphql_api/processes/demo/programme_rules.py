"""The demo under a programme file: the file applied at the year's beginning, and its campaigns approved by somebody else."""

from typing import Final

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.programme import NOBODY, PROGRAMME
from graphql_api.processes.programme_file.apply import applied
from graphql_api.processes.programme_file.parts import ProgrammeFile
from graphql_api.processes.programme_file.step import Desk
from graphql_api.processes.programme_file.strict import FileFault
from graphql_api.processes.programme_file.waiting import waiting_approvals
from ledger.control.decide_request import ApproveRequest
from ledger.engine.command import Actor

APPROVER: Final = "demo-approver"


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
