"""What runs the commands of the counter's machine, and the model's templates as the product's."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from ledger.engine.command import Actor
from ledger.engine.outcome import Outcome
from ledger.vouchers.code import SealedCode
from ledger.vouchers.redeem import RedeemVouchers
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
from tests.property.counter_model import Kind
from tests.property.memory_book import AnyCommand


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
