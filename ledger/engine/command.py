"""Commands: frozen values that say who wants what; a pure `decide` says what comes of it.

A feature plugs in by declaring shelves and subclasses of `Command`. If `decide` needs a row, `footprint` or `further`
names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Generic, Self, TypeVar, dataclass_transform
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.entry import Entry
from ledger.book.units import AssetId, EntryId
from ledger.engine.ports import Event
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.state import State

O = TypeVar("O")  # noqa: E741 - the reply
T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def command_class(cls: type[T]) -> type[T]:
    """A frozen, keyword-only dataclass with slots, as the type checker enforces it.

    At run time it is an ordinary one: a frozen one takes four times as long to make (a call for each field).
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `client` scopes idempotency keys: merchant, service, member or staff, never an API key or terminal."""

    kind: str
    id: str
    programme_id: UUID
    client: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "client", f"{self.kind}:{self.id}")


def event_by(
    actor: Actor,
    kind: str,
    state: State,
    now: datetime,
    *,
    subject_id: UUID | None = None,
    stream: tuple[UUID, int] | None = None,
    facts: Mapping[str, str | int] | None = None,
) -> Event:
    """An audit event of what `actor` did, about the row that `stream` names with its new version; none is posted."""
    return Event(
        id=state.ids.new(),
        at=now,
        type=kind,
        accepted=True,
        code=None,
        actor=actor.client,
        client=actor.client,
        resource_id=None if stream is None else stream[0],
        subject_id=subject_id,
        streams=() if stream is None else (stream,),
        request_id=state.request_id,
        facts={} if facts is None else dict(facts),
        programme_id=actor.programme_id,
    )


@command_class
class Command(Generic[O]):
    """The base of every command. `key` is None only for what the system itself starts, which repeats harmlessly."""

    kind: ClassVar[str]
    reply: ClassVar[type]

    actor: Actor
    key: str | None
    reference: str | None = None

    def fields(self) -> Mapping[str, object]:
        """The caller's fields that the fingerprint covers, by the names the caller knows; None = not given.

        Never what we chose: a retry must look the same.
        """
        raise NotImplementedError

    def require_input(self) -> None:
        """Raises INVALID_INPUT where a field is malformed. Asked before the key is looked up, so that it burns none."""

    @property
    def must_find(self) -> bool:
        """Whether `find` has anything to look up: one that need not is queued without a task of its own."""
        return type(self).find is not Command.find

    async def find(self, reader: Reader) -> Self:
        """Looks up, unlocked and before queueing, what the footprint needs to be known."""
        del reader
        return self

    def footprint(self) -> Sequence[Key]:
        """Every row to lock, and the first ones to read."""
        raise NotImplementedError

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Rows that the loaded ones point to, under the same locks; asked again until nothing new is named.

        Only for speed: what `decide` asks for beyond it is read then, one key at a time.
        """
        del state, now
        return ()

    def new_draft(
        self,
        state: State,
        now: datetime,
        amount: int = 0,
        *,
        asset_id: AssetId | None = None,
        member_id: UUID | None = None,
        effective_at: datetime | None = None,
        merchant_id: UUID | None = None,
        original_entry_id: UUID | None = None,
        reason_code: str | None = None,
        sale_minor: int | None = None,
        money_minor: int | None = None,
        rate_id: UUID | None = None,
    ) -> Draft:
        """A draft of this command's entry, effective now where nothing else is said."""
        row = (
            EntryId(state.ids.new()),
            self.kind,
            effective_at or now,
            now,
            self.actor.client,
            asset_id,
            amount,
            member_id,
            merchant_id,
            None if self.key is None else state.request_id,
            self.reference,
            original_entry_id,
            reason_code,
            sale_minor,
            money_minor,
            rate_id,
        )
        return Draft(tuple.__new__(Entry, row))

    def new_event(
        self,
        state: State,
        now: datetime,
        *,
        subject_id: UUID | None = None,
        stream: tuple[UUID, int] | None = None,
        facts: Mapping[str, str | int] | None = None,
    ) -> Event:
        """An audit event of this command; see `event_by`."""
        return event_by(self.actor, self.kind, state, now, subject_id=subject_id, stream=stream, facts=facts)

    def decide(self, state: State, now: datetime) -> O:
        """Changes the overlay and returns the reply, or raises a Refusal. Pure: no I/O, no clock, no randomness."""
        raise NotImplementedError

    def waits_for(self, reply: O) -> UUID | None:
        """What must still happen before an accepted command has what it asks for; None where it has."""
        del reply
        return None

    def still_waits(self, waited: UUID, state: State, now: datetime) -> bool:
        """Whether what an earlier command of this kind waited for may still happen; it has its reference until then."""
        del waited, state, now
        return True
