"""Deciding a unit on a state: input, replay, reference, state, in this order (semantics 3.2). Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from ledger.book.refusal import Refusal, RefusalCode, is_frozen
from ledger.engine.claim import entry_of, free_claim, new_claim
from ledger.engine.outcome import Outcome, freeze_refusal, freeze_reply, thaw
from ledger.engine.ports import Clock, Event, Sealer
from ledger.engine.request import Request, fingerprint, request_id, require_same
from ledger.engine.shelves import REQUESTS
from ledger.engine.state import State
from ledger.engine.unit import AnyCommand, Unit

AnyOutcome = Outcome[Any]
GROUP_KIND = "list"


class Decider:
    """Decides units; holds the ports that deciding needs."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self.sealer = sealer
        self._clock = clock

    def latest_instant(self, units: Sequence[Unit], now: datetime) -> datetime:
        """The last instant at which a command of the units is decided; due rows are read up to it."""
        return self._clock.latest_of((command for unit in units for command in unit.commands), now)

    def decide(self, unit: Unit, state: State, now: datetime) -> Sequence[AnyOutcome]:
        """The outcomes of the unit's commands in input order; refused commands leave nothing but their record."""
        if unit.group_key is not None:
            return self._decide_group(unit, unit.group_key, state, now)
        [command], [identity], [claim] = unit.commands, unit.identities, unit.claims
        return (self._decide_one(command, identity, claim, state, self._clock.instant_of(command, now)),)

    def _decide_one(
        self, command: AnyCommand, identity: bytes | None, claim: bytes | None, state: State, now: datetime
    ) -> AnyOutcome:
        state.request_id = identity
        if identity is None or command.key is None:
            return self._attempt(command, claim, state, now)
        try:
            command.require_input()
        except Refusal as refusal:
            state.emit(refused(command, refusal, state, now))
            state.keep()
            return Outcome(refusal=refusal)
        fields = command.fields()
        print_ = fingerprint(fields, self.sealer)
        found = state.find(REQUESTS, identity)
        if found is not None:
            return self._replay(found, command, sorted(fields), print_, state, now)
        outcome = self._attempt(command, claim, state, now)
        refused_as = outcome.refusal
        if refused_as is None or is_frozen(refused_as.code):
            client, entry_id, frozen = command.actor.client, entry_of(outcome.reply), _frozen(outcome)
            row = (identity, client, command.kind, command.key, print_, frozen, entry_id, now)
            state.add(REQUESTS, tuple.__new__(Request, row))
        state.keep()
        return outcome

    def _replay(
        self, found: Request, command: AnyCommand, names: list[str], print_: bytes, state: State, now: datetime
    ) -> AnyOutcome:
        try:
            require_same(found, command.kind, names, print_)
        except Refusal as refusal:
            state.emit(refused(command, refusal, state, now))
            state.keep()
            return Outcome(refusal=refusal)
        return thaw(found.outcome, command.reply)

    def _attempt(self, command: AnyCommand, claim: bytes | None, state: State, now: datetime) -> AnyOutcome:
        try:
            outcome = self._decide_and_claim(command, claim, state, now)
        except Refusal as refusal:
            state.drop()
            state.emit(refused(command, refusal, state, now))
            outcome = Outcome(refusal=refusal)
        state.keep()
        return outcome

    def _decide_and_claim(self, command: AnyCommand, claim: bytes | None, state: State, now: datetime) -> AnyOutcome:
        """Reference before state (semantics 3.2); claimed by acceptance only."""
        if claim is None:
            return Outcome(reply=command.decide(state, now))
        claim = free_claim(command, claim, state, now)
        reply = command.decide(state, now)
        state.add(REQUESTS, new_claim(claim, command, reply, command.waits_for(reply), now))
        return Outcome(reply=reply)

    # -- atomic lists ------------------------------------------------------------------------------------------------

    def _decide_group(self, unit: Unit, key: str, state: State, now: datetime) -> list[AnyOutcome]:
        client = unit.commands[0].actor.client
        identity = state.request_id = request_id(client, key)
        malformed = _find_malformed(unit.commands)
        if malformed is not None:
            index, refusal = malformed
            state.emit(refused(unit.commands[index], refusal, state, now))
            state.keep()
            return _group_failed(len(unit.commands), index, refusal)
        names, print_ = self._group_fingerprint(unit.commands)
        found = state.find(REQUESTS, identity)
        if found is not None:
            return self._replay_group(found, unit, names, print_, state, now)
        outcomes = self._attempt_group(unit, state, now)
        if all(outcome.refusal is None or is_frozen(outcome.refusal.code) for outcome in outcomes):
            frozen = orjson.dumps([_frozen(outcome) for outcome in outcomes]).decode()
            state.add(REQUESTS, Request(identity, client, GROUP_KIND, key, print_, frozen, None, now))
        state.keep()
        return outcomes

    def _attempt_group(self, unit: Unit, state: State, now: datetime) -> list[AnyOutcome]:
        outcomes: list[AnyOutcome] = []
        for index, (command, claim) in enumerate(zip(unit.commands, unit.claims, strict=True)):
            try:
                outcomes.append(self._decide_and_claim(command, claim, state, self._clock.instant_of(command, now)))
            except Refusal as refusal:
                state.drop()
                state.emit(refused(command, refusal, state, now))
                return _group_failed(len(unit.commands), index, _without_undone(refusal, outcomes))
        return outcomes

    def _group_fingerprint(self, commands: Sequence[AnyCommand]) -> tuple[list[str], bytes]:
        names: list[str] = []
        prints: list[bytes] = []
        for index, command in enumerate(commands):
            fields = {**command.fields(), "operation": command.kind}
            names += [f"items.{index}.{name}" for name in sorted(fields)]
            prints.append(fingerprint(fields, self.sealer))
        return names, b"".join(prints)

    def _replay_group(
        self, found: Request, unit: Unit, names: list[str], print_: bytes, state: State, now: datetime
    ) -> list[AnyOutcome]:
        try:
            require_same(found, GROUP_KIND, names, print_)
        except Refusal as refusal:
            state.emit(refused(unit.commands[0], refusal, state, now))
            state.keep()
            return [Outcome(refusal=refusal) for _ in unit.commands]
        frozen: list[str] = orjson.loads(found.outcome)
        return [thaw(text, command.reply) for text, command in zip(frozen, unit.commands, strict=True)]


def refused(command: AnyCommand, refusal: Refusal, state: State, now: datetime) -> Event:
    """The audit event of a refused attempt: who, what, which code (semantics 3.6)."""
    return command.new_event(state, now)._replace(accepted=False, code=refusal.code)


def _find_malformed(commands: Sequence[AnyCommand]) -> tuple[int, Refusal] | None:
    """The first command with a malformed field: its index and its refusal."""
    for index, command in enumerate(commands):
        try:
            command.require_input()
        except Refusal as refusal:
            return index, refusal
    return None


def _frozen(outcome: AnyOutcome) -> str:
    return freeze_reply(outcome.reply) if outcome.refusal is None else freeze_refusal(outcome.refusal)


def _without_undone(refusal: Refusal, undone: Sequence[AnyOutcome]) -> Refusal:
    """The refusal without facts that name what the items before it had made: nobody will ever find that."""
    made = {(name, str(getattr(outcome.reply, name, None))) for outcome in undone for name in refusal.facts}
    return Refusal(refusal.code, **{name: fact for name, fact in refusal.facts.items() if (name, fact) not in made})


def _group_failed(count: int, failed: int, refusal: Refusal) -> list[AnyOutcome]:
    others = Refusal(RefusalCode.GROUP_FAILED, failed_index=failed)
    return [Outcome(refusal=refusal if index == failed else others) for index in range(count)]
