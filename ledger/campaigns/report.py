"""Report: an activity is recorded once, and everything that it earns is posted in the same step (semantics 6.1 to 6.5).

The key is the source's own event id, so a second report of the event is a replay. The holder's row is the one lock that
every activity of a member takes: its counts and its earlier activities stand still under it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, Self

from ledger.book.account import Role, open_account
from ledger.book.units import EntryId, ProgrammeId
from ledger.campaigns.activity import ActivityCommand
from ledger.campaigns.activity_type import REFUND, ActivityType, find_type, require_payload
from ledger.campaigns.award import Awarding
from ledger.campaigns.considered import Considered, considered
from ledger.campaigns.counts import Counter, count_keys, count_up, counters_of, starts_on
from ledger.campaigns.expression import Facts, Value, variables_of
from ledger.campaigns.lock_plan import NOTHING, LockPlan, find_plan
from ledger.campaigns.offer import Offer, Seen, Skip, offer
from ledger.campaigns.receipt import ActivityReceipt, ActivityState, Reason
from ledger.campaigns.record import award_line, skipped_line
from ledger.campaigns.rows import ACTIVITIES, AWARDS
from ledger.engine.journal import post
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS, LOTS, account_key
from ledger.engine.state import State
from ledger.members.rows import MEMBER_FACTS
from ledger.points.wallet import WalletIds, due_keys, wallet_ids
from ledger.programme.calendar import zone
from ledger.programme.expiry import parse_expiry
from ledger.programme.registry_change import refuse_input
from ledger.programme.rows import ASSETS, PROGRAMMES, Programme, asset_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportActivity(ActivityCommand):
    """Records an activity of any type but a refund, and awards what the campaigns give for it.

    plan: what a look before queueing saw; ours, never the caller's
    """

    kind: ClassVar[str] = "activity"

    type: str
    plan: LockPlan = NOTHING

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {**ActivityCommand.fields(self), "type": self.type}

    def require_input(self) -> None:
        """INVALID_INPUT, also for a refund, which is a report of its own."""
        ActivityCommand.require_input(self)
        if self.type == REFUND:
            refuse_input("type")

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
        """The counts that an award would move, and what conditions ask of the member."""
        counters = [
            Counter(self.member_id, campaign, counter, period, starts_on(period, day))
            for programme in state.peek(PROGRAMMES, self.actor.programme_id)
            for day in (self.local_day(programme),)
            for campaign, counter, period in self.plan.counters
        ]
        facts = [MEMBER_FACTS.key(self.member_id)] if self.plan.asks_member else []
        return [*facts, *count_keys(counters)]

    # -- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, state: State, now: datetime) -> ActivityReceipt:
        """Refused with INVALID_INPUT where the payload does not fit the type, MEMBER_NOT_FOUND,
        MERCHANT_NOT_FOUND, ACTIVITY_TYPE_NOT_FOUND, MEMBER_CLOSED, ACTIVITY_IN_FUTURE. What no campaign awards is
        recorded all the same.
        """
        programme = self.require_member(state)
        type_ = find_type(state, programme.id, self.type)
        payload = require_payload(type_, self.payload)
        self.require_occurred(now)
        looking = considered(state, programme.id, self.type, self.occurred_at)
        awarding = Awarding(state, programme, self._see(programme, type_, payload, looking), now)
        skips = [skip for each in looking for skip in self._look(awarding, each)]
        activity_id, entry_id = state.ids.new(), self._post(awarding)
        awards = [] if entry_id is None else awarding.rows(activity_id, entry_id)
        state.append(AWARDS, awards)
        activity = self.row(
            programme,
            activity_id,
            self.type,
            now,
            amount=payload.get(type_.amount_field or ""),
            entry_id=entry_id,
            state=self._state(awarding, len(looking), skips),
        )
        state.add(ACTIVITIES, activity)
        return ActivityReceipt(
            activity_id=activity.id,
            entry_id=entry_id,
            member_id=self.member_id,
            state=activity.state,
            received_at=now,
            awards=tuple(award_line(award) for award in awards),
            skipped=tuple(skipped_line(skip, awarding.seen) for skip in skips),
        )

    def _post(self, awarding: Awarding) -> EntryId | None:
        """The entry of all awards, or only the event of an activity that earned nothing."""
        state, now = awarding.state, awarding.now
        if not awarding.offers:
            state.emit(self.new_event(state, now, subject_id=self.member_id))
            return None
        amounts = {asset_id(awarding.programme.id, code): awarding.sum_of(code) for code in awarding.assets}
        draft = self.draft(state, now, amounts, effective_at=self.occurred_at)
        awarding.move(draft)
        post(state, draft, self.actor)
        return draft.entry.id

    def _see(
        self, programme: Programme, type_: ActivityType, payload: Mapping[str, Any], looking: Sequence[Considered]
    ) -> Seen:
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
        conditions = tuple(each.terms.conditions for each in looking)
        day, facts = local.date(), Facts(variables, values, conditions)
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
        count_up(awarding.state, counters, found.asset, found.amount)
        awarding.take(found)
        return []

    def _state(self, awarding: Awarding, looking: int, skips: Sequence[Skip]) -> ActivityState:
        """TOO_LATE where nobody looks at it any more."""
        if self.occurred_at < awarding.programme.open_from:
            return ActivityState.TOO_LATE
        late = len([skip for skip in skips if skip.reason == Reason.TOO_LATE])
        return ActivityState.TOO_LATE if skips and late == looking else ActivityState.ACCEPTED
