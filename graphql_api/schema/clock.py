"""The ledger's clock; in a sandbox it can be moved forward."""

from datetime import datetime
from typing import Annotated

from graphql_api.field_rules import any_caller, requires
from graphql_api.permissions import Scope
from graphql_api.schema.callers import EVERYBODY
from graphql_api.schema.context import Info
from graphql_api.schema.descriptions import input_type, object_type
from graphql_api.schema.mutation import INPUT, mutation
from graphql_api.schema.query import query
from graphql_api.schema.refusals import EVERY_REQUEST
from ledger.book.refusal import Refusal, RefusalCode
from ledger.programme.sandbox import advance_clock


@object_type
class Clock:
    """The instant by which activation, lapse and expiry are decided.

    now:     the present instant
    sandbox: whether it can be moved forward here
    """

    now: datetime
    sandbox: bool


async def clock(info: Info) -> Clock:
    """What time it is for the ledger."""
    ledger = info.context.ledger
    return Clock(now=await ledger.reader.now(), sandbox=ledger.sandbox)


@input_type
class AdvanceSandboxClockInput:
    """Where to move the clock.

    until: the instant that it will be, ahead by ten years at most and not after 2200-01-01
    """

    until: datetime


@object_type
class SandboxClockAdvanced:
    """The clock was moved, for every programme of the deployment.

    clock: what it says now
    """

    clock: Clock


async def advance_sandbox_clock(info: Info, asked: Annotated[AdvanceSandboxClockInput, INPUT]) -> object:
    """Move the ledger's clock forward, to see points expire. Refused where this is no sandbox; never backwards."""
    context = info.context
    if not context.ledger.sandbox:
        raise Refusal(RefusalCode.FORBIDDEN)
    now = await context.change(advance_clock, until=asked.until)
    return SandboxClockAdvanced(clock=Clock(now=now, sandbox=True))


CLOCK = query(clock, any_caller(), callers=EVERYBODY)
ADVANCE_SANDBOX_CLOCK = mutation(
    advance_sandbox_clock,
    requires(Scope.SANDBOX_ADVANCE, cost=10),
    succeeds=SandboxClockAdvanced,
    refusals=EVERY_REQUEST,
)
