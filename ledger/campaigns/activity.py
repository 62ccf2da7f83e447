"""What every report of an activity shares: who did what when, under the source's own event id as the key."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import ClassVar, Final, NotRequired, TypedDict
from uuid import UUID

from ledger.book.draft import Draft
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import AssetId, EntryId, ProgrammeId
from ledger.campaigns.receipt import ActivityReceipt, ActivityState
from ledger.campaigns.rows import Activity
from ledger.engine.command import Actor, Command, command_class
from ledger.engine.request import is_key, request_id
from ledger.engine.shelves import HOLDERS, Holder
from ledger.engine.state import State
from ledger.members.membership import programme_of, require_member, require_not_closed
from ledger.partners.merchant import require_merchant
from ledger.programme.calendar import FIRST_START, LAST_START, local_date
from ledger.programme.payload import payload_of, read_payload
from ledger.programme.rows import Programme

TEXT_LENGTH_MAX: Final = 64


def activity_key(source: str, event_id: str) -> str:
    """The idempotency key of an event: what its source calls it."""
    return f"{source}/{event_id}"


class ActivityParts(TypedDict):
    """What a report says whether or not it is a refund: the fields of `ActivityCommand`."""

    actor: Actor
    member_id: UUID
    source: str
    event_id: str
    occurred_at: datetime
    payload: str
    channel: str | None
    branch: str | None
    merchant_id: UUID | None
    replay_at: NotRequired[datetime | None]


@command_class
class ActivityCommand(Command[ActivityReceipt]):
    """A report of what `member_id` did. `replay_at` is obeyed under a replay clock only.

    source, event_id: by which the reporting system knows the event; together they are the key
    payload:          a JSON object by the type's schema; nothing personal

    Lists are independent: in an atomic one the event's own key would stand for nothing.
    """

    reply: ClassVar[type] = ActivityReceipt

    key: str | None = field(default=None, init=False)
    member_id: UUID
    source: str
    event_id: str
    occurred_at: datetime
    payload: str = "{}"
    channel: str | None = None
    branch: str | None = None
    merchant_id: UUID | None = None
    replay_at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", activity_key(self.source, self.event_id))

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {
            "member": self.member_id,
            "occurredAt": self.occurred_at.isoformat(),
            "payload": payload_of(self.payload).canonical,
            "channel": self.channel,
            "branch": self.branch,
            "merchantId": self.merchant_id,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where the event's name is no key, the time one that no calendar reaches, a text too long or the
        payload no JSON object.
        """
        if not self.source or "/" in self.source or not is_key(self.source):
            refuse_input("source")
        if not self.event_id or not is_key(self.key or ""):
            refuse_input("eventId")
        if not self.is_datable:
            refuse_input("occurredAt")
        for name, given in (("channel", self.channel), ("branch", self.branch)):
            if given is not None and not (1 <= len(given) <= TEXT_LENGTH_MAX and given.isprintable()):
                refuse_input(name)
        if read_payload(self.payload) is None:
            refuse_input("payload")

    @property
    def is_datable(self) -> bool:
        """Whether local days and periods around the time are in the calendar."""
        return FIRST_START <= self.occurred_at.date() < LAST_START

    @property
    def request_id(self) -> bytes:
        """The id of the request row of the event's key."""
        return request_id(self.actor.client, activity_key(self.source, self.event_id))

    def require_parties(self, state: State) -> Holder:
        """The member, in whatever state. MEMBER_NOT_FOUND, MERCHANT_NOT_FOUND."""
        holder = require_member(state.find(HOLDERS, self.member_id), self.actor.programme_id)
        # A closed merchant is good, since the bank tells what happened there.
        if self.merchant_id is not None:
            require_merchant(state, self.merchant_id, self.actor.programme_id)
        return holder

    def merchant_code(self, state: State) -> str:
        """The code of the merchant at which it occurred, empty where none is named. MERCHANT_NOT_FOUND."""
        if self.merchant_id is None:
            return ""
        return require_merchant(state, self.merchant_id, self.actor.programme_id).code

    def require_countable(self, state: State, holder: Holder, now: datetime) -> Programme:
        """The programme. MEMBER_CLOSED; ACTIVITY_IN_FUTURE, which burns no key: the source's clock may be ahead."""
        require_not_closed(holder.state)
        if self.occurred_at > now:
            raise Refusal(RefusalCode.ACTIVITY_IN_FUTURE)
        return programme_of(state, holder)

    def local_day(self, programme: Programme) -> date:
        """The day on which it occurred, where the programme is."""
        return local_date(self.occurred_at, programme.time_zone)

    def draft(
        self,
        state: State,
        now: datetime,
        *,
        effective_at: datetime,
        original: UUID | None = None,
    ) -> Draft:
        """A draft of this command's entry, without a headline yet."""
        return self.new_draft(
            state,
            now,
            member_id=self.member_id,
            effective_at=effective_at,
            merchant_id=self.merchant_id,
            original_entry_id=original,
        )

    def row(
        self,
        state: State,
        id_: UUID,
        type_: str,
        now: datetime,
        *,
        day: date,
        amount: int | None,
        entry_id: EntryId | None,
        refund_of: UUID | None = None,
        became: ActivityState = ActivityState.ACCEPTED,
    ) -> Activity:
        """The activity as it is kept; `day`: of `local_day`."""
        return Activity(
            id=id_,
            programme_id=ProgrammeId(self.actor.programme_id),
            member_id=self.member_id,
            request_id=state.request_id or self.request_id,
            type=type_,
            source=self.source,
            source_event_id=self.event_id,
            occurred_at=self.occurred_at,
            received_at=now,
            local_day=day,
            channel=self.channel,
            branch=self.branch,
            merchant_id=self.merchant_id,
            payload=payload_of(self.payload).canonical,
            amount=amount,
            refund_of=refund_of,
            state=became,
            entry_id=entry_id,
        )


def set_headline(draft: Draft, moved: Sequence[tuple[AssetId, int]]) -> None:
    """Lets the entry say what the member received or lost, where that is of one asset."""
    if len(moved) == 1:
        ((asset_id, amount),) = moved
        draft.entry = draft.entry._replace(asset_id=asset_id, amount=amount)
