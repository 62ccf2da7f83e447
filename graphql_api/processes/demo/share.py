"""A share of the households: those whose events one of several processes replays."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple, assert_never

from graphql_api.processes.demo.journey_events import Basket, CampaignStart, Event, Redemption, VoucherUse


class Share(NamedTuple):
    """One of `of` shares, by number from 0."""

    number: int = 0
    of: int = 1

    def has(self, household_id: int) -> bool:
        """Whether the household belongs to it."""
        return household_id % self.of == self.number

    def lane(self, household_id: int, lanes: int) -> int:
        """In which of so many lanes the household's events go, always the same."""
        return household_id // self.of % lanes

    def of_events(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events of its households, in their order; a campaign goes out to those of its households."""
        for event in events:
            if isinstance(event, CampaignStart):
                mine = tuple(filter(self.has, event.campaign.households))
                yield replace(event, campaign=replace(event.campaign, households=mine))
            elif self.has(household_of(event)):
                yield event


EVERYBODY: Final = Share()


def household_of(event: Basket | Redemption | VoucherUse) -> int:
    """Whose event it is."""
    match event:
        case Basket() | Redemption():
            return event.household_id
        case VoucherUse():
            return event.redemption.household_id
        case _:
            assert_never(event)
