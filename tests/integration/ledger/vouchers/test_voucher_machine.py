"""Issue, claim, gift, void and expiry in any order against a model, on the real engine; the checker has the last word."""

import os
from datetime import UTC, datetime, timedelta
from itertools import count
from operator import neg
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graphql_api.settings import Settings
from ledger.engine.command import Actor, Command
from ledger.engine.outcome import Outcome
from ledger.members.enrol import EnrolMember
from ledger.members.freeze import FreezeMember, UnfreezeMember
from ledger.points.earn import EarnPoints
from ledger.programme.setup import create_asset, create_programme
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.code import deal_code
from ledger.vouchers.gift import GiftVoucher
from ledger.vouchers.issue import IssueVoucher
from ledger.vouchers.rows import Voucher
from ledger.vouchers.sweeps import ExpireVouchers
from ledger.vouchers.template import create_template, publish_template
from ledger.vouchers.top_up import TopUpStock
from ledger.vouchers.void import VoidVoucher
from ledger.vouchers.voucher import state_at, template_id, voucher_asset_id
from tests.bank import code_of
from tests.checking import assert_clean
from tests.integration.ledger.ground import Ground, ground_at
from tests.integration.ledger.vouchers.voucher_model import TEMPLATES, ZONE, Held, Model

T = TypeVar("T")
RUNS = count(1)
START = datetime(2024, 3, 28, 10, tzinfo=UTC)
"""Three days before the clocks go forward in Berlin."""
NAMES = ("ann", "bob", "cat")
MEMBERS = st.sampled_from(NAMES)
POINTS = 25
SKIPS = st.sampled_from([timedelta(hours=7), timedelta(days=1), timedelta(days=1), timedelta(days=3)])
INDEX = st.integers(1, 60).map(neg)
"""From the end: small numbers are likelier, and the newest has most before it."""
ASKED = st.tuples(MEMBERS, st.sampled_from(sorted(TEMPLATES)), st.booleans())


class VoucherMachine(RuleBasedStateMachine):
    """A subclass says on which ground it runs."""

    ground: ClassVar[Ground]

    @initialize()
    def begin(self) -> None:
        """A programme of this run's own: four templates and three members with points."""
        self.now, self.keys = START, 0
        self.model = Model(
            stock={code: terms.pieces or 0 for code, terms in TEMPLATES.items()}, points=dict.fromkeys(NAMES, POINTS)
        )
        self.members: dict[str, UUID] = {}
        self.ground.wait(self._begin(f"P{next(RUNS)}"))

    async def _begin(self, code: str) -> None:
        units, nobody = self.ground.application.units, Actor(kind="operator", id="o", programme_id=UUID(int=0))
        programme = await create_programme(units, nobody, code=code, name="Run", time_zone=ZONE)
        self.actor = Actor(kind="service", id=code, programme_id=programme.id)
        await create_asset(units, self.actor, code="POINTS", kind="points")
        for template, terms in TEMPLATES.items():
            await create_template(units, self.actor, code=template, body=terms.body())
            await publish_template(units, self.actor, code=template)
            if terms.pieces is not None:
                await self._do(TopUpStock(actor=self.actor, key=self.key(), template=template, pieces=terms.pieces))
        for name in NAMES:
            enrolled = await self._do(EnrolMember(**self.common(), external_id=name))
            self.members[name] = enrolled.unwrap().member_id
            await self._do(EarnPoints(**self.common(), member_id=self.members[name], amount=POINTS))

    async def _do(self, command: Command[T]) -> Outcome[T]:
        return await self.ground.application.engine.execute(command)

    def key(self) -> str:
        """A fresh key."""
        self.keys += 1
        return f"k{self.keys}"

    def common(self) -> dict[str, Any]:
        """What every command carries."""
        return {"actor": self.actor, "key": self.key(), "replay_at": self.now}

    def execute(self, command: Command[T], expected: str) -> T | None:
        """Runs a command that is refused with this code, or accepted where it is ""; the reply."""
        outcome = self.ground.wait(self._do(command))
        assert code_of(outcome) == expected
        return outcome.reply

    def code(self) -> Any:
        """A dealt code."""
        return deal_code(os.urandom, self.ground.application.sealer, self.actor.programme_id)

    # -- rules -------------------------------------------------------------------------------------------------------

    @rule(asked=st.lists(ASKED, min_size=1, max_size=5))
    def give(self, asked: list[tuple[str, str, bool]]) -> None:
        """The bank issues, or members claim."""
        for name, template, claims in asked:
            self._give(name, template, claims=claims)

    def _give(self, name: str, template: str, *, claims: bool) -> None:
        kind = ClaimVoucher if claims else IssueVoucher
        expected = self.model.why_not(name, template, self.now, claims=claims)
        command = kind(**self.common(), member_id=self.members[name], template=template, deal=self.code)
        reply = self.execute(command, expected)
        if reply is not None:
            assert reply.points_available == (self.model.points[name] - 10 if claims and template == "DEAR" else None)
            self.model.give(reply.voucher_id, name, template, self.now, claims=claims)

    @precondition(lambda self: self.model.vouchers)
    @rule(index=INDEX, to=MEMBERS)
    def gift(self, index: int, to: str) -> None:
        """A member gives one away; the other gets a new one for the same time."""
        held = self.model.vouchers[index % len(self.model.vouchers)]
        state = held.state(self.now)
        expected = _REFUSED.get(state, "")
        if not expected and not TEMPLATES[held.template].is_giftable:
            expected = "GIFT_NOT_ALLOWED"
        if not expected and held.member == to:
            expected = "GIFT_TO_SELF"
        if held.member in self.model.frozen:
            expected = "MEMBER_FROZEN"
        command = GiftVoucher(
            **self.common(), voucher_id=held.id, member_id=self.members[held.member], to_member_id=self.members[to],
            deal=self.code,
        )  # fmt: skip
        reply = self.execute(command, expected)
        if reply is not None:
            held.end = "GIFTED"
            self.model.vouchers.append(
                Held(id=reply.voucher_id, template=held.template, member=to, dies_at=held.dies_at)
            )

    @precondition(lambda self: self.model.vouchers)
    @rule(index=INDEX)
    def void(self, index: int) -> None:
        """The bank takes one back."""
        held = self.model.vouchers[index % len(self.model.vouchers)]
        expected = _REFUSED.get(held.state(self.now), "")
        self.execute(VoidVoucher(**self.common(), voucher_id=held.id, reason_code="X"), expected)
        held.end = held.end if expected else "VOIDED"

    @rule(whom=st.sampled_from(((), (), *((name,) for name in NAMES))))
    def freeze(self, whom: tuple[str, ...]) -> None:
        """What these members start is stopped, that of others goes on."""
        for name in self.model.frozen.symmetric_difference(whom):
            kind = UnfreezeMember if name in self.model.frozen else FreezeMember
            self.execute(kind(actor=self.actor, key=self.key(), member_id=self.members[name]), "")
        self.model.frozen = set(whom)

    @rule(name=MEMBERS, template=st.sampled_from(sorted(TEMPLATES)))
    def sweep(self, name: str, template: str) -> None:
        """What is due in one account is posted, or nothing is."""
        programme = self.actor.programme_id
        command = ExpireVouchers(
            actor=self.actor, key=None, member_id=self.members[name], asset_id=voucher_asset_id(programme, template),
            template_id=template_id(programme, template), replay_at=self.now,
        )  # fmt: skip
        self.execute(command, "")

    @rule(skip=SKIPS)
    def wait(self, skip: timedelta) -> None:
        """Time passes."""
        self.now += skip

    # -- what holds after every step ---------------------------------------------------------------------------------

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        """Every voucher's state at this instant, and every member's points."""
        columns = ", ".join(Voucher._fields)
        sql = f"SELECT {columns} FROM book.vouchers WHERE programme_id = $1"
        rows = self.ground.wait(self.ground.connection.fetch(sql, self.actor.programme_id))
        states = {row["id"]: str(state_at(Voucher(*row), self.now)) for row in rows}
        assert states == {held.id: held.state(self.now) for held in self.model.vouchers}
        sql = "SELECT holder_id, posted FROM book.accounts WHERE programme_id = $1 AND role = 'wallet'"
        posted = {
            row["holder_id"]: row["posted"]
            for row in self.ground.wait(self.ground.connection.fetch(sql, self.actor.programme_id))
        }
        assert posted == {self.members[name]: points for name, points in self.model.points.items()}


_REFUSED = {"GIFTED": "VOUCHER_VOIDED", "VOIDED": "VOUCHER_VOIDED", "EXPIRED": "VOUCHER_EXPIRED"}


def test_the_engine_does_what_the_model_says(database_url: str, settings: Settings) -> None:
    """Every outcome and every state as the model tells; at the end the checker finds nothing."""
    with ground_at(database_url, settings) as at:

        class OnTheEngine(VoucherMachine):
            """On PostgreSQL."""

            ground = at

        run_state_machine_as_test(
            OnTheEngine,
            settings=hypothesis_settings(max_examples=20, stateful_step_count=35, derandomize=True, deadline=None),
        )

        at.wait(assert_clean(database_url))
