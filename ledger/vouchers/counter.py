"""What every command at the counter shares: codes are presented at a merchant's till, and looked at together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Generic, Self, TypeVar
from uuid import UUID

from ledger.book.refusal import Refusal, RefusalCode, refuse_input
from ledger.book.units import is_amount
from ledger.engine.command import Command, command_class
from ledger.engine.reader import Reader
from ledger.engine.shelf import Key
from ledger.engine.state import State
from ledger.partners.merchant import is_another_merchants, require_merchant
from ledger.partners.rows import MERCHANTS, TERMINALS, Merchant, Terminal
from ledger.programme.calendar import local_date
from ledger.programme.rows import PROGRAMMES, Programme
from ledger.vouchers.counts import Purpose, count_key, count_of
from ledger.vouchers.expire import settle_expired
from ledger.vouchers.holding import due_keys
from ledger.vouchers.presented import (
    Found,
    Presented,
    account_of,
    body_of,
    holding_of,
    keys_of,
    limits_uses,
    look_up,
)
from ledger.vouchers.rows import TEMPLATE_VERSIONS, VOUCHERS
from ledger.vouchers.template_text import parse_body
from ledger.vouchers.validity import Shown, Till, is_accepted
from ledger.vouchers.voucher import find_voucher, is_locked, voucher_of

O = TypeVar("O")  # noqa: E741 - the reply
PRESENTED_MAX = 20
SCENE_LENGTH_MAX = 200


@command_class
class CounterCommand(Command[O], Generic[O]):
    """Vouchers presented at a till. `replay_at` is obeyed under a replay clock only; `found` is found, never given.

    scene: where the sale takes place, as templates name it
    """

    merchant_id: UUID
    vouchers: tuple[Presented, ...]
    terminal_id: UUID | None = None
    scene: str | None = None
    replay_at: datetime | None = None
    found: tuple[Found, ...] = ()

    def fields(self) -> Mapping[str, object]:
        """Everything the caller named. Not whether a suffix was fresh: a retry comes with a stale one."""
        return {
            "merchantId": self.merchant_id,
            "terminalId": self.terminal_id,
            "scene": self.scene,
            "vouchers": [each.named for each in self.vouchers],
            "reference": self.reference,
        }

    def require_input(self) -> None:
        """INVALID_INPUT where no voucher is shown, too many, one twice, or a wanted amount or the scene is malformed."""
        codes = {each.code_hash for each in self.vouchers}
        if not 1 <= len(self.vouchers) <= PRESENTED_MAX or len(codes) != len(self.vouchers):
            refuse_input("vouchers")
        for place, each in enumerate(self.vouchers):
            if each.wanted.amount_minor is not None and not is_amount(each.wanted.amount_minor):
                refuse_input(f"vouchers.{place}.amountMinor")
        if self.scene is not None and not (0 < len(self.scene) <= SCENE_LENGTH_MAX and self.scene.isprintable()):
            refuse_input("scene")

    async def find(self, reader: Reader) -> Self:
        """Whose vouchers the codes are."""
        return replace(self, found=await look_up(reader, self.vouchers))

    def footprint(self) -> Sequence[Key]:
        """The members' accounts, locked, with the vouchers. The terms stand, and need no key."""
        return [key for found in self.found for key in keys_of(found)]

    def terms(self) -> Sequence[Key]:
        """The standing rows that deciding asks for: for reads, which have none in memory."""
        keys = [TEMPLATE_VERSIONS.key(found.version_id) for found in self.found]
        keys += [MERCHANTS.key(self.merchant_id), PROGRAMMES.key(self.actor.programme_id)]
        return keys if self.terminal_id is None else [*keys, TERMINALS.key(self.terminal_id)]

    def further(self, state: State, now: datetime) -> Sequence[Key]:
        """Of vouchers that are accepted here: what is due in their accounts, and what use limits count."""
        return [key for found in self.found if found.is_known for key in self._further(state, now, found)]

    def _further(self, state: State, now: datetime, found: Found) -> Iterator[Key]:
        versions, merchants = state.peek(TEMPLATE_VERSIONS, found.version_id), state.peek(MERCHANTS, self.merchant_id)
        if not versions or not merchants:
            return
        body = parse_body(versions[0].body)
        if not is_accepted(body, merchants[0]):
            return
        yield from due_keys(state, found.account_id, now)
        if limits_uses(body):
            yield count_key(found.member_id, found.template_id, Purpose.USE)
            yield VOUCHERS.key(found.account_id)

    # -- deciding ----------------------------------------------------------------------------------------------------

    def programme(self, state: State) -> Programme:
        """The programme's row."""
        programme = state.find(PROGRAMMES, self.actor.programme_id)
        if programme is None:
            raise Refusal(RefusalCode.PROGRAMME_NOT_FOUND)
        return programme

    def till(self, state: State) -> Till:
        """Where the vouchers are shown. MERCHANT_NOT_FOUND, TERMINAL_NOT_FOUND, also where they are another's."""
        merchant = require_merchant(state, self.merchant_id, self.actor.programme_id)
        if is_another_merchants(self.actor, self.merchant_id):
            raise Refusal(RefusalCode.MERCHANT_NOT_FOUND)
        return Till(merchant, self._terminal(state, merchant), self.scene)

    def _terminal(self, state: State, merchant: Merchant) -> Terminal | None:
        if self.terminal_id is None:
            return None
        terminal = state.find(TERMINALS, self.terminal_id)
        if terminal is None or terminal.merchant_id != merchant.id:
            raise Refusal(RefusalCode.TERMINAL_NOT_FOUND)
        return terminal

    def shown(self, state: State, till: Till, now: datetime) -> list[Shown]:
        """The vouchers that the merchant accepts, in the order presented, with everything due in their accounts posted.
        A code that is nobody's and one that is not accepted here are missing alike.
        """
        programme = self.programme(state)
        vouchers = [self._shown(state, programme, till, place, now) for place in range(len(self.vouchers))]
        return [shown for shown in vouchers if shown is not None]

    def _shown(self, state: State, programme: Programme, till: Till, place: int, now: datetime) -> Shown | None:
        presented, found = self.vouchers[place], self.found[place]
        voucher = voucher_of(state, found.account_id, found.voucher_id)
        if voucher is None:
            return None
        body = body_of(state, voucher)
        if not is_accepted(body, till.merchant):
            return None
        account = account_of(state, found)
        if account.next_due_at <= now:
            settle_expired(holding_of(state, programme, found), now)
            account, voucher = account_of(state, found), find_voucher(state, found.account_id, found.voucher_id)
        used, reserved = None, 0
        if limits_uses(body):
            day = local_date(now, programme.time_zone)
            used = count_of(state, found.member_id, found.template_id, Purpose.USE, day)
            reserved = self._reserved(state, found, now)
        is_dynamic, lock_token_hash, wanted = presented.is_dynamic, presented.lock_token_hash, presented.wanted
        return Shown(place, voucher, body, account, used, reserved, is_dynamic, lock_token_hash, wanted)

    def _reserved(self, state: State, found: Found, now: datetime) -> int:
        """The uses that locks on vouchers of the account reserve which are not presented here."""
        here = {each.voucher_id for each in self.found}
        return sum(is_locked(v, now) and v.id not in here for v in state.rows(VOUCHERS, found.account_id))
