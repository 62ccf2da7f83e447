"""`scrip campaign submit`, `start`, `pause`, `end` and `top-up`: what operators do, from a shell. All are in the audit log.

Whoever runs them acts as the operator `USER@command-line`; approving needs somebody else, through the API.
"""

from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from graphql_api.processes.cli.opened import opened_programme
from graphql_api.processes.cli.options import AsJson, CampaignCode, ProgrammeCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.campaigns.lifecycle import CampaignCommand
    from ledger.engine.command import Actor, Command

O = TypeVar("O")  # noqa: E741 - the reply
_Reason = Annotated[str | None, typer.Option(help="Why, in words; kept sealed.")]


def submit(
    code: CampaignCode, reason: _Reason = None, programme: ProgrammeCode = None, as_json: AsJson = False
) -> None:
    """Put a campaign's newest version forward; it holds once somebody else approves it.

    Example:
        scrip campaign submit spring --reason "Agreed with marketing"
    """
    from graphql_api.schema.kinds import APPROVAL, maybe_id
    from ledger.campaigns.submit import SubmitCampaign

    moved = _run(
        programme,
        lambda actor, key: SubmitCampaign(actor=actor, key=key, campaign=code, reason=reason),
    )
    approval = maybe_id(APPROVAL, moved.approval_id)
    told = f"Version {moved.number} of campaign {code} waits for approval {approval}."
    _tell(told, {"state": moved.state, "version": moved.number, "approval": approval}, as_json=as_json)


def start(code: CampaignCode, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """Let an approved campaign run from now on, or a paused one go on.

    Example:
        scrip campaign start spring
    """
    from ledger.campaigns.lifecycle import StartCampaign

    _move(StartCampaign, code, programme, as_json=as_json)


def pause(code: CampaignCode, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """The kill switch: a running campaign awards nothing more, and its budgets are frozen.

    Example:
        scrip campaign pause spring
    """
    from ledger.campaigns.lifecycle import PauseCampaign

    _move(PauseCampaign, code, programme, as_json=as_json)


def end(code: CampaignCode, programme: ProgrammeCode = None, as_json: AsJson = False) -> None:
    """End a campaign for good. What occurred while it ran and comes late is still looked at, unless it was paused.

    Example:
        scrip campaign end spring
    """
    from ledger.campaigns.lifecycle import EndCampaign

    _move(EndCampaign, code, programme, as_json=as_json)


def top_up(
    code: CampaignCode,
    amount: Annotated[int, typer.Argument(min=1, max=10**15, help="How many units more.")],
    asset: Annotated[str, typer.Option(help="The code of what the budget pays for.")] = "POINTS",
    reason: _Reason = None,
    programme: ProgrammeCode = None,
    as_json: AsJson = False,
) -> None:
    """Ask for more budget; it is there once somebody else approves.

    Examples:
        scrip campaign top-up spring 100000

        scrip campaign top-up spring 500 --asset voucher:COFFEE
    """
    from graphql_api.schema.kinds import APPROVAL, id_of
    from ledger.campaigns.top_up_request import RequestTopUp

    asked = _run(
        programme,
        lambda actor, key: RequestTopUp(actor=actor, key=key, campaign=code, asset=asset, amount=amount, reason=reason),
    )
    approval = id_of(APPROVAL, asked.approval_id)
    told = f"{amount:,} {asset} more for campaign {code} wait for approval {approval}; {asked.left:,} are left."
    _tell(told, {"left": asked.left, "amount": amount, "approval": approval}, as_json=as_json)


def _move(kind: "type[CampaignCommand]", code: str, programme: str | None, *, as_json: bool) -> None:
    moved = _run(programme, lambda actor, key: kind(actor=actor, key=key, campaign=code))
    _tell(f"Campaign {code} is {moved.state}.", {"state": moved.state}, as_json=as_json)


def _run(programme: str | None, command_of: "Callable[[Actor, str], Command[O]]") -> "O":
    """The reply; CommandError where it is refused."""
    import asyncio

    from graphql_api.processes.cli.failure import CommandError
    from ledger.book.refusal import Refusal

    try:
        return asyncio.run(_execute(programme, command_of))
    except Refusal as refusal:
        state = f" It is {refusal.facts['state']}." if "state" in refusal.facts else ""
        raise CommandError(f"{refusal.rule.message}{state}") from None


async def _execute(programme: str | None, command_of: "Callable[[Actor, str], Command[O]]") -> "O":
    from uuid import uuid4

    async with opened_programme(programme) as (application, actor):
        command = command_of(actor, f"command-line-{uuid4()}")
        return (await application.engine.execute(command)).unwrap()


def _tell(text: str, plain: dict[str, object], *, as_json: bool) -> None:
    from graphql_api.processes.cli.output import print_json, print_line

    if as_json:
        print_json(plain)
    else:
        print_line(text)
