"""Report: an activity is recorded once, and everything that it earns is posted in the same step (semantics 6.1 to 6.5).

The key is the source's own event id, so a second report of the event is a replay. The holder's row is the one lock that
every activity of a member takes: its counts and its earlier activities stand still under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

import orjson

from ledger.book.account import Role, open_account
from ledger.book.draft import Draft
from ledger.book.entry import Entry
from ledger.book.refusal import Refusal, RefusalCode
from ledger.book.units import EntryId, ProgrammeId
from ledger.campaigns.activity_type import PAYLOAD_BYTES_MAX, ActivityType, find_type, require_payload
from ledger.campaigns.award import Awarding
from ledger.campaigns.considered import Considered, considered
from ledger.campaigns.counts import count_keys, count_up, counters_of
from ledger.campaigns.expression import Facts, Value, variables_of
from ledger.campaigns.lock_plan import NOTHING, LockPlan, find_plan
from ledger.campaigns.offer import Offer, Seen, Skip, is_late, offer
from ledger.campaigns.receipt import ActivityReceipt, ActivityState, Reason
from ledger.campaigns.record import award_line, recorded, skipped_line, told
from ledger.campaigns.rows import ACTIVITIES, AWARDS, Activity
from ledger.engine.command import Command
from ledger.engine.journal import post
from ledger.engine.reader import Reader
from ledger.engine.request import is_key, request_id
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS, LOTS, account_key
from ledger.engine.state import RowsMissing, State
from ledger.members.enrol import MEMBER
from ledger.points.wallet import WalletIds, due_keys, wallet_ids
from ledger.programme.calendar import local_date, zone
from ledger.programme.expiry import parse_expiry
from ledger.programme.registry_change import refuse_input
from ledger.programme.rows import ASSETS, PROGRAMMES, Programme, asset_id

TEXT_LENGTH_MAX = 64


def activity_key(source: str, event_id: str) -> str:
    """The idempotency key of an event: what its source calls it."""
    return f"{source}/{event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportActivity(Command[ActivityReceipt]):
    """Records what `member_id` did. `replay_at` is obeyed under a replay clock only.

    source, event_id: by which the reporting system knows the event; together they are the key
    payload:          a JSON object by the type's schema; nothing personal
    plan:             what a look before queueing saw; ours, never the caller's
    """

    kind: ClassVar[str] = "activity"
    reply: ClassVar[type] = ActivityReceipt

    key: str | None = field(default=None, init=False)
    member_id: UUID
    type: str
    source: str
    event_id: str
    occurred_at: datetime
    payload: str = "{}"
    channel: str | None = None
    branch: str | None = None
    merchant_id: UUID | None = None
    replay_at: datetime | None = None
    plan: LockPlan = NOTHING

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", activity_key(self.source, self.event_id))

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {
            "memberId": self.member_id,
            "type": self.type,
            "occurredAt": self.occurred_at.isoformat(),
            "payload": self.canonical_payload,
            "channel": self.channel,
            "branch": self.branch,
            "merchantId": self.merchant_id,
        }

    @property
    def canonical_payload(self) -> str:
        """Sorted names, no blanks."""
        return orjson.dumps(orjson.loads(self.payload), option=orjson.OPT_SORT_KEYS).decode()

    def require_input(self) -> None:
        """INVALID_INPUT where the event's name is no key, a text too long or the payload no JSON object."""
        for name, text in (("source", self.source), ("eventId", self.event_id)):
            if not is_key(text) or "/" in self.source:
                refuse_input(name)
        if not is_key(self.key or ""):
            refuse_input("eventId")
        for name, given in (("channel", self.channel), ("branch", self.branch)):
            if given is not None and not (1 <= len(given) <= TEXT_LENGTH_MAX and given.isprintable()):
                refuse_input(name)
        if len(self.payload.encode()) > PAYLOAD_BYTES_MAX or not isinstance(_read(self.payload), dict):
            refuse_input("payload")

    async def find(self, reader: Reader) -> Self:
        """Which wallets and budgets it may move."""
        found = await find_plan(reader, self.actor.programme_id, self.type, self.occurred_at)
        return replace(self, plan=found)

    def footprint(self) -> Sequence[Key]:
        """The member's holder, the wallets, made where they are missing, and the budgets, all locked."""
        programme_id = ProgrammeId(self.actor.programme_id)
        wallets = [
            account_key(open_account(programme_id, self.member_id, ids.asset_id, Role.WALLET))
            for ids in self._wallets()
        ]
        return [HOLDERS.key(self.member_id), *wallets, *(ACCOUNTS.key(budget) for budget in self.plan.budgets)]

    def _wallets(self) -> list[WalletIds]:
        programme_id = self.actor.programme_id
        return [wallet_ids(self.member_id, asset_id(programme_id, code)) for code in self.plan.assets]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What is due, the lots where an award moves the date of all of them, and the member's counts."""
        keys: list[Key] = []
        for ids in self._wallets():
            keys += due_keys(state, ids, now)
            if any(parse_expiry(asset.expiry).by_inactivity for asset in state.peek(ASSETS, ids.asset_id)):
                keys.append(LOTS.key(ids.wallet))
        return [*keys, *self._counts(state)]

    def _counts(self, state: State) -> Sequence[Key]:
        """The counts that an award would move, or first what says which they are."""
        programme_id = self.actor.programme_id
        try:
            looking = considered(state, programme_id, self.type, self.occurred_at)
        except RowsMissing as missing:
            return [missing.key]
        return [
            key
            for programme in state.peek(PROGRAMMES, programme_id)
            for each in looking
            for key in count_keys(
                counters_of(
                    each.terms, self.member_id, each.campaign.id, local_date(self.occurred_at, programme.time_zone)
                )
            )
        ]

    # -- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, state: State, now: datetime) -> ActivityReceipt:
        """Refused with INVALID_INPUT where the payload does not fit the type, MEMBER_NOT_FOUND,
        ACTIVITY_TYPE_NOT_FOUND, MEMBER_CLOSED, ACTIVITY_IN_FUTURE. What no campaign awards is recorded all the same.
        """
        programme = self._require_member(state)
        type_ = find_type(state, programme.id, self.type)
        payload = require_payload(type_, self.payload)
        if self.occurred_at > now:
            raise Refusal(RefusalCode.ACTIVITY_IN_FUTURE)
        seen = self._see(programme, type_, payload)
        looking = considered(state, programme.id, self.type, self.occurred_at)
        awarding = Awarding(state, programme, seen, now)
        skips: list[Skip] = []
        for each in looking:
            skips += self._look(awarding, each)
        activity_id, entry_id = state.ids.new(), self._post(awarding)
        awards = [] if entry_id is None else awarding.rows(activity_id, entry_id)
        state.append(AWARDS, awards)
        activity = self._row(awarding, activity_id, entry_id, payload.get(type_.amount_field or ""))
        activity = activity._replace(state=self._state(looking, awarding), skipped=told(skips))
        state.add(ACTIVITIES, activity)
        return ActivityReceipt(
            activity_id=activity.id,
            entry_id=entry_id,
            member_id=self.member_id,
            state=activity.state,
            received_at=now,
            awards=tuple(award_line(award) for award in awards),
            skipped=tuple(skipped_line(skip) for skip in skips),
        )

    def _post(self, awarding: Awarding) -> EntryId | None:
        """The entry of all awards, or only the event of an activity that earned nothing."""
        state, now = awarding.state, awarding.now
        if not awarding.offers:
            state.emit(recorded(self.kind, self.actor, self.member_id, state, now))
            return None
        assets = awarding.assets
        draft = Draft(
            Entry(
                id=EntryId(state.ids.new()),
                kind=self.kind,
                effective_at=self.occurred_at,
                posted_at=now,
                actor=self.actor.client,
                asset_id=asset_id(awarding.programme.id, assets[0]) if len(assets) == 1 else None,
                amount=awarding.sum_of(assets[0]) if len(assets) == 1 else 0,
                member_id=self.member_id,
                merchant_id=self.merchant_id,
                request_id=state.request_id,
            )
        )
        awarding.move(draft)
        post(state, draft, self.actor)
        return draft.entry.id

    def _row(self, awarding: Awarding, id_: UUID, entry_id: EntryId | None, amount: int | None) -> Activity:
        return Activity(
            id=id_,
            programme_id=awarding.programme.id,
            member_id=self.member_id,
            request_id=request_id(self.actor.client, activity_key(self.source, self.event_id)),
            type=self.type,
            source=self.source,
            source_event_id=self.event_id,
            occurred_at=self.occurred_at,
            received_at=awarding.now,
            local_day=awarding.seen.day,
            channel=self.channel,
            branch=self.branch,
            merchant_id=self.merchant_id,
            payload=self.canonical_payload,
            amount=amount,
            refund_of=None,
            state=ActivityState.ACCEPTED,
            entry_id=entry_id,
            skipped="[]",
        )

    def _require_member(self, state: State) -> Programme:
        """MEMBER_NOT_FOUND, MEMBER_CLOSED."""
        holder = state.find(HOLDERS, self.member_id)
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        if holder is None or programme is None or holder.kind != MEMBER or holder.programme_id != programme.id:
            raise Refusal(RefusalCode.MEMBER_NOT_FOUND)
        if holder.state == "closed":
            raise Refusal(RefusalCode.MEMBER_CLOSED)
        return programme

    def _see(self, programme: Programme, type_: ActivityType, payload: Mapping[str, Any]) -> Seen:
        local = self.occurred_at.astimezone(zone(programme.time_zone))
        values: dict[str, Value] = {f"activity.{name}": value for name, value in payload.items()}
        values |= {
            "activity.channel": self.channel or "",
            "activity.branch": self.branch or "",
            "activity.merchant": "" if self.merchant_id is None else str(self.merchant_id),
            "activity.hour": local.hour,
            "activity.weekday": local.isoweekday(),
            "activity.day": local.day,
            "activity.month": local.month,
        }
        variables = variables_of(type_.fields)
        day, facts = local.date(), Facts(variables, values)
        return Seen(
            self.member_id, self.type, self.occurred_at, day, self.channel, self.branch, variables, values, facts
        )

    def _look(self, awarding: Awarding, of: Considered) -> list[Skip]:
        """Takes the campaign's offer, or says why there is none."""
        if self.occurred_at < awarding.programme.open_from:
            return [Skip(of, None, Reason.TOO_LATE)]
        if of.body.group is not None and of.body.group in awarding.groups:
            return [Skip(of, None, Reason.GROUP_AWARDED)]
        found = offer(awarding.state, of, awarding.seen, awarding.now)
        if not isinstance(found, Offer):
            return found
        if not awarding.has_room(found):
            return [Skip(of, found.rule.code, Reason.BALANCE_LIMIT_EXCEEDED)]
        counters = counters_of(of.terms, self.member_id, of.campaign.id, awarding.seen.day)
        count_up(awarding.state, counters, found.rule.points.asset, found.amount)
        awarding.take(found)
        return []

    def _state(self, looking: Sequence[Considered], awarding: Awarding) -> ActivityState:
        """TOO_LATE where nobody looks at it any more."""
        if self.occurred_at < awarding.programme.open_from:
            return ActivityState.TOO_LATE
        late = [is_late(each.body, self.occurred_at, awarding.now) for each in looking]
        return ActivityState.TOO_LATE if late and all(late) else ActivityState.ACCEPTED


def _read(payload: str) -> object:
    try:
        read: object = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return read
