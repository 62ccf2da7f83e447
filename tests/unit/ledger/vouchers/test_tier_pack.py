"""Packs: a voucher that cannot be given is tried again, less and less often, and not for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.book.refusal import Refusal, RefusalCode
from ledger.vouchers.tier_pack import next_try

DUE = datetime(2026, 3, 1, tzinfo=UTC)
OUT_OF_STOCK = Refusal(RefusalCode.OUT_OF_STOCK)


@pytest.mark.parametrize(
    ("waited", "pause"),
    [
        (timedelta(0), timedelta(minutes=1)),
        (timedelta(seconds=59), timedelta(minutes=1)),
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(days=2), timedelta(days=1)),
        (timedelta(days=30, microseconds=-1), timedelta(days=1)),
        (timedelta(days=30), None),
    ],
)
def test_it_is_tried_again_after_as_long_as_it_waited(waited: timedelta, pause: timedelta | None) -> None:
    """Within a minute and a day, for thirty days."""
    now = DUE + waited

    assert next_try(DUE, OUT_OF_STOCK, now) == (None if pause is None else now + pause)


def test_what_never_passes_is_not_tried_again() -> None:
    """A closed member stays closed."""
    assert next_try(DUE, Refusal(RefusalCode.MEMBER_CLOSED), DUE) is None
