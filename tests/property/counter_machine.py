"""The state machine of the counter: issue, validate, lock, redeem, reverse and passing time against the model."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import neg
from random import Random
from typing import Any, Protocol
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.vouchers.basket import Basket
from ledger.vouchers.code import SealedCode
from ledger.vouchers.discount import Exactness, Wanted
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.lock import LockVoucher, ReleaseLock, RenewLock, token_hash
from ledger.vouchers.presented import Presented
from ledger.vouchers.redeem import RedeemVouchers
from ledger.vouchers.reverse import ReverseRedemption
from ledger.vouchers.sweeps import ExpireVouchers
from ledger.vouchers.template_body import (
    FixedDiscount,
    Gives,
    Limits,
    Percentage,
    Stacking,
    StackMode,
    StoredValue,
    TemplateBody,
    Validity,
)
from ledger.vouchers.validate import BasketValidated
from ledger.vouchers.voucher import template_id, voucher_asset_id
from tests.bank import code_of
from tests.property.counter_model import KINDS, Counter, Kind, Lock, Sale, Show, Slip
from tests.property.memory_book import AnyCommand

START = datetime(2024, 3, 28, 20, tzinfo=UTC)
"""Three days before the clocks go forward in Berlin."""
ZONES = ("Europe/Berlin", "Asia/Shanghai")
MEMBERS, SHOPS = st.sampled_from(("ann", "bob")), st.sampled_from(("shop", "kiosk"))
INDEX = st.integers(1, 30).map(neg)
"""From the end: small numbers are likelier, and the newest has most before it."""
BILLS = st.sampled_from((0, 1, 250, 500, 900, 1300, 5000))
TOKENS = st.sampled_from(("own", "wrong", None))
SKIPS = st.sampled_from(
    [timedelta(seconds=40), timedelta(minutes=6), timedelta(hours=3), timedelta(hours=23), timedelta(days=2)]
)


class Rig(Protocol):
    """What runs the commands: the book in memory, or the engine on PostgreSQL."""

    def actor(self, kind: str, name: str) -> Actor:
        """Who acts, in a programme of the rig's own."""
        ...

    def member(self, name: str) -> UUID:
        """A member by name."""
        ...

    def shop(self, name: str) -> UUID:
        """A merchant by name."""
        ...

    def code(self) -> SealedCode:
        """A dealt code."""
        ...

    def execute(self, command: AnyCommand) -> Outcome[Any]:
        """One command, decided at its `replay_at`."""
        ...

    def validate(self, command: RedeemVouchers) -> BasketValidated | None:
        """What it would come to now; None where the rig cannot read at another instant than the present."""
        ...

    def freeze(self, member: str, *, thaw: bool) -> None:
        """Stops a member, or lets it go on."""
        ...

    def state_of(self, voucher: UUID, now: datetime) -> tuple[str, int]:
        """(state, units left) as the rows say at that instant."""
        ...

    def verify(self) -> None:
        """Whatever must hold of the rows after every step."""
        ...


def body_of(kind: Kind, shop: UUID) -> TemplateBody:
    """The model's template as the product's."""
    gives: dict[str, Gives] = {
        "eighth": Percentage(basis_points=1250, cap_minor=250),
        "card": StoredValue(value_minor=kind.units),
    }
    stacking = Stacking(mode=StackMode.ALL, order=kind.order)
    if kind.is_exclusive:
        stacking = replace(stacking, mode=StackMode.EXCLUSIVE)
    if kind.category is not None:
        stacking = replace(stacking, mode=StackMode.PER_CATEGORY, category=kind.category)
    return TemplateBody(
        gives=gives.get(kind.name, FixedDiscount(amount_minor=500)),
        validity=Validity(expiry=f"{kind.days} days"),
        uses=1 if kind.name == "card" else kind.units,
        money_asset="CNY",
        use_limits=Limits(day=kind.day_limit),
        minimum_spend_minor=kind.minimum or None,
        merchants=() if kind.only is None else (shop,),
        stacking=stacking,
    )


class CounterMachine(RuleBasedStateMachine):
    """Subclasses say what runs the commands."""

    def make_rig(self, bodies: dict[str, Kind], zone: str) -> Rig:
        """A fresh programme with these templates."""
        raise NotImplementedError

    @initialize(zone=st.sampled_from(ZONES))
    def begin(self, zone: str) -> None:
        """The zone is fixed for one run; from the start there are vouchers, sales and a lock."""
        self.rig = self.make_rig({kind.name: kind for kind in KINDS}, zone)
        self.model = Counter(zone)
        self.now = START
        self.random = Random(1)
        self.keys = 0
        self.ids: list[tuple[Slip, UUID, bytes]] = []
        self.sold: list[tuple[Sale, UUID]] = []
        self.said: list[tuple[AnyCommand, Outcome[Any]]] = []
        for kind in KINDS:
            self.issue_two("ann", kind)
            self._issue("bob", kind)
            self._redeem([len(self.ids) - 3], None, "shop", 900, up_to=True)
        self.lock(-1, "shop", 900)

    def common(self, kind: str = "service", name: str = "bank") -> dict[str, Any]:
        """What every command carries."""
        self.keys += 1
        return {"actor": self.rig.actor(kind, name), "key": f"k{self.keys}", "replay_at": self.now}

    def at(self, shop: str) -> dict[str, Any]:
        """What every command at a till carries."""
        id_ = self.rig.shop(shop)
        return {**self.common("merchant", str(id_)), "merchant_id": id_}

    def ask(self, command: AnyCommand, code: str) -> Outcome[Any]:
        """Executes, and compares the code; every voucher is then what the model says."""
        outcome = self.rig.execute(command)
        assert (outcome.refusal.code if outcome.refusal else "") == code, command
        assert not outcome.replayed
        if code != "VOUCHER_LOCKED":
            self.said.append((command, outcome))
        if not code:
            self.model.settle(self.now)
        self.compare()
        return outcome

    def compare(self) -> None:
        """Every voucher's state, and the units of those that still have some."""
        for slip, id_, _ in self.ids:
            state, left = self.rig.state_of(id_, self.now)
            assert state == slip.state(self.now), (slip, state)
            if state not in {"EXPIRED", "REDEEMED"}:
                assert left == slip.left
        self.rig.verify()

    def pick(self, index: int) -> tuple[Slip, UUID, bytes]:
        """One of the vouchers."""
        return self.ids[index % len(self.ids)]

    def show(self, index: int, token: str | None, *, up_to: bool = False) -> tuple[Show, Presented]:
        """A voucher with the token of its own lock, a wrong one, or none."""
        slip, _, code = self.pick(index)
        own = None if slip.lock is None else slip.lock.token
        text = own if token == "own" else token
        wanted = Wanted(None, Exactness.UP_TO if up_to else Exactness.STRICT)
        presented = Presented(
            code_hash=code, lock_token_hash=None if text is None else token_hash(text), wanted=wanted
        )  # fmt: skip
        return Show(slip, text, up_to), presented

    # -- rules -------------------------------------------------------------------------------------------------------

    @rule(member=MEMBERS, kind=st.sampled_from(KINDS))
    def issue_two(self, member: str, kind: Kind) -> None:
        """Two vouchers of a template for a member, frozen or not."""
        self._issue(member, kind)
        self._issue(member, kind)

    def _issue(self, member: str, kind: Kind) -> None:
        code = self.rig.code()
        command = IssueVoucher(
            **self.common(), member_id=self.rig.member(member), template=kind.name, deal=partial(SealedCode, *code)
        )  # fmt: skip
        slip = self.model.issue(kind, member, self.now)
        outcome = self.ask(command, "")
        self.ids.append((slip, outcome.unwrap().voucher_id, code.hash))

    @rule(indexes=st.lists(INDEX, min_size=1, max_size=4), token=TOKENS, shop=SHOPS, bill=BILLS, up_to=st.booleans())
    def redeem(self, indexes: list[int], token: str | None, shop: str, bill: int, up_to: bool) -> None:
        """One to four vouchers on a basket, the first with a token; validated before."""
        places = list(dict.fromkeys(index % len(self.ids) for index in indexes))
        self._redeem(places, token, shop, bill, up_to=up_to)

    @precondition(lambda self: any(slip.lock_at(self.now) for slip, _, _ in self.ids))
    @rule(index=INDEX, others=st.lists(INDEX, max_size=2), token=TOKENS, shop=SHOPS, bill=BILLS)
    def redeem_locked(self, index: int, others: list[int], token: str | None, shop: str, bill: int) -> None:
        """A voucher under a lock, by who holds it or by others, alone or with some more."""
        locked = [n for n, (slip, _, _) in enumerate(self.ids) if slip.lock_at(self.now)]
        places = [locked[index % len(locked)], *(other % len(self.ids) for other in others)]
        lock = self.ids[places[0]][0].lock
        mine = lock.shop if lock is not None and token == "own" else shop
        self._redeem(list(dict.fromkeys(places)), token, mine, bill, up_to=index % 2 == 0)

    @precondition(lambda self: any(slip.lock_at(self.now) for slip, _, _ in self.ids))
    @rule(index=INDEX, shop=SHOPS, bill=BILLS)
    def redeem_beside(self, index: int, shop: str, bill: int) -> None:
        """A voucher of the same member and template as one under a lock."""
        locked = [slip for slip, _, _ in self.ids if slip.lock_at(self.now)]
        one = locked[index % len(locked)]
        alike = [n for n, (slip, _, _) in enumerate(self.ids) if (slip.kind, slip.member) == (one.kind, one.member)]
        self._redeem([alike[index % len(alike)]], None, shop, bill, up_to=False)

    @rule()
    def wait_for_the_end(self) -> None:
        """Time passes until shortly before the next voucher's validity is over."""
        later = [slip.until - timedelta(minutes=5) for slip, _, _ in self.ids]
        self.now = min((instant for instant in later if instant > self.now), default=self.now)
        self.compare()

    def _redeem(self, places: list[int], token: str | None, shop: str, bill: int, *, up_to: bool) -> None:
        both = [self.show(n, token if not at else None, up_to=up_to) for at, n in enumerate(places)]
        shows, presented = [show for show, _ in both], tuple(each for _, each in both)
        command = RedeemVouchers(**self.at(shop), vouchers=presented, basket=Basket(amount_minor=bill))
        self._validate(command, shows, shop, bill)
        code, taken, left, due = self.model.redeem(shows, shop, bill, self.now)
        sales = self.model.sales[len(self.model.sales) - len(taken) :]

        outcome = self.ask(command, code)

        if code:
            return
        reply = outcome.unwrap()
        assert [(use.units, use.discount_minor) for use in reply.applied] == [(u, minor) for _, u, minor in taken]
        assert {each.place: list(each.codes) for each in reply.skipped} == left
        assert (reply.due_minor, reply.discount_minor) == (due, bill - due)
        self.sold += zip(sales, [use.redemption_id for use in reply.applied], strict=True)

    def _validate(self, command: RedeemVouchers, shows: list[Show], shop: str, bill: int) -> None:
        told = self.rig.validate(command)
        if told is None:
            return
        taken, reasons, due = self.model.lay(shows, shop, bill, self.now)
        assert told.due_minor == due
        for place, voucher in enumerate(told.vouchers):
            assert [reason.code for reason in voucher.reasons] == reasons.get(place, [])
        assert sum(voucher.discount_minor for voucher in told.vouchers) == sum(minor for _, _, minor in taken)

    @rule(index=INDEX, shop=SHOPS, ttl=st.sampled_from((30, 120, 900)))
    def lock(self, index: int, shop: str, ttl: int) -> None:
        """A lock by a shop."""
        show, presented = self.show(index, None)
        slip, token = show.slip, f"token {self.keys}"
        is_foreign = slip.kind.only not in {None, shop}
        why = ["VOUCHER_NOT_FOUND"] if is_foreign else list(self.model.why_not(show, shop, self.now, here=[show]))
        command = LockVoucher(**self.at(shop), vouchers=(presented,), token_hash=token_hash(token), ttl_seconds=ttl)
        if not why:
            until = min(self.now + timedelta(seconds=ttl), slip.until + timedelta(minutes=15))
            slip.lock = Lock(shop, token, until, slip.left if slip.kind.name == "card" else 1)
        outcome = self.ask(command, why[0] if why else "")
        if not why:
            assert slip.lock is not None
            assert (outcome.unwrap().locked_until, outcome.unwrap().units) == (slip.lock.until, slip.lock.units)

    @precondition(lambda self: any(slip.lock for slip, _, _ in self.ids))
    @rule(index=INDEX, token=TOKENS, shop=SHOPS, ttl=st.sampled_from((30, 900)), is_renewed=st.booleans())
    def change_lock(self, index: int, token: str | None, shop: str, ttl: int, is_renewed: bool) -> None:
        """A lock is renewed, or given up."""
        locked = [n for n, (slip, _, _) in enumerate(self.ids) if slip.lock]
        show, presented = self.show(locked[index % len(locked)], token)
        code = self._why_no_lock(show, shop)
        command: AnyCommand = ReleaseLock(**self.at(shop), vouchers=(presented,))
        if is_renewed:
            command = RenewLock(**self.at(shop), vouchers=(presented,), ttl_seconds=ttl)
        if not code and show.slip.lock is not None:
            until = min(self.now + timedelta(seconds=ttl), show.slip.until + timedelta(minutes=15))
            show.slip.lock = replace(show.slip.lock, until=until) if is_renewed else None
        self.ask(command, code)

    def _why_no_lock(self, show: Show, shop: str) -> str:
        slip, lock = show.slip, show.slip.lock_at(self.now)
        if slip.kind.only not in {None, shop}:
            return "VOUCHER_NOT_FOUND"
        if self.model.holds(show, shop, self.now):
            return ""
        if slip.is_over(self.now):
            return "VOUCHER_EXPIRED"
        if lock is not None:
            return "LOCK_TOKEN_REQUIRED" if lock.shop == shop else "VOUCHER_LOCKED"
        return "LOCK_EXPIRED"

    @precondition(lambda self: self.sold)
    @rule(index=INDEX, shop=SHOPS, units=st.sampled_from((None, None, 1, 400)))
    def reverse(self, index: int, shop: str, units: int | None) -> None:
        """A sale is given back, in whole or in part, by whichever shop."""
        sale, redemption = self.sold[index % len(self.sold)]
        self.model.settle(self.now)
        code, back, dead = self.model.reverse(sale, shop, units, self.now)
        common = self.common("merchant", str(self.rig.shop(shop)))
        outcome = self.ask(ReverseRedemption(**common, redemption_id=redemption, amount_minor=units), code)
        if not code:
            assert (outcome.unwrap().units, outcome.unwrap().dead_units) == (back, dead)

    @rule(whom=st.sampled_from(((), (), (), ("ann",), ("bob",))))
    def freeze(self, whom: tuple[str, ...]) -> None:
        """These members are stopped, the others go on."""
        for member in self.model.frozen.symmetric_difference(whom):
            self.rig.freeze(member, thaw=member in self.model.frozen)
        self.model.frozen = set(whom)
        self.compare()

    @rule(index=INDEX)
    def sweep(self, index: int) -> None:
        """The sweep looks at an account."""
        slip, _, _ = self.pick(index)
        programme = self.rig.actor("system", "due").programme_id
        command = ExpireVouchers(
            actor=self.rig.actor("system", "due"),
            key=None,
            member_id=self.rig.member(slip.member),
            asset_id=voucher_asset_id(programme, slip.kind.name),
            template_id=template_id(programme, slip.kind.name),
            replay_at=self.now,
        )
        self.rig.execute(command).unwrap()
        self.model.settle(self.now)
        self.compare()

    @precondition(lambda self: self.said)
    @rule(index=INDEX)
    def repeat(self, index: int) -> None:
        """What was said once is said again, word for word, whatever happened since."""
        command, outcome = self.said[index % len(self.said)]
        if outcome.refusal is not None and not outcome.refusal.rule.frozen:
            return
        again = self.rig.execute(command)
        assert again.replayed
        assert again.reply == outcome.reply
        assert code_of(again) == code_of(outcome)
        self.compare()

    @rule(step=SKIPS)
    def wait(self, step: timedelta) -> None:
        """Time passes."""
        self.now += step
        self.compare()
