"""What a process must know to replay the journey, or its share of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from graphql_api.bootstrap import Application
from graphql_api.processes.demo.awarded_vouchers import LETTER, AwardedVouchers
from graphql_api.processes.demo.basket_commands import EarningBaskets, ReportedBaskets
from graphql_api.processes.demo.campaign_vouchers import CampaignVouchers, CouponVouchers
from graphql_api.processes.demo.journey import STARTS_AT, open_journey
from graphql_api.processes.demo.journey_events import Event
from graphql_api.processes.demo.programme import DemoProgramme
from graphql_api.processes.demo.programme_rules import budgets_end
from graphql_api.processes.demo.replay import Progress, Replay
from graphql_api.processes.programme_file.parts import ProgrammeFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTerms:
    """The journey as it is replayed; plain values, which can be handed to another process.

    members: by household
    weeks:   how many are replayed; None for the year
    rules:   under whose campaigns baskets are reported as purchases; without, each earns a point for a whole dollar
    """

    programme: DemoProgramme
    members: Mapping[int, UUID]
    weeks: int | None
    rules: ProgrammeFile | None

    @property
    def ordered_until(self) -> datetime:
        """Before it everybody's events keep their order, not only each member's own."""
        return STARTS_AT if self.rules is None else budgets_end(self.rules)

    def events(self) -> Iterator[Event]:
        """Everything that happens, in the order of time."""
        return open_journey().events(weeks=self.weeks)

    def replay(self, application: Application, progress: Progress) -> Replay:
        """The replay of all of it."""
        return Replay(
            engine=application.engine,
            programme=self.programme,
            baskets=self._baskets(),
            vouchers=self._vouchers(application),
            members=self.members,
            progress=progress,
        )

    def _baskets(self) -> EarningBaskets | ReportedBaskets:
        actor = self.programme.actor
        return EarningBaskets(actor=actor) if self.rules is None else ReportedBaskets(actor=actor)

    def _vouchers(self, application: Application) -> CouponVouchers:
        actor = self.programme.actor
        if self.rules is None:
            return CampaignVouchers(actor=actor, sealer=application.sealer)
        return AwardedVouchers(actor=actor, reader=application.reader, has_letters=LETTER in self.rules.activity_types)
