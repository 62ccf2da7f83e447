"""What runs the commands of the point machine."""

from typing import Any, Protocol
from uuid import UUID

from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.programme.rows import Asset
from tests.property.memory_book import AnyCommand


class Rig(Protocol):
    """What runs the commands: the book in memory, or the engine on PostgreSQL."""

    @property
    def actor(self) -> Actor:
        """Who acts, in a programme of the rig's own."""
        ...

    def member(self, name: str) -> UUID:
        """A member by name."""
        ...

    def shop(self, name: str) -> UUID:
        """A merchant by name."""
        ...

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """One command, decided at its `replay_at`."""
        ...

    def wallet(self, member: UUID, asset: UUID) -> tuple[int, int, int, int]:
        """(posted, held, pending, owed) as the rows say."""
        ...

    def change(self, asset: Asset) -> None:
        """Gives the asset these terms."""
        ...

    def verify(self) -> None:
        """Whatever must hold of the rows after every step."""
        ...

    def close(self) -> None:
        """The last look at everything."""
        ...
