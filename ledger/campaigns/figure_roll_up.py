"""Rolling up the figures of campaigns: what committed before a cut is counted once, so that a read counts the rest only.

The cut is a transaction id, as of the roll-ups of open accounts.
"""

from typing import Final

from ledger.campaigns.figure_lines import LINES, PLACE
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.engine.unit_of_work import UnitsOfWork

ROWS_MIN: Final = 5_000
"""Activities, or entries, after which a cut pays: reading so many costs a few milliseconds."""
ROWS_MAX: Final = 20_000
"""Of both, how many one round counts; the rest of the last transaction comes along."""

EARLIER: Final = "SELECT coalesce(max(cut_tx_id), '0'::xid8) AS tx_id FROM {book}.campaign_figure_cuts"
"""The latest cut."""

# One process at a time, as with the roll-ups of accounts.
_LOCK = SqlQuery(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('scrip figures ' || CAST(:schema AS text), 0)) AS won"
)
_WAITING = SqlQuery(
    f"""
    WITH earlier AS ({EARLIER})
    SELECT greatest(
        (SELECT count(*) FROM (SELECT FROM earlier, {{book}}.activities a
            WHERE a.tx_id >= earlier.tx_id AND a.tx_id < pg_snapshot_xmin(pg_current_snapshot())
            LIMIT CAST(:rows_min AS bigint)) activities),
        (SELECT count(*) FROM (SELECT FROM earlier, {{book}}.journal_entries e
            WHERE e.tx_id >= earlier.tx_id AND e.tx_id < pg_snapshot_xmin(pg_current_snapshot())
            LIMIT CAST(:rows_min AS bigint)) entries)) AS rows
    """  # noqa: S608
)
_NEXT_CUT = SqlQuery(
    f"""
    WITH earlier AS ({EARLIER}), crowded AS (
        SELECT min(tx_id) AS tx_id FROM (
            (SELECT a.tx_id FROM earlier, {{book}}.activities a WHERE a.tx_id >= earlier.tx_id
             ORDER BY a.tx_id OFFSET CAST(:rows_max AS bigint) LIMIT 1)
            UNION ALL
            (SELECT e.tx_id FROM earlier, {{book}}.journal_entries e WHERE e.tx_id >= earlier.tx_id
             ORDER BY e.tx_id OFFSET CAST(:rows_max AS bigint) LIMIT 1)) far
    ), bounds AS (
        SELECT pg_snapshot_xmin(pg_current_snapshot()) AS tx_id
        UNION ALL SELECT min(a.tx_id) FROM crowded, {{book}}.activities a WHERE a.tx_id > crowded.tx_id
        UNION ALL SELECT min(e.tx_id) FROM crowded, {{book}}.journal_entries e WHERE e.tx_id > crowded.tx_id
    )
    SELECT min(tx_id)::text AS cut FROM bounds
    """  # noqa: S608
)
_ROLL_UP = SqlQuery(
    f"""
    WITH cut AS (
        SELECT earlier.tx_id AS earlier, CAST(CAST(:cut AS text) AS xid8) AS now FROM ({EARLIER}) earlier
    ), known AS (SELECT lot_id, redeemed FROM {{book}}.campaign_lots), {LINES}, noted AS (
        INSERT INTO {{book}}.campaign_figure_cuts (cut_tx_id, made_at)
        SELECT cut.now, clock_timestamp() FROM cut WHERE cut.now > cut.earlier
    ), used AS (
        INSERT INTO {{book}}.campaign_lots AS kept (lot_id, redeemed) SELECT lot_id, after FROM uses
        ON CONFLICT (lot_id) DO UPDATE SET redeemed = excluded.redeemed
    ), granted AS (
        INSERT INTO {{book}}.campaign_grants AS kept
            ({PLACE}, asset_id, awards, issued, returned, redeemed, cost)
        SELECT {PLACE}, asset_id, awards, issued, returned, redeemed, cost FROM grants
        ON CONFLICT (campaign_id, local_day, member_id, asset_id, phase, variant, channel, branch) DO UPDATE SET
            awards = kept.awards + excluded.awards, issued = kept.issued + excluded.issued,
            returned = kept.returned + excluded.returned, redeemed = kept.redeemed + excluded.redeemed,
            cost = kept.cost + excluded.cost
    ), reached AS (
        INSERT INTO {{book}}.campaign_reach AS kept ({PLACE}, activities, awarded, value_minor)
        SELECT {PLACE}, activities, awarded, value_minor FROM reach
        ON CONFLICT (campaign_id, local_day, member_id, phase, variant, channel, branch) DO UPDATE SET
            activities = kept.activities + excluded.activities, awarded = kept.awarded + excluded.awarded,
            value_minor = kept.value_minor + excluded.value_minor
    )
    SELECT (SELECT count(*) FROM fresh) + (
        SELECT count(*) FROM cut, {{book}}.journal_entries e WHERE e.tx_id >= cut.earlier AND e.tx_id < cut.now) AS counted
    """  # noqa: S608
)


async def roll_up_figures(
    reader: Reader, units: UnitsOfWork, *, rows_min: int = ROWS_MIN, rows_max: int = ROWS_MAX
) -> int:
    """Where at least `rows_min` activities or entries have committed since the last cut, counts about `rows_max` of each;
    returns how many it counted. Safe twice and in two processes.
    """
    waiting = await reader.row(_WAITING, {"rows_min": rows_min})
    if waiting is None or waiting["rows"] < rows_min:
        return 0
    async with units.begin() as work:
        if not (await work.run(_LOCK, {"schema": reader.book_schema}))[0]["won"]:
            return 0
        cut = (await work.run(_NEXT_CUT, {"rows_max": rows_max}))[0]["cut"]
        return int((await work.run(_ROLL_UP, {"cut": cut}))[0]["counted"])


async def catch_up(reader: Reader, units: UnitsOfWork) -> int:
    """Rounds until so little waits that a read counts it as quickly; returns how many activities and entries."""
    counted = 0
    while step := await roll_up_figures(reader, units):
        counted += step
    return counted
