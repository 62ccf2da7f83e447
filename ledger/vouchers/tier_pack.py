"""Packs: the vouchers that a promotion brings are given by the sweep, each once (semantics 6.6).

A promotion only notes what is due: so nobody who reports an activity locks the stock of every template that a
promotion might need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode, Retry
from ledger.engine.command import command_class, event_by
from ledger.engine.journal import post
from ledger.engine.reader import Reader
from ledger.engine.reply import reply
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.programme.rows import Programme
from ledger.tiers.command import TierCommand
from ledger.tiers.rows import PACKS, Pack, PackState
from ledger.vouchers.reward import Reward, find_rewards, further_reward_keys, give_reward, reward_keys
from ledger.vouchers.rows import Voucher

TRIED_FOR: Final = timedelta(days=30)
"""How long after the promotion a voucher is tried to be given."""
_PAUSE_MIN: Final = timedelta(minutes=1)
_PAUSE_MAX: Final = timedelta(days=1)


def next_try(due_at: datetime, refusal: Refusal, now: datetime) -> datetime | None:
    """When to try again, after as long as it has waited: within a minute and a day. None where that is of no use."""
    if refusal.rule.retry == Retry.NEVER or now - due_at >= TRIED_FOR:
        return None
    return now + min(max(now - due_at, _PAUSE_MIN), _PAUSE_MAX)


@reply
class PackSettled:
    """What became of it; DUE where there is no such pack, or it is tried again."""

    state: str


@command_class
class GivePack(TierCommand[PackSettled]):
    """Gives one voucher that is due. It repeats harmlessly, so it takes no key; it is never refused: where the voucher
    cannot be given, the pack says why, and when it is tried again.

    reward: what a look before queueing saw of the template; ours
    """

    kind: ClassVar[str] = "tier_pack"
    reply: ClassVar[type] = PackSettled

    pack_id: UUID
    template: str
    reward: Reward | None = None

    def fields(self) -> Mapping[str, object]:
        """The pack."""
        return {"packId": self.pack_id}

    async def find(self, reader: Reader) -> Self:
        """Where the template's vouchers come from."""
        found = await find_rewards(reader, self.actor.programme_id, (self.template,))
        return replace(self, reward=found[0] if found else None)

    def footprint(self) -> Sequence[Key]:
        """The holder, and what giving the voucher locks."""
        keys = [*TierCommand.footprint(self), PACKS.key(self.pack_id)]
        return keys if self.reward is None else [*keys, *reward_keys(*self._for, self.reward)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """What giving the voucher reads."""
        return [] if self.reward is None else further_reward_keys(state, *self._for, self.reward, now)

    @property
    def _for(self) -> tuple[UUID, UUID]:
        return self.actor.programme_id, self.member_id

    def decide(self, state: State, now: datetime) -> PackSettled:
        """Gives it, or notes why not; nothing where it was settled before."""
        pack = state.find(PACKS, self.pack_id)
        if pack is None or pack.state != PackState.DUE:
            return PackSettled(state=PackState.DUE if pack is None else pack.state)
        try:
            voucher = self._give(state, self.require_member(state), now)
        except Refusal as refusal:
            return self._put_off(state, pack._replace(refused=refusal.code), refusal, now)
        return self._settle(state, pack._replace(state=PackState.GIVEN, refused=None, voucher_id=voucher.id), now)

    def _put_off(self, state: State, pack: Pack, refusal: Refusal, now: datetime) -> PackSettled:
        next_ = next_try(pack.due_at, refusal, now)
        if next_ is None:
            return self._settle(state, pack._replace(state=PackState.REFUSED), now)
        state.put(PACKS, pack._replace(next_try_at=next_))
        return PackSettled(state=pack.state)

    def _give(self, state: State, programme: Programme, now: datetime) -> Voucher:
        if self.reward is None:
            raise Refusal(RefusalCode.TEMPLATE_NOT_FOUND)
        draft = self.new_draft(state, now, member_id=self.member_id)
        voucher = give_reward(state, draft, programme, self.member_id, self.template)
        draft.entry = draft.entry._replace(asset_id=draft.postings[0].asset_id, amount=voucher.units)
        post(state, draft, self.actor)
        return voucher

    def _settle(self, state: State, pack: Pack, now: datetime) -> PackSettled:
        settled = pack._replace(next_try_at=None, settled_at=now)
        state.put(PACKS, settled)
        told = {"level": pack.level, "template": pack.template, "state": pack.state}
        told |= {} if pack.refused is None else {"refused": pack.refused}
        state.emit(
            event_by(
                self.actor,
                "tier_pack_settled",
                state,
                now,
                subject_id=self.member_id,
                stream=(pack.id, 1),
                facts=told,
            )
        )
        return PackSettled(state=settled.state)
