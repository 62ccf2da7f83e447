"""The little language of `vouchers.txt`: a case is a title and lines; a line is a command and what it comes to.

    template lunch fixed=500 good="30 days" day=1    a live template: what it gives (fixed, percent and cap, save=OVER/OFF,
                                                     value, item, fee, multiplier), validity, requirements, use limits
    zone Europe/Berlin · at 2024-01-31T10:00+01:00   the programme's zone; the instant of what follows
    ann gets lunch as v1                             an issue
    shop asks v1 v2 basket=2000 -> ok due=1500 v1=500 v2=NOT_STACKABLE
    shop redeems v1 basket=2000 as r1 -> ok discount=500 due=1500
    shop locks v1 for=120 as l1 -> ok until=…        `renews`, `releases`, and `redeems … with=l1`, show its token
    shop reverses r1 -> ok units=1                   one voucher of several: r1.v2; `bank reverses …`
    ann has v1 -> ISSUED left=1                      the state at the instant

`asks` and `redeems` take the options basket, items=name:price[xCount],…, scene, amount, upto, dynamic and with; the
options that belong to one voucher are those of the first. `till=shop/1` is the shop's, whoever names it. Who redeems is
told only what the refusal's facts say.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from ledger.book.refusal import Refusal
from ledger.engine.command import Actor, Command
from ledger.engine.outcome import Outcome
from ledger.vouchers.code import SealedCode
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.lock import LockVoucher, ReleaseLock, RenewLock, token_hash
from ledger.vouchers.redemption import Redeemed
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.rows import VOUCHERS, Voucher
from ledger.vouchers.validate import BasketValidated, validate_vouchers
from ledger.vouchers.voucher import state_at
from tests.property.voucher_invariants import verify_vouchers
from tests.property.voucher_world import dealt
from tests.property.world import BANK, PROGRAMME, member_id, merchant_id, named
from tests.vectors.script import Case
from tests.vectors.voucher_scene import SCENE
from tests.vectors.voucher_shown import Options, VoucherShown


@dataclass
class VoucherScript(VoucherShown):
    """Runs the lines of one case on a book in memory."""

    vouchers: dict[str, UUID] = field(default_factory=dict)
    redemptions: dict[str, UUID] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(1))

    def run(self, case: Case) -> None:
        """Every line; AssertionError names the one that came out otherwise."""
        for line in case.lines:
            command, _, expected = line.partition("->")
            words = shlex.split(command)
            if words[0] in SCENE:
                getattr(self, f"set_{words[0]}")(*words[1:])
                continue
            told = self.tell(words)
            wanted = shlex.split(expected) or ["ok"]
            seen = {name: told.get(name, "nothing") for name in (w.partition("=")[0] for w in wanted[1:])}
            got = [str(told["code"]), *(f"{name}={value}" for name, value in seen.items())]
            assert got == wanted, f"{case.title}: {line}\n   got {' '.join(got)}"
            verify_vouchers(self.book)

    def tell(self, words: list[str]) -> dict[str, object]:
        """What a line comes to, by name."""
        name = words.pop() if words[-2:-1] == ["as"] else None
        words = words[:-1] if name else words
        who, verb = words[:2]
        options = dict(word.split("=", 1) for word in words[2:] if "=" in word)
        named_ = [word for word in words[2:] if "=" not in word]
        match verb:
            case "has":
                return self.state_of(named_[0])
            case "gets":
                return self.issue(who, named_[0], name or named_[0])
            case "asks":
                return self.ask(who, named_, options)
            case "redeems":
                return self.redeem(who, named_, options, name)
            case "locks" | "renews" | "releases":
                return self.lock(who, verb, named_[0], options, name)
            case "reverses":
                return self.reverse(who, named_[0], options)
        raise AssertionError(f"no such verb: {verb}")

    def issue(self, who: str, template: str, name: str) -> dict[str, object]:
        """A voucher for a member."""
        code = dealt(self.random)
        self.codes[name] = code.hash
        command = IssueVoucher(
            actor=BANK, key=self.key(), member_id=member_id(who), template=template, deal=partial(SealedCode, *code)
        )
        outcome = self.book.execute(command)
        if outcome.refusal is None:
            self.vouchers[name] = outcome.unwrap().voucher_id
        return told(outcome)

    def ask(self, who: str, names: Sequence[str], options: Options) -> dict[str, object]:
        """What the vouchers would give; each by its name: the discount, or the reasons."""
        command = self.redeem_command(who, names, options)
        try:
            answer: BasketValidated = self.book.read(lambda reader: validate_vouchers(reader, command))
        except Refusal as refusal:
            return {"code": refusal.code}
        each = {
            name: ",".join(reason.code for reason in voucher.reasons) or voucher.discount_minor
            for name, voucher in zip(names, answer.vouchers, strict=True)
        }
        return {"code": "ok", "discount": answer.discount_minor, "due": answer.due_minor, **each}

    def redeem(self, who: str, names: Sequence[str], options: Options, name: str | None) -> dict[str, object]:
        """The redemption; `left` is what the first one has left, `took` its units, `skipped` names those left out."""
        outcome = self.book.execute(self.redeem_command(who, names, options))
        if outcome.refusal is not None:
            return told(outcome)
        redeemed: Redeemed = outcome.unwrap()
        if name is not None:
            self.redemptions |= {f"{name}.{names[use.place]}": use.redemption_id for use in redeemed.applied}
            self.redemptions[name] = redeemed.applied[0].redemption_id
        return {
            "code": "ok",
            "replayed": outcome.replayed,
            "discount": redeemed.discount_minor,
            "due": redeemed.due_minor,
            "took": ",".join(str(use.units) for use in redeemed.applied),
            "left": ",".join(str(use.units_left) for use in redeemed.applied),
            "applied": ",".join(names[use.place] for use in redeemed.applied),
            "each": ",".join(str(use.discount_minor) for use in redeemed.applied),
            "skipped": ",".join(f"{names[left.place]}:{'+'.join(left.codes)}" for left in redeemed.skipped),
        }

    def lock(self, who: str, verb: str, target: str, options: Options, name: str | None) -> dict[str, object]:
        """A lock is asked for by its voucher, renewed and given up by its own name."""
        seconds: dict[str, Any] = {"ttl_seconds": int(options["for"])} if "for" in options else {}
        if verb == "locks":
            shown = self.presented(target, options)
            if name is not None:
                self.tokens[name] = (f"token of {name}", target)
            command: Command[Any] = LockVoucher(
                **self.counter(who, options), vouchers=(shown,), token_hash=token_hash(f"token of {name}"), **seconds
            )
        else:
            voucher = options.get("on") or self.tokens[target][1]
            shown = self.presented(voucher, {**options, "with": target})
            kind: Any = RenewLock if verb == "renews" else ReleaseLock
            command = kind(**self.counter(who, options), vouchers=(shown,), **seconds)
        outcome = self.book.execute(command)
        if outcome.refusal is not None or verb == "releases":
            return told(outcome)
        return {"code": "ok", "until": _text(outcome.unwrap().locked_until), "reserves": outcome.unwrap().units}

    def reverse(self, who: str, target: str, options: Options) -> dict[str, object]:
        """A redemption is given back, by its merchant or the bank."""
        merchant = Actor(kind="merchant", id=str(merchant_id(who)), programme_id=PROGRAMME)
        command = ReverseRedemption(
            actor=BANK if who == "bank" else merchant,
            key=options.get("key") or self.key(),
            redemption_id=self.redemptions.get(target, named("redemption", target)),
            amount_minor=int(options["amount"]) if "amount" in options else None,
        )
        return told(self.book.execute(command))

    def state_of(self, name: str) -> dict[str, object]:
        """The voucher at the instant."""
        [voucher] = self.book.rows(VOUCHERS.table, "id", self.vouchers[name])
        assert isinstance(voucher, Voucher)
        return {
            "code": state_at(voucher, self.book.store.now),
            "left": voucher.units_left,
            "from": _text(voucher.valid_from),
            "until": _text(voucher.valid_until),
        }


def told(outcome: Outcome[Any]) -> dict[str, object]:
    """A reply's fields, or a refusal's facts."""
    if outcome.refusal is not None:
        return {"code": outcome.refusal.code, **{name: _text(v) for name, v in outcome.refusal.facts.items()}}
    reply = outcome.unwrap()
    fields = {name: _text(getattr(reply, name)) for name in reply.__dataclass_fields__}
    return {"code": "ok", "replayed": outcome.replayed, **fields}


def _text(value: object) -> object:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, str) and "+00:00" in value:
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z").replace(":00Z", "Z")
    return value
