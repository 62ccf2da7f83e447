"""A programme's totals in one points asset: what was issued, spent, refused and expired, and what is outstanding.

Everything is counted from the book itself, never from what a load believes it did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledger.book.account import Role, account_id
from ledger.book.units import AssetId
from ledger.engine.reader import Reader, Snapshot
from ledger.engine.sql_query import SqlQuery

MERCHANTS_MAX = 10

_MEMBERS = SqlQuery("SELECT count(*) AS members FROM {book}.members WHERE programme_id = :programme_id")
_ISSUED = SqlQuery(
    """
    SELECT e.kind, count(DISTINCT e.id) AS entries, sum(p.amount)::bigint AS points
    FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id
    WHERE p.source_id = :issuance_id AND e.kind IN ('earn', 'opening', 'activity') GROUP BY e.kind
    """
)
_BY_KIND = SqlQuery(
    """
    SELECT kind, count(*) AS entries, sum(amount)::bigint AS points FROM {book}.journal_entries
    WHERE asset_id = :asset_id AND kind IN ('spend', 'capture', 'expiry') GROUP BY kind
    """
)
_REFUSED = SqlQuery(
    """
    SELECT count(*) AS refused FROM {book}.requests
    WHERE kind = 'spend' AND entry_id IS NULL AND outcome LIKE '{"refused"%' AND client = :client
    """
)
_OUTSTANDING = SqlQuery(
    """
    SELECT to_char((lot.expires_at - interval '1 microsecond') AT TIME ZONE p.time_zone, 'YYYY-MM') AS month,
           lot.expires_at >= timestamptz '9999-12-31 00:00:00+00' AS never, sum(lot.remaining)::bigint AS points
    FROM {book}.lots lot
    JOIN {book}.accounts a ON a.id = lot.account_id
    JOIN registry.programmes p ON p.id = a.programme_id
    WHERE lot.is_open AND a.asset_id = :asset_id AND a.role = 'wallet'
    GROUP BY 1, 2 ORDER BY 2, 1
    """
)
_MERCHANTS = SqlQuery(
    """
    WITH moved AS (
        SELECT e.merchant_id, p.amount AS earned, 0 AS spent
        FROM {book}.postings p JOIN {book}.journal_entries e ON e.id = p.entry_id
        WHERE p.source_id = :issuance_id AND e.kind IN ('earn', 'activity')
        UNION ALL
        SELECT merchant_id, 0, amount FROM {book}.journal_entries
        WHERE asset_id = :asset_id AND kind IN ('spend', 'capture')
    )
    SELECT m.code, m.name, sum(earned)::bigint AS earned, sum(spent)::bigint AS spent
    FROM moved JOIN registry.merchants m ON m.id = moved.merchant_id
    GROUP BY m.id, m.code, m.name ORDER BY earned DESC, m.code LIMIT CAST(:limit AS bigint)
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outstanding:
    """Points that are good through the end of that local month, `None` = for ever."""

    month: str | None
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MerchantTotal:
    """What members earned and spent at one merchant."""

    code: str
    name: str
    earned: int
    spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The programme's figures at the moment of asking.

    earns:   entries that granted points: earns, and activities that campaigns awarded
    refused: spends that one client was refused
    """

    members: int
    earns: int
    points_issued: int
    spends: int
    points_spent: int
    refused: int
    points_expired: int
    points_outstanding: int
    outstanding: tuple[Outstanding, ...]
    top_merchants: tuple[MerchantTotal, ...]


async def programme_totals(reader: Reader, *, programme_id: UUID, asset_id: UUID, client: str) -> Totals:
    """Counts on one snapshot; it reads every entry of the asset."""
    async with reader.snapshot() as snapshot:
        asked = {
            "programme_id": programme_id,
            "asset_id": asset_id,
            "issuance_id": account_id(programme_id, AssetId(asset_id), Role.ISSUANCE),
            "client": client,
            "limit": MERCHANTS_MAX,
        }
        found = [*await snapshot.rows(_ISSUED, asked), *await snapshot.rows(_BY_KIND, asked)]
        by_kind = {row["kind"]: row for row in found}

        def entries(*kinds: str) -> int:
            return sum(by_kind[kind]["entries"] for kind in kinds if kind in by_kind)

        def points(*kinds: str) -> int:
            return sum(by_kind[kind]["points"] for kind in kinds if kind in by_kind)

        outstanding = await _outstanding(snapshot, asset_id)
        return Totals(
            members=(await snapshot.rows(_MEMBERS, asked))[0]["members"],
            earns=entries("earn", "activity"),
            points_issued=points("earn", "opening", "activity"),
            spends=entries("spend", "capture"),
            points_spent=points("spend", "capture"),
            refused=(await snapshot.rows(_REFUSED, asked))[0]["refused"],
            points_expired=points("expiry"),
            points_outstanding=sum(part.points for part in outstanding),
            outstanding=tuple(outstanding),
            top_merchants=tuple(MerchantTotal(**dict(row)) for row in await snapshot.rows(_MERCHANTS, asked)),
        )


async def _outstanding(snapshot: Snapshot, asset_id: UUID) -> Sequence[Outstanding]:
    rows = await snapshot.rows(_OUTSTANDING, {"asset_id": asset_id})
    return [Outstanding(month=None if row["never"] else row["month"], points=row["points"]) for row in rows]
