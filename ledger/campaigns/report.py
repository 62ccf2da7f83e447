"""Report: an activity is recorded once, and everything that it earns is posted in the same step (semantics 6.1 to 6.5).

The key is the source's own event id, so a second report of the event is a replay. The holder's row is the one lock that
every activity of a member takes: its counts and its earlier activities stand still under it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

from ledger.book.account import Role, open_account
from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import ProgrammeId
from ledger.campaigns.activity import TEXT_LENGTH_MAX, ActivityCommand
from ledger.campaigns.award import Awarding
from ledger.campaigns.card import card_keys
from ledger.campaigns.counts import count_keys
from ledger.campaigns.expression import Value
from ledger.campaigns.facts import Facts, payload_vocabulary
from ledger.campaigns.line_up import LineUp, find_line_up
from ledger.campaigns.lock_plan import NOTHING, LockPlan, find_plan
from ledger.campaigns.look import take_turns
from ledger.campaigns.member_then import MemberThen, find_enrolled_days
from ledger.campaigns.offer import Seen
from ledger.campaigns.receipt import ActivityReceipt, ActivityState, Reason
from ledger.campaigns.record import award_line, unawarded
from ledger.campaigns.rows import ACTIVITIES, AWARDS, LISTED_MEMBERS, listed_member_id, member_list_id
from ledger.campaigns.skip import Skip, skipped
from ledger.campaigns.tiering import count_activity, settle_before
from ledger.campaigns.turns import Turns
from ledger.engine.command import command_class
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.shelves import ACCOUNTS, HOLDERS, LOTS, Holder, account_key
from ledger.engine.state import State
from ledger.members.rows import MEMBER_FACTS, MEMBERS_BY_ID
from ledger.points.wallet import WalletIds, due_keys, wallet_ids
from ledger.programme.activity_type import REFUND, ActivityType, find_type, require_payload
from ledger.programme.calendar import local_date, zone
from ledger.programme.expiry import parse_expiry
from ledger.programme.rows import ASSETS, PROGRAMMES, Programme, asset_id
from ledger.tiers.held_levels import levels_at, tier_keys
from ledger.tiers.qualifying import qualifying_at
from ledger.vouchers.reward import Reward, find_rewards, further_reward_keys, reward_keys


@command_class
class ReportActivity(ActivityCommand):
    """Records an activity of any type but a refund, and awards what the campaigns give for it.

    plan, rewards: what a look before queueing saw; ours, never the caller's
    """

    kind: ClassVar[str] = "activity"

    type: str
    plan: LockPlan = NOTHING
    rewards: tuple[Reward, ...] = ()

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named; the payload in canonical form."""
        return {**ActivityCommand.fields(self), "type": self.type}

    def require_input(self) -> None:
        """INVALID_INPUT, also for a refund, which is a report of its own, and where the type's code is too long."""
        ActivityCommand.require_input(self)
        if self.type == REFUND or len(self.type) > TEXT_LENGTH_MAX:
            refuse_input("type")

    async def find(self, reader: Reader) -> Self:
        """Which wallets and budgets it may move, and where its vouchers come from."""
        if not self.is_datable:
            return self
        programme_id = self.actor.programme_id
        found = await find_plan(reader, programme_id, self.type, self.occurred_at)
        rewards = await find_rewards(reader, programme_id, found.vouchers) if found.vouchers else ()
        # In place of `replace`, which takes as long as ten rules: what was seen is ours, and the latest look counts.
        object.__setattr__(self, "plan", found)
        object.__setattr__(self, "rewards", rewards)
        return self

    def footprint(self) -> Sequence[Key]:
        """The member's holder, the wallets, made where they are missing, the budgets, and what vouchers and cards need,
        all locked.
        """
        programme_id, member_id = ProgrammeId(self.actor.programme_id), self.member_id
        keys = [HOLDERS.key(member_id)]
        keys += [
            account_key(open_account(programme_id, member_id, ids.asset_id, Role.WALLET)) for ids in self._wallets()
        ]
        keys += [ACCOUNTS.key(budget) for budget in self.plan.budgets]
        keys += [key for code in self.plan.cards for key in card_keys(programme_id, member_id, code)]
        return keys + [key for reward in self.rewards for key in reward_keys(programme_id, member_id, reward)]

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
        for reward in self.rewards:
            keys += further_reward_keys(state, self.actor.programme_id, self.member_id, reward, now)
        return [*keys, *tier_keys(state, self.actor.programme_id, self.member_id), *self._counts(state, now)]

    def _counts(self, state: State, now: datetime) -> Sequence[Key]:
        """The counts that an award would move, and what conditions ask of the member."""
        programme_id, member_id = self.actor.programme_id, self.member_id
        lists = [member_list_id(programme_id, code) for code in self.plan.lists]
        facts = [LISTED_MEMBERS.key(listed_member_id(list_id, member_id)) for list_id in lists]
        facts += [MEMBER_FACTS.key(member_id)] if self.plan.asks_member else []
        facts += [MEMBERS_BY_ID.key(member_id)] if self.plan.asks_enrolment else []
        if not self.plan.counters:
            return facts
        for programme in state.peek(PROGRAMMES, self.actor.programme_id):
            today = local_date(now, programme.time_zone)
            facts += count_keys(self.plan.counters_on(member_id, self.local_day(programme), today))
        return facts

    # -- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, state: State, now: datetime) -> ActivityReceipt:
        """Refused with INVALID_INPUT where the payload does not fit the type, MEMBER_NOT_FOUND,
        MERCHANT_NOT_FOUND, ACTIVITY_TYPE_NOT_FOUND, MEMBER_CLOSED, ACTIVITY_IN_FUTURE. What no campaign awards is
        recorded all the same.
        """
        holder, type_, payload = self._require_known(state)
        programme = self.require_countable(state, holder, now)
        line_up = find_line_up(state, programme.id, self.type, self.occurred_at)
        then = self._then(state, programme, line_up, now)
        seen, turns = self.see(programme, type_, payload, then, line_up, self.merchant_code(state))
        awarding = Awarding(state, programme, seen, now, lambda: self.draft(state, now, effective_at=self.occurred_at))
        is_closed = self.occurred_at < programme.open_from
        if is_closed:
            skips = [skipped(each, Reason.TOO_LATE) for each in line_up.looking]
        else:
            skips = take_turns(awarding, turns)
        is_late = is_closed or _are_late(skips, len(turns))
        activity_id, entry_id = state.ids.new(), awarding.post(self.actor)
        if entry_id is None:
            state.emit(self.new_event(state, now, subject_id=self.member_id))
        awards = awarding.rows(activity_id, entry_id)
        activity = self.row(
            state,
            activity_id,
            self.type,
            now,
            day=seen.day,
            amount=payload.get(type_.amount_field or ""),
            entry_id=entry_id,
            became=ActivityState.TOO_LATE if is_late else ActivityState.ACCEPTED,
        )
        state.add(ACTIVITIES, activity)
        took = count_activity(state, programme, self.actor, activity, payload, awards)
        awards, uncredited = awarding.credited(awards, took)
        skips += uncredited
        state.append(AWARDS, awards)
        return ActivityReceipt(
            activity_id=activity.id,
            entry_id=entry_id,
            member_id=self.member_id,
            state=activity.state,
            received_at=now,
            awards=tuple([award_line(award) for award in awards]),
            unawarded=unawarded(skips),
        )

    def _require_known(self, state: State) -> tuple[Holder, ActivityType, Mapping[str, Any]]:
        """The member, the type and the payload. INVALID_INPUT where this does not fit the type, MEMBER_NOT_FOUND,
        MERCHANT_NOT_FOUND, ACTIVITY_TYPE_NOT_FOUND.
        """
        type_ = find_type(state, self.actor.programme_id, self.type)
        payload = {} if type_ is None else require_payload(type_, self.payload)
        holder = self.require_parties(state)
        if type_ is None:
            raise Refusal(RefusalCode.ACTIVITY_TYPE_NOT_FOUND)
        return holder, type_, payload

    def see(
        self,
        programme: Programme,
        type_: ActivityType,
        payload: Mapping[str, Any],
        then: MemberThen,
        line_up: LineUp,
        merchant: str,
    ) -> tuple[Seen, Turns]:
        """The activity as campaigns see it, and the member then; with their turns on its day.

        merchant: the code of the merchant, empty where none is named
        """
        local = self.occurred_at.astimezone(zone(programme.time_zone))
        values: dict[str, Value] = {f"activity.{name}": value for name, value in payload.items()}
        values |= {
            "activity.channel": self.channel or "",
            "activity.branch": self.branch or "",
            "activity.merchant": merchant,
            "activity.hour": local.hour,
            "activity.weekday": local.isoweekday(),
            "activity.day": local.day,
            "activity.month": local.month,
        }
        vocabulary = payload_vocabulary(type_.fields).extended(then.fields())
        values |= then.values()
        day = local.date()
        turns = line_up.turns_on(day)
        facts = Facts(vocabulary, values, turns.conditions)
        seen = Seen(self.member_id, self.type, self.occurred_at, day, self.channel, self.branch, facts, then)
        return seen, turns

    def _then(self, state: State, programme: Programme, line_up: LineUp, now: datetime) -> MemberThen:
        """The member when it occurred, once everything has happened that time alone has brought."""
        settle_before(state, programme, self.member_id, self._wallets(), now)
        then = self.member_then(state, programme, line_up)
        if not line_up.qualifying:
            return then
        qualifying = qualifying_at(state, programme, self.member_id, line_up.qualifying, self.occurred_at)
        return then._replace(qualifying=qualifying)

    def member_then(self, state: State, programme: Programme, line_up: LineUp) -> MemberThen:
        """The same without what ladders had counted; nothing is due."""
        then = MemberThen(levels_at(state, programme, self.member_id, self.occurred_at))
        if not line_up.knows_enrolment:
            return then
        days = find_enrolled_days(state, programme, self.member_id, self.local_day(programme))
        return then._replace(enrolled_days=days)


def _are_late(skips: Sequence[Skip], looking: int) -> bool:
    """Whether nobody of so many campaigns looks at it any more."""
    return 0 < len(skips) == looking and all(skip.heading.reason == Reason.TOO_LATE for skip in skips)
