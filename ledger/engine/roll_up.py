"""Roll-ups: sums of open accounts up to a cut, so that a balance reads only what was posted since.

The cut is a transaction id, `pg_snapshot_xmin`: everything before it is committed or gone for ever. A posted time would
not do, because it is chosen before the commit and a late commit would be lost.
"""

from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.engine.unit_of_work import UnitsOfWork

ENTRIES_BETWEEN = 5_000
"""Entries after which a new cut pays: reading so many costs a few milliseconds."""

# One process at a time: two roll-ups at one cut would write the same rows. A lock that another holds ends the round.
_LOCK = SqlQuery(
    "SELECT pg_try_advisory_xact_lock(hashtextextended('scrip roll-up ' || CAST(:schema AS text), 0)) AS won"
)
_WAITING = SqlQuery(
    """
    SELECT count(*) AS entries FROM (
        SELECT FROM {book}.journal_entries
        WHERE tx_id >= coalesce((SELECT max(cut_tx_id) FROM {book}.roll_up_cuts), '0'::xid8)
          AND tx_id < pg_snapshot_xmin(pg_current_snapshot())
        LIMIT CAST(:rows_max AS bigint)) waiting
    """
)
_ROLL_UP = SqlQuery(
    """
    WITH cut AS (
        SELECT coalesce(max(cut_tx_id), '0'::xid8) AS earlier, pg_snapshot_xmin(pg_current_snapshot()) AS now
        FROM {book}.roll_up_cuts
    ), entries AS MATERIALIZED (
        SELECT e.id FROM cut, {book}.journal_entries e WHERE e.tx_id >= cut.earlier AND e.tx_id < cut.now
    ), moved AS (
        SELECT account_id, sum(amount) AS amount FROM (
            SELECT p.destination_id AS account_id, p.amount FROM entries JOIN {book}.postings p ON p.entry_id = entries.id
            UNION ALL
            SELECT p.source_id, -p.amount FROM entries JOIN {book}.postings p ON p.entry_id = entries.id) sides
        JOIN {book}.accounts a ON a.id = sides.account_id AND a.floor IS NULL AND a.ceiling IS NULL
        GROUP BY account_id
    ), noted AS (
        INSERT INTO {book}.roll_up_cuts (cut_tx_id, made_at)
        SELECT cut.now, clock_timestamp() FROM cut WHERE cut.now > cut.earlier RETURNING cut_tx_id
    )
    INSERT INTO {book}.roll_ups (account_id, cut_tx_id, posted)
    SELECT moved.account_id, noted.cut_tx_id, moved.amount + coalesce((
        SELECT r.posted FROM {book}.roll_ups r WHERE r.account_id = moved.account_id ORDER BY r.cut_tx_id DESC LIMIT 1), 0)
    FROM moved CROSS JOIN noted
    RETURNING account_id
    """
)
_BALANCES = SqlQuery(
    """
    WITH cut AS (SELECT coalesce(max(cut_tx_id), '0'::xid8) AS tx_id FROM {book}.roll_up_cuts),
    recent AS MATERIALIZED (SELECT e.id FROM cut, {book}.journal_entries e WHERE e.tx_id >= cut.tx_id),
    moved AS (
        SELECT account_id, sum(amount) AS amount FROM (
            SELECT p.destination_id AS account_id, p.amount FROM recent JOIN {book}.postings p ON p.entry_id = recent.id
            UNION ALL
            SELECT p.source_id, -p.amount FROM recent JOIN {book}.postings p ON p.entry_id = recent.id) sides
        WHERE account_id = ANY (CAST(:accounts AS uuid[])) GROUP BY account_id
    )
    SELECT a.id, (coalesce(moved.amount, 0) + coalesce((
        SELECT r.posted FROM {book}.roll_ups r WHERE r.account_id = a.id ORDER BY r.cut_tx_id DESC LIMIT 1), 0))::bigint
        AS posted
    FROM {book}.accounts a LEFT JOIN moved ON moved.account_id = a.id
    WHERE a.id = ANY (CAST(:accounts AS uuid[])) AND a.programme_id = CAST(:programme_id AS uuid)
      AND a.floor IS NULL AND a.ceiling IS NULL
    """
)


async def roll_up(reader: Reader, units: UnitsOfWork, *, entries_min: int = ENTRIES_BETWEEN) -> int:
    """Makes a new cut where at least `entries_min` entries wait for one; returns how many accounts it wrote. Safe twice
    and in two processes.
    """
    waiting = await reader.row(_WAITING, {"rows_max": entries_min})
    if waiting is None or waiting["entries"] < entries_min:
        return 0
    async with units.begin() as work:
        if not (await work.run(_LOCK, {"schema": reader.book_schema}))[0]["won"]:
            return 0
        return len(await work.run(_ROLL_UP))


async def open_balances(reader: Reader, programme_id: UUID, account_ids: list[UUID]) -> dict[UUID, int]:
    """The balances of the programme's open accounts among these: the last roll-up plus what was posted since."""
    rows = await reader.rows(_BALANCES, {"accounts": account_ids, "programme_id": programme_id})
    return {row["id"]: row["posted"] for row in rows}
