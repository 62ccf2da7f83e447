"""What a basket asks of the ledger: points by the demo's own rule, or a report under the rules of campaigns."""

from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

import orjson

from graphql_api.processes.demo.journey_events import Basket
from graphql_api.processes.demo.programme import POINTS
from ledger.campaigns.report import ReportActivity
from ledger.engine.command import Actor
from ledger.engine.unit import AnyCommand
from ledger.points.earn import EarnPoints

CENTS_PER_POINT: Final = 100
TILLS: Final = "tills"
"""The source by which baskets are known."""


class BasketCommands(Protocol):
    """How baskets are put to the ledger."""

    def command_of(self, basket: Basket, member_id: UUID, merchant_id: UUID) -> AnyCommand | None:
        """The command of a member's basket at a merchant; None where there is nothing to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningBaskets:
    """A point for each whole dollar; a basket under a dollar earns nothing."""

    actor: Actor

    def command_of(self, basket: Basket, member_id: UUID, merchant_id: UUID) -> EarnPoints | None:
        """The earn, effective at the basket's own time."""
        if basket.cents < CENTS_PER_POINT:
            return None
        return EarnPoints(
            actor=self.actor,
            key=f"basket-{basket.basket_id}",
            reference=f"basket-{basket.basket_id}",
            member_id=member_id,
            asset=POINTS,
            amount=basket.cents // CENTS_PER_POINT,
            sale_minor=basket.cents,
            merchant_id=merchant_id,
            replay_at=basket.at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedBaskets:
    """A purchase; what it earns, campaigns say. A basket that cost nothing is none."""

    actor: Actor

    def command_of(self, basket: Basket, member_id: UUID, merchant_id: UUID) -> ReportActivity | None:
        """The report, under the basket's number."""
        if basket.cents == 0:
            return None
        return ReportActivity(
            actor=self.actor,
            source=TILLS,
            event_id=str(basket.basket_id),
            member_id=member_id,
            type="purchase",
            occurred_at=basket.at,
            payload=orjson.dumps({"amount": basket.cents}).decode(),
            merchant_id=merchant_id,
            replay_at=basket.at,
        )
