"""What became of the campaigns' vouchers, by an independent query over the raw Parquet files: no product code in it.

Every targeted household has one voucher of its campaign, good through the campaign's last day and for 17 uses; every
line of the redemptions file is one use. A voucher expires where its last day is over and a use is left. Run it as a
script to see the figures.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pyarrow.parquet as pq

from tests.vectors.journey_replay import FIRST_DAY, LAST_CLOCK, data_folder

USES = 17


class CampaignFigures(NamedTuple):
    """One campaign, or the sum of a type's."""

    issued: int
    redeemed: int
    uses: int
    expired: int
    good: int

    @property
    def rate(self) -> int:
        """The share of the issued vouchers that were redeemed, in hundredths of a percent, rounded down."""
        return 10_000 * self.redeemed // self.issued if self.issued else 0


def campaign_figures(
    clock: date = LAST_CLOCK, rows: frozenset[int] | None = None
) -> dict[str, tuple[str, CampaignFigures]]:
    """By campaign, as `campaign-07`: its type and its figures at the first instant of `clock`.

    rows: the lines of the redemptions file that lie in the past; None = all
    """
    folder = data_folder()
    descriptions = pq.read_table(folder / "campaign_descriptions.parquet").to_pylist()
    targeted = pq.read_table(folder / "campaigns.parquet")
    redeemed = pq.read_table(folder / "coupon_redemptions.parquet")
    sent = Counter(targeted["campaign_id"].to_pylist())
    lines = zip(redeemed["campaign_id"].to_pylist(), redeemed["household_id"].to_pylist(), strict=True)
    uses = Counter(line for number, line in enumerate(lines) if rows is None or number in rows)
    figures = {}
    for row in sorted(descriptions, key=lambda each: each["campaign_id"]):
        number = row["campaign_id"]
        own = [count for (campaign, _), count in uses.items() if campaign == number]
        used_up = sum(count == USES for count in own)
        today = datetime.combine(clock, time())
        issued = sent[number] if row["start_date"] < today else 0
        is_over, left = row["end_date"] < today, issued - used_up
        figures[f"campaign-{number:02}"] = (
            row["campaign_type"],
            CampaignFigures(issued, len(own), sum(own), left if is_over else 0, 0 if is_over else left),
        )
    return figures


def first_seconds() -> list[datetime]:
    """For each line of the redemptions file one second after its campaign's vouchers went out: on the campaign's first
    day, or with the year.
    """
    descriptions = pq.read_table(data_folder() / "campaign_descriptions.parquet").to_pylist()
    begins = {row["campaign_id"]: row["start_date"] for row in descriptions}
    redeemed = pq.read_table(data_folder() / "coupon_redemptions.parquet", columns=["campaign_id"])
    year = datetime.combine(FIRST_DAY, time())
    return [max(begins[number], year) + timedelta(seconds=1) for number in redeemed["campaign_id"].to_pylist()]


def type_figures(campaigns: Mapping[str, tuple[str, CampaignFigures]]) -> dict[str, CampaignFigures]:
    """The sums of each campaign type."""
    sums: dict[str, CampaignFigures] = {}
    for kind, figures in campaigns.values():
        before = sums.get(kind, CampaignFigures(0, 0, 0, 0, 0))
        sums[kind] = CampaignFigures(*(one + other for one, other in zip(before, figures, strict=True)))
    return dict(sorted(sums.items()))


if __name__ == "__main__":
    by_campaign = campaign_figures()
    by_type = {kind: {**each._asdict(), "rate": each.rate} for kind, each in type_figures(by_campaign).items()}
    told = {code: {"type": kind, **each._asdict(), "rate": each.rate} for code, (kind, each) in by_campaign.items()}
    sys.stdout.write(json.dumps({"campaigns": told, "types": by_type}, indent=2) + "\n")
