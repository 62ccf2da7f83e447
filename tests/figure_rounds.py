"""Rolling up the figures of campaigns to the end, as the worker does in time."""

import asyncio

from ledger.campaigns.figure_roll_up import roll_up_figures
from tests.bank import Bank


async def roll_up_all(bank: Bank, *, rows_max: int = 1) -> int:
    """In steps of about `rows_max`, once nothing older is in flight; how many activities and entries were counted."""
    application, counted = bank.application, 0
    for _ in range(500):
        step = await roll_up_figures(application.reader, application.units, rows_min=1, rows_max=rows_max)
        counted += step
        if not await _waiting(bank):
            return counted
        await asyncio.sleep(0 if step else 0.02)
    raise AssertionError("something in flight holds back the cut")


async def _waiting(bank: Bank) -> int:
    rows = await bank.fetch(
        "SELECT count(*) FROM (SELECT tx_id FROM {book}.activities UNION ALL SELECT tx_id FROM {book}.journal_entries) t"
        " WHERE tx_id >= coalesce((SELECT max(cut_tx_id) FROM {book}.campaign_figure_cuts), '0'::xid8)"
    )
    return int(rows[0][0])
