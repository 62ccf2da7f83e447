"""One difference between a programme file and the database, and who makes it go away."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from graphql_api.bootstrap import Application
from ledger.engine.command import Actor
from ledger.engine.unit import AnyCommand

NOBODY = UUID(int=0)
"""The programme of whoever makes one; it has nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something that the database lacks: `what` says what will be so, `make` makes it so.

    make: None where somebody else has to do it
    """

    what: str
    make: Callable[[], Awaitable[object]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who applies a file, and to which application; outside a programme `actor.programme_id` is NOBODY."""

    application: Application
    actor: Actor

    @property
    def programme_id(self) -> UUID:
        """The programme that is compared and changed."""
        return self.actor.programme_id

    def of(self, programme_id: UUID) -> "Desk":
        """The same desk, in that programme."""
        return replace(self, actor=replace(self.actor, programme_id=programme_id))

    async def execute(self, command: AnyCommand) -> None:
        """Runs a command; raises its refusal."""
        (await self.application.engine.execute(command)).unwrap()

    def new_key(self) -> str:
        """A key for what is compared anew before it is asked again."""
        return f"programme-file-{uuid4()}"
