"""Turn batches of Parquet rows into baskets and coupons: cents rounded per line, times made aware.

Columns are worked on as wholes by Arrow, because a Python loop over 1,469,307 lines would take as
long as a good part of the replay.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from graphql_api.processes.demo.journey_events import Basket, Coupon

if TYPE_CHECKING:
    import pyarrow as pa

    # The stubs want one type of element; `values` holds doubles and times are timestamps.
    Column: TypeAlias = pa.Array[pa.Scalar[pa.lib.Int64Type]]
    Constant: TypeAlias = pa.Scalar[pa.DataType]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

BASKET_COLUMNS: Final = (
    "basket_id",
    "household_id",
    "store_id",
    "sales_value",
    "transaction_timestamp",
)
COUPON_COLUMNS: Final = ("household_id", "coupon_upc", "campaign_id", "redemption_date")


def split_into_runs(batch: pa.RecordBatch) -> Iterator[Basket]:
    """One part-basket for each run of neighbouring lines with one basket id.

    A line's cents are round(100 x value), half to even, exactly as Python's round() of the double
    product; sums are of integers.
    """
    if batch.num_rows == 0:
        return
    last_lines = _last_lines_of_runs(batch.column("basket_id"))
    running = read_integers(_running_cents(batch.column("sales_value")).take(last_lines))
    rows = zip(
        read_integers(batch.column("basket_id").take(last_lines)),
        read_integers(batch.column("household_id").take(last_lines)),
        read_integers(batch.column("store_id").take(last_lines)),
        read_times(batch.column("transaction_timestamp").take(last_lines)),
        running,
        [0, *running[:-1]],
        strict=True,
    )
    for basket_id, household_id, store_id, at, cents_after, cents_before in rows:
        yield Basket(
            basket_id=basket_id,
            household_id=household_id,
            store_id=store_id,
            at=at,
            cents=cents_after - cents_before,
        )


def rows_of_households(batch: pa.RecordBatch, households: Collection[int]) -> pa.RecordBatch:
    """The batch's lines of these households."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = batch.column("household_id")
    # From bytes, because converting a Python list would import pandas if present.
    numbers = pa.py_buffer(array("q", sorted(households)).tobytes())
    wanted = pa.Array.from_buffers(pa.int64(), len(households), [None, numbers]).cast(column.type)
    return batch.filter(pc.call_function("is_in", [column], pc.SetLookupOptions(value_set=wanted)))


def split_into_coupons(batch: pa.RecordBatch, *, first_row: int) -> Iterator[Coupon]:
    """One coupon a row, numbered from `first_row`."""
    rows = zip(
        read_integers(batch.column("household_id")),
        read_integers(batch.column("coupon_upc")),
        read_integers(batch.column("campaign_id")),
        read_times(batch.column("redemption_date")),
        strict=True,
    )
    for row, (household_id, coupon_upc, campaign_id, at) in enumerate(rows, start=first_row):
        yield Coupon(
            row=row,
            household_id=household_id,
            coupon_upc=coupon_upc,
            campaign_id=campaign_id,
            date=at.date(),
        )


def _last_lines_of_runs(column: Column) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    runs = pc.call_function("run_end_encode", [column])
    return _call("subtract", runs.run_ends, _constant(pa.int32(), pack("=i", 1)))


def _running_cents(values: Column) -> Column:
    import pyarrow as pa
    import pyarrow.compute as pc

    hundredfold = _call("multiply", values, _constant(pa.float64(), pack("=d", 100.0)))
    rounding = pc.RoundOptions(round_mode="half_to_even")
    rounded: Column = pc.call_function("round", [hundredfold], rounding)
    return _call("cumulative_sum", rounded.cast(pa.int64()))


def _call(function: str, *columns: Column | Constant) -> Column:
    """The Arrow function of that name over whole columns."""
    import pyarrow.compute as pc

    result: Column = pc.call_function(function, list(columns))
    return result


def _constant(kind: pa.DataType, packed: bytes) -> Constant:
    """A scalar from its bytes; converting a Python number would import pandas if present."""
    import pyarrow as pa

    constant: Constant = pa.Array.from_buffers(kind, 1, [None, pa.py_buffer(packed)])[0]
    return constant


def read_integers(column: Column) -> list[int]:
    """The column as Python integers; the files have no missing values."""
    return cast("list[int]", column.to_pylist())


def read_times(column: Column) -> list[datetime]:
    """Aware times by way of integers, because Arrow makes pandas' own type of nanoseconds."""
    import pyarrow as pa

    microseconds = column.cast(pa.timestamp("us")).cast(pa.int64())
    return [EPOCH + timedelta(microseconds=count) for count in read_integers(microseconds)]
