"""Campaigns that run, and activities that are reported, as the bank's own systems and clerks ask for them."""

from typing import Any

import pytest

from tests.campaign_desk import CampaignDesk
from tests.integration.graphql.people import People

REPORTED = """
... on ActivityReported {
  replayed activityId memberId entryId state
  awards { awardId campaign version rule asset amount }
  skipped { campaign version phase rule variant reason }
}
... on InvalidInputError { field }
"""


@pytest.fixture
def campaigns(people: People) -> CampaignDesk:
    """Campaigns of the bank, made through the ledger's own commands."""
    return CampaignDesk(bank=people.desk.bank)


def purchase(event_id: str, amount: object = 199, **more: object) -> dict[str, Any]:
    """What Ines bought."""
    return {
        "member": {"externalId": "ines"},
        "type": "purchase",
        "source": "pos",
        "eventId": event_id,
        "occurredAt": "2026-01-05T10:00:00+08:00",
        "payload": {"amount": amount},
        **more,
    }


def refund(event_id: str, of: str, amount: int) -> dict[str, Any]:
    """A purchase, or a part of it, that Ines took back."""
    return purchase(event_id, amount, type="refund", refundOf=of)


async def report(people: People, given: dict[str, object]) -> dict[str, Any]:
    """What one report came to."""
    return await people.desk.change(people.core, "reportActivity", given, REPORTED)
