"""The campaigns of the Complete Journey, when their vouchers go out, and when a redemption uses one. Nothing is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, cast

from graphql_api.processes.demo.journey_events import Campaign, CampaignStart, Redemption, VoucherUse
from graphql_api.processes.demo.journey_files import CAMPAIGN_DESCRIPTIONS, CAMPAIGNS, read_batches
from graphql_api.processes.demo.journey_rows import read_integers, read_times
from graphql_api.processes.demo.redemption_placing import DELAY

if TYPE_CHECKING:
    from pathlib import Path

_TARGETINGS: Final = ("campaign_id", "household_id")
_DESCRIPTIONS: Final = ("campaign_id", "campaign_type", "start_date", "end_date")


def read_campaigns(folder: Path) -> list[Campaign]:
    """All 27 campaigns with their 6,589 targetings, by number."""
    households: dict[int, list[int]] = defaultdict(list)
    for batch in read_batches(folder / CAMPAIGNS, _TARGETINGS):
        numbers = (read_integers(batch.column(name)) for name in _TARGETINGS)
        for campaign_id, household_id in zip(*numbers, strict=True):
            households[campaign_id].append(household_id)
    campaigns = [
        Campaign(
            campaign_id=row.campaign_id,
            campaign_type=row.campaign_type,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            households=tuple(households[row.campaign_id]),
        )
        for row in _read_descriptions(folder)
    ]
    return sorted(campaigns, key=lambda campaign: campaign.campaign_id)


def campaign_starts(campaigns: Iterable[Campaign], *, not_before: datetime) -> list[CampaignStart]:
    """When each campaign's vouchers go out, in order of time and number."""
    starts = [CampaignStart(campaign=each, at=max(_first_instant(each), not_before)) for each in campaigns]
    return sorted(starts, key=lambda start: (start.at, start.campaign.campaign_id))


def voucher_uses(starts: Iterable[CampaignStart], redemptions: Iterable[Redemption]) -> list[VoucherUse]:
    """Each redemption as a use of its campaign's voucher, by time, basket and row.

    That is when and where the redemption is placed, with one exception. The file states a date only, always one of the
    campaign's; where the household bought nothing between the campaign's first day and that date, the redemption is
    placed at a basket from before the campaign (29 of 2,102). Nobody has the voucher then: it is used in that basket's
    store right after it went out.
    """
    out_at: Mapping[int, datetime] = {start.campaign.campaign_id: start.at for start in starts}
    uses = [VoucherUse(redemption=each, at=max(each.at, out_at[each.campaign_id] + DELAY)) for each in redemptions]
    return sorted(uses, key=lambda use: (use.at, use.redemption.basket_id, use.redemption.row))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Description:
    campaign_id: int
    campaign_type: str
    starts_on: date
    ends_on: date


def _read_descriptions(folder: Path) -> list[_Description]:
    return [
        _Description(campaign_id=campaign_id, campaign_type=campaign_type, starts_on=starts.date(), ends_on=ends.date())
        for batch in read_batches(folder / CAMPAIGN_DESCRIPTIONS, _DESCRIPTIONS)
        for campaign_id, campaign_type, starts, ends in zip(
            read_integers(batch.column("campaign_id")),
            cast("list[str]", batch.column("campaign_type").to_pylist()),
            read_times(batch.column("start_date")),
            read_times(batch.column("end_date")),
            strict=True,
        )
    ]


def _first_instant(campaign: Campaign) -> datetime:
    return datetime.combine(campaign.starts_on, time(), UTC)
