"""Reading what ladders stood at when recorded activities occurred: `qualifying.py` in SQL, for many at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.programme.calendar import local_date
from ledger.tiers.evaluation import Terms
from ledger.tiers.ladder_body import MetricKind
from ledger.tiers.rows import standing_id
from ledger.tiers.window import starts_on


class Occurred(NamedTuple):
    """A recorded activity: what was credited before it is what earlier activities brought."""

    activity_id: UUID
    member_id: UUID
    occurred_at: datetime


_QUALIFYING = SqlQuery(
    """
    SELECT a.id, c.counted
    FROM unnest(CAST(:ids AS uuid[]), CAST(:standings AS uuid[]), CAST(:instants AS timestamptz[]),
                CAST(:starts AS date[])) AS a (id, standing_id, occurred_at, starts_on)
    CROSS JOIN LATERAL (
        SELECT (CASE WHEN CAST(:is_snapshot AS boolean) THEN (array_agg(c.amount ORDER BY c.occurred_at DESC, c.version DESC))[1]
                     ELSE sum(c.amount) END)::bigint AS counted
        FROM {book}.tier_credits c
        WHERE c.standing_id = a.standing_id AND c.activity_id < a.id
          AND c.posted_at <= a.occurred_at AND c.local_day >= a.starts_on) c
    WHERE c.counted IS NOT NULL
    """
)


async def read_qualifying(
    reader: Reader, ladder_id: UUID, terms: Terms, occurred: Sequence[Occurred]
) -> Mapping[UUID, int]:
    """What the ladder stood at for each of the activities, by the activity's id; without one: at 0."""
    window, zone = terms.body.window, terms.time_zone
    asked = {
        "ids": [each.activity_id for each in occurred],
        "standings": [standing_id(each.member_id, ladder_id) for each in occurred],
        "instants": [each.occurred_at for each in occurred],
        "starts": [starts_on(window, local_date(each.occurred_at, zone)) for each in occurred],
        "is_snapshot": terms.body.metric.kind == MetricKind.SNAPSHOT,
    }
    return {row["id"]: row["counted"] for row in await reader.rows(_QUALIFYING, asked)}
