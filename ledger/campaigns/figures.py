"""Figures of a campaign: whom it reached, what it gave and what came of that, as a whole or by one of its sides.

A read is the roll-up and what committed since. Counts of people are exact for whatever is asked for: they are never sums
of smaller counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final
from uuid import UUID

from ledger.campaigns.figure_lines import LINES, PLACE
from ledger.campaigns.figure_roll_up import EARLIER
from ledger.engine.reader import PAGE_ROWS_MAX, Reader, Record
from ledger.engine.sql_query import SqlQuery

BASIS_POINTS: Final = 10_000
_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


class Side(StrEnum):
    """By what figures are told apart; TOTAL: not at all."""

    TOTAL = "TOTAL"
    VARIANT = "VARIANT"
    PHASE = "PHASE"
    CHANNEL = "CHANNEL"
    BRANCH = "BRANCH"
    DAY = "DAY"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFigures:
    """What a campaign gave of one asset, in its units.

    awards:   how many · issued: by them · returned: what refunds took back of it
    redeemed: what members have used of it so far; what they transferred or gave away is not followed
    cost:     what the campaign's budget paid, less what refunds brought back; 0 where it has none for the asset
    """

    asset: str
    awards: int
    issued: int
    returned: int
    redeemed: int
    cost: int

    @property
    def redemption_rate(self) -> int:
        """The share of what was issued and not returned that was used, in basis points, rounded down; all of it where more
        was used before refunds took it back.
        """
        kept = self.issued - self.returned
        return _share(min(self.redeemed, kept), kept)

    def return_per_hundred(self, value_minor: int) -> int | None:
        """The reported value, in minor units, for every hundred units given; None where none was given."""
        given = self.issued - self.returned
        return value_minor * 100 // given if given > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of a campaign's figures.

    key:          the variant, phase, channel, branch or local day; None for the total and for activities without one
    reached:      members with an activity that the campaign's rules looked at: in a phase, its channels, branches, segment
    participants: members with an award · converted: participants who have used something of it
    activities:   looked at · awarded: those of them with an award
    value_minor:  what the awarded ones reported in their amounts, less refunds
    """

    key: str | None
    reached: int
    participants: int
    converted: int
    activities: int
    awarded: int
    value_minor: int
    assets: tuple[AssetFigures, ...]

    @property
    def participation_rate(self) -> int:
        """Participants of the reached, in basis points, rounded down."""
        return _share(self.participants, self.reached)

    @property
    def conversion_rate(self) -> int:
        """Converted of the participants, in basis points, rounded down."""
        return _share(self.converted, self.participants)


def _share(part: int, whole: int) -> int:
    return part * BASIS_POINTS // whole if whole > 0 else 0


_KEYS: Final = {
    Side.TOTAL: "''",
    Side.VARIANT: "variant",
    Side.PHASE: "phase",
    Side.CHANNEL: "channel",
    Side.BRANCH: "branch",
    Side.DAY: "local_day::text",
}
_ASKED: Final = """
    campaign_id = CAST(:campaign_id AS uuid) AND programme_id = CAST(:programme_id AS uuid)
    AND local_day BETWEEN CAST(:from_on AS date) AND CAST(:until_on AS date)
"""


def _query(side: Side) -> SqlQuery:
    """The figures by that side: a row per key and asset, at least one per key."""
    key = f"coalesce({_KEYS[side]}, '') COLLATE \"C\""
    return SqlQuery(
        f"""
        WITH cut AS (SELECT earlier.tx_id AS earlier, '18446744073709551615'::xid8 AS now FROM ({EARLIER}) earlier),
        known AS (SELECT lot_id, redeemed FROM {{book}}.campaign_lots), {LINES},
        reached AS (
            SELECT {PLACE}, activities, awarded, value_minor FROM {{book}}.campaign_reach WHERE {_ASKED}
            UNION ALL SELECT {PLACE}, activities, awarded, value_minor FROM reach WHERE {_ASKED}
        ), granted AS (
            SELECT {PLACE}, asset_id, awards, issued, returned, redeemed, cost FROM {{book}}.campaign_grants WHERE {_ASKED}
            UNION ALL SELECT {PLACE}, asset_id, awards, issued, returned, redeemed, cost FROM grants WHERE {_ASKED}
        ), members AS (
            SELECT {key} AS key, member_id, sum(activities) AS activities, sum(awarded) AS awarded,
                   sum(value_minor) AS value_minor
            FROM reached GROUP BY 1, 2
        ), people AS (
            SELECT key, count(*) AS reached, count(*) FILTER (WHERE awarded > 0) AS participants,
                   sum(activities)::bigint AS activities, sum(awarded)::bigint AS awarded,
                   sum(value_minor)::bigint AS value_minor
            FROM members GROUP BY key HAVING CAST(:after AS text) IS NULL OR key > CAST(:after AS text)
            ORDER BY key LIMIT CAST(:limit AS bigint)
        ), used AS (
            SELECT key, count(*) AS converted
            FROM (SELECT {key} AS key, member_id FROM granted GROUP BY 1, 2 HAVING sum(redeemed) > 0) users GROUP BY key
        ), given AS (
            SELECT {key} AS key, asset_id, sum(awards)::bigint AS awards, sum(issued)::bigint AS issued,
                   sum(returned)::bigint AS returned, sum(redeemed)::bigint AS redeemed, sum(cost)::bigint AS cost
            FROM granted GROUP BY 1, 2
        )
        SELECT people.*, coalesce(used.converted, 0) AS converted, asset.code AS asset, given.awards, given.issued,
               given.returned, given.redeemed, given.cost
        FROM people
        LEFT JOIN used ON used.key = people.key
        LEFT JOIN given ON given.key = people.key
        LEFT JOIN registry.assets asset ON asset.id = given.asset_id
        ORDER BY people.key, asset.code COLLATE "C"
        """  # noqa: S608
    )


_QUERIES: Final = {side: _query(side) for side in Side}


async def figures_page(
    reader: Reader,
    programme_id: UUID,
    campaign_id: UUID,
    *,
    side: Side = Side.TOTAL,
    from_on: date | None = None,
    until_on: date | None = None,
    limit: int = PAGE_ROWS_MAX,
    after: str | None = None,
) -> Sequence[Figures]:
    """At most `limit` (≤ 101) lines in the order of their keys, "" for none, after `after`; of the local days from the
    first through the last. Nothing where the programme has no such campaign or it has reached nobody.
    """
    asked = {
        "programme_id": programme_id,
        "campaign_id": campaign_id,
        "from_on": from_on or _FIRST_DAY,
        "until_on": until_on or _LAST_DAY,
        "after": after,
        "limit": min(limit, PAGE_ROWS_MAX),
    }
    rows = await reader.rows(_QUERIES[side], asked)
    return [_figures(key, list(group)) for key, group in groupby(rows, key=lambda row: str(row["key"]))]


async def every_line(
    reader: Reader,
    programme_id: UUID,
    campaign_id: UUID,
    *,
    side: Side,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Sequence[Figures]:
    """All lines, page by page: as many as there are keys, for reports."""
    lines: list[Figures] = []
    after: str | None = None
    while True:
        page = await figures_page(
            reader, programme_id, campaign_id, side=side, from_on=from_on, until_on=until_on, after=after
        )
        lines += page
        if len(page) < PAGE_ROWS_MAX:
            return lines
        after = page[-1].key or ""


def _figures(key: str, rows: Sequence[Record]) -> Figures:
    first = rows[0]
    return Figures(
        key=key or None,
        reached=first["reached"],
        participants=first["participants"],
        converted=first["converted"],
        activities=first["activities"],
        awarded=first["awarded"],
        value_minor=first["value_minor"],
        assets=tuple(_asset(row) for row in rows if row["asset"] is not None),
    )


def _asset(row: Record) -> AssetFigures:
    return AssetFigures(
        asset=row["asset"],
        awards=row["awards"],
        issued=row["issued"],
        returned=row["returned"],
        redeemed=row["redeemed"],
        cost=row["cost"],
    )
