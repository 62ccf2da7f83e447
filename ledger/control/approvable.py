"""What can be approved: each kind of request says how its command is rebuilt from the payload.

A feature declares one `Approvable`; the composition root collects them. Nothing here knows any of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import orjson

from ledger.control.approval import Approval, Payload
from ledger.engine.command import Actor
from ledger.engine.unit import AnyCommand


class Approved(NamedTuple):
    """What a command is rebuilt from, once somebody else agrees.

    requester: who asked; the command is theirs
    approver:  whose authority carries it beyond the requester's own
    key:       the approver's idempotency key
    """

    approval_id: UUID
    requester: Actor
    approver: Actor
    key: str | None
    payload: Payload


Rebuild = Callable[[Approved], AnyCommand]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvable:
    """One kind of request. `rebuild` is pure and gives the same command for the same payload for ever."""

    kind: str
    rebuild: Rebuild


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvables:
    """Every kind that this deployment can approve; two of one name are refused with ValueError."""

    kinds: Sequence[Approvable] = ()
    _by_kind: Mapping[str, Approvable] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_kind = {each.kind: each for each in self.kinds}
        if len(by_kind) != len(self.kinds):
            raise ValueError("two approvables of one kind")
        object.__setattr__(self, "_by_kind", by_kind)

    def rebuild(self, approval: Approval, approver: Actor, key: str | None) -> AnyCommand:
        """The command that waits; KeyError where no feature declared its kind."""
        payload: Payload = orjson.loads(approval.payload)
        requester = actor_of(approval.requested_by, approval.programme_id)
        return self._by_kind[approval.kind].rebuild(Approved(approval.id, requester, approver, key, payload))


def actor_of(client: str, programme_id: UUID) -> Actor:
    """The actor whose client this is."""
    kind, _, name = client.partition(":")
    return Actor(kind=kind, id=name, programme_id=programme_id)
