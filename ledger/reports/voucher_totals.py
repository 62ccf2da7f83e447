"""What became of the vouchers of each template: issued, redeemed, used, expired, voided, still good.

Everything is counted from the vouchers and redemptions themselves, and from the awards that cards multiplied, as they are
at the instant of the read: what is past its validity counts as expired whether or not that was posted. A gift is the same
voucher in other hands.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final
from uuid import UUID

from ledger.campaigns.report import ReportActivity
from ledger.engine.reader import Reader
from ledger.engine.sql_query import SqlQuery
from ledger.vouchers.template_body import Kind

BASIS_POINTS = 10_000
_FIRST: Final = "(ARRAY['live', 'expired', 'voided', 'redeemed'])"
"""Which of the states of its hands a voucher is counted under: what the giver had used may have come back to it."""

_TOTALS = SqlQuery(
    f"""
    WITH RECURSIVE template AS (
        SELECT t.id, t.code, t.kind, x.body::jsonb -> 'stacking' ->> 'category' AS category
        FROM registry.voucher_templates t
        JOIN registry.voucher_template_versions x ON x.id = t.current_version_id
        WHERE t.programme_id = :programme_id AND (CAST(:after AS text) IS NULL OR t.code > :after)
        ORDER BY t.code LIMIT CAST(:limit AS bigint)
    ), hands AS (
        SELECT v.id, v.id AS first_id FROM template JOIN {{book}}.vouchers v ON v.template_id = template.id
        WHERE v.source_voucher_id IS NULL
        UNION ALL
        SELECT v.id, hands.first_id FROM {{book}}.vouchers v JOIN hands ON hands.id = v.source_voucher_id
    ), used AS (
        SELECT r.voucher_id FROM hands JOIN {{book}}.redemptions r ON r.voucher_id = hands.id
        WHERE r.reversed_units < r.units
        UNION ALL
        SELECT v.id FROM template JOIN {{book}}.vouchers v ON v.template_id = template.id
        JOIN {{book}}.statement_lines l ON l.account_id = v.account_id
        JOIN {{book}}.journal_entries e ON e.id = l.entry_id AND e.kind = '{ReportActivity.kind}'
        JOIN {{book}}.draws d ON d.entry_id = e.id AND d.lot_id = v.lot_id AND d.kind = 'take'
        WHERE template.kind = '{Kind.MULTIPLIER}'
    ), standing AS (
        SELECT voucher_id, count(*) AS uses FROM used GROUP BY voucher_id
    ), voucher AS (
        SELECT v.template_id, coalesce(sum(standing.uses), 0)::bigint AS uses,
               {_FIRST}[min(array_position({_FIRST},
                   CASE WHEN v.state = 'live' AND greatest(v.valid_until, v.lock_until) <= i.now THEN 'expired'
                   ELSE v.state END))] AS state
        FROM {{now}} i
        CROSS JOIN hands
        JOIN {{book}}.vouchers v ON v.id = hands.id
        LEFT JOIN standing ON standing.voucher_id = v.id
        GROUP BY hands.first_id, v.template_id
    )
    SELECT t.code, t.category, count(voucher.uses) AS issued,
           count(*) FILTER (WHERE voucher.uses > 0) AS redeemed, coalesce(sum(voucher.uses), 0)::bigint AS uses,
           count(*) FILTER (WHERE voucher.state = 'expired') AS expired,
           count(*) FILTER (WHERE voucher.state = 'voided') AS voided,
           count(*) FILTER (WHERE voucher.state = 'live') AS good
    FROM template t LEFT JOIN voucher ON voucher.template_id = t.id
    GROUP BY t.id, t.code, t.category ORDER BY t.code
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherCounts:
    """Vouchers, but for `uses`.

    issued:   by issue, claim or import, and given to a member
    redeemed: used at least once, by a redemption that was not wholly reversed or, of cards, by an award · uses: of both
    expired:  something was left of them at the end of their validity, used before or not
    good:     something is left of them, and their validity has not ended
    """

    issued: int
    redeemed: int
    uses: int
    expired: int
    voided: int
    good: int

    @property
    def redemption_rate(self) -> int:
        """The share of the issued ones that were redeemed, in basis points, rounded down; 0 where none was issued."""
        return self.redeemed * BASIS_POINTS // self.issued if self.issued else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateTotals:
    """What became of a template's vouchers; `category` is the one under which they stack, "" for none."""

    code: str
    category: str
    counts: VoucherCounts


async def voucher_totals(
    reader: Reader, programme_id: UUID, *, limit: int | None = None, after: str | None = None
) -> Sequence[TemplateTotals]:
    """At most `limit` templates of the programme, or all, behind the code `after`, in the order of the codes.

    It reads every voucher of theirs, and every redemption of those.
    """
    rows = await reader.rows(_TOTALS, {"programme_id": programme_id, "limit": limit, "after": after})
    return [
        TemplateTotals(
            code=row["code"],
            category=row["category"],
            counts=VoucherCounts(**{field.name: row[field.name] for field in fields(VoucherCounts)}),
        )
        for row in rows
    ]


def totals_by_category(totals: Iterable[TemplateTotals]) -> dict[str, VoucherCounts]:
    """The sums of each category, in the order of their names."""
    groups: dict[str, list[VoucherCounts]] = defaultdict(list)
    for each in totals:
        groups[each.category].append(each.counts)
    return {category: _sum(groups[category]) for category in sorted(groups)}


def _sum(counts: Sequence[VoucherCounts]) -> VoucherCounts:
    names = [field.name for field in fields(VoucherCounts)]
    return VoucherCounts(**{name: sum(getattr(each, name) for each in counts) for name in names})
