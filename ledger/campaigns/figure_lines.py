"""What activities and entries came to under each campaign, as SQL: counted by roll-ups, by reads of what came after them,
and once more by the checker.

Whatever was decided is only counted here: phase, variant and reason stand in the awards and in the receipts that the
requests keep. Everything belongs to the local day, channel and branch of the activity that was awarded, also what a
refund takes back or the member uses later.
"""

from typing import Final

from ledger.book.account import Role
from ledger.campaigns.campaign_body import ActionKind
from ledger.campaigns.report import ReportActivity
from ledger.points.capture import CaptureHold
from ledger.points.reverse import ReverseEntry
from ledger.points.spend import SpendPoints
from ledger.vouchers.claim import ClaimVoucher
from ledger.vouchers.redeem import REDEEM
from ledger.vouchers.reverse import REVERSE

USES: Final = (SpendPoints.kind, CaptureHold.kind, ClaimVoucher.kind, REDEEM)
"""The kinds of entries by which a member uses what it was awarded; what was transferred or given away is not followed."""
RETURNS: Final = (ReverseEntry.kind, REVERSE)
"""The kinds that undo a use."""


def _list(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


_UNDER: Final = f"""
    CASE WHEN r.kind <> '{ReportActivity.kind}' THEN NULL
         WHEN jsonb_typeof(r.outcome::jsonb -> 6) = 'array' THEN r.outcome::jsonb -> 6 END"""
"""What an activity met. The server may look before it knows that the request is an activity's: others' outcomes hold no
list, some are no JSON."""

PLACE: Final = "programme_id, campaign_id, member_id, local_day, phase, variant, channel, branch"
"""By what both kinds of figures are kept."""

LINES: Final = f"""
    fresh AS MATERIALIZED (
        SELECT a.id, a.programme_id, a.member_id, a.request_id, a.local_day, a.channel, a.branch, a.amount, a.refund_of
        FROM cut, {{book}}.activities a WHERE a.tx_id >= cut.earlier AND a.tx_id < cut.now
    ), told AS (
        SELECT id, programme_id, campaign_id, member_id, local_day, channel, branch, amount,
               max(phase) AS phase, max(variant) AS variant, bool_or(is_awarded) AS is_awarded
        FROM (
            SELECT fresh.*, w.campaign_id, w.phase, w.variant, w.asset_id IS NOT NULL AS is_awarded
            FROM fresh JOIN {{book}}.awards w ON w.activity_id = fresh.id WHERE w.original_award_id IS NULL
            UNION ALL
            SELECT (met.activity).*, c.id, under ->> 'phase', under ->> 'variant', false
            FROM (SELECT fresh AS activity, under, look FROM fresh
                  JOIN {{book}}.requests r ON r.id = fresh.request_id
                  CROSS JOIN LATERAL jsonb_array_elements({_UNDER}) AS under
                  CROSS JOIN LATERAL jsonb_array_elements_text(under -> 'looks') AS look
                  WHERE fresh.refund_of IS NULL AND under ->> 'phase' IS NOT NULL OFFSET 0) met
            JOIN registry.campaigns c ON c.programme_id = (met.activity).programme_id AND c.code = split_part(look, ':', 1)
            ) lines
        GROUP BY id, programme_id, campaign_id, member_id, local_day, channel, branch, amount
    ), reach AS (
        SELECT {PLACE}, sum(activities)::bigint AS activities, sum(awarded)::bigint AS awarded,
               sum(value_minor)::bigint AS value_minor
        FROM (
            SELECT {PLACE}, 1 AS activities, is_awarded::integer AS awarded,
                   CASE WHEN is_awarded THEN coalesce(amount, 0) ELSE 0 END AS value_minor
            FROM told
            UNION ALL
            SELECT o.programme_id, w.campaign_id, o.member_id, o.local_day, w.phase, w.variant, o.channel, o.branch,
                   0, 0, -fresh.amount
            FROM fresh
            JOIN {{book}}.activities o ON o.id = fresh.refund_of
            CROSS JOIN LATERAL (SELECT DISTINCT campaign_id, phase, variant FROM {{book}}.awards
                                WHERE activity_id = o.id AND original_award_id IS NULL
                                  AND asset_id IS NOT NULL) w) parts
        GROUP BY {PLACE}
    ), moves AS (
        SELECT d.lot_id, sum(CASE d.kind WHEN 'take' THEN d.amount ELSE -d.amount END)::bigint AS units
        FROM cut
        JOIN {{book}}.journal_entries e ON e.tx_id >= cut.earlier AND e.tx_id < cut.now
        JOIN {{book}}.draws d ON d.entry_id = e.id
        JOIN {{book}}.accounts account ON account.id = d.account_id
        WHERE (d.kind = 'take' AND (e.kind IN ({_list(USES)})
                                    OR (e.kind = '{ReportActivity.kind}' AND account.role = '{Role.VOUCHER}')))
           OR (d.kind = 'give_back' AND e.kind IN ({_list(RETURNS)}))
        GROUP BY d.lot_id
    ), uses AS (
        SELECT moves.lot_id, a.id AS activity_id, account.asset_id, coalesce(known.redeemed, 0) AS before,
               coalesce(known.redeemed, 0) + moves.units AS after
        FROM moves
        JOIN {{book}}.lots lot ON lot.id = moves.lot_id
        JOIN {{book}}.accounts account ON account.id = lot.account_id
        JOIN {{book}}.journal_entries e ON e.id = lot.entry_id AND e.kind = '{ReportActivity.kind}'
        JOIN {{book}}.activities a ON a.request_id = e.request_id
        LEFT JOIN known ON known.lot_id = moves.lot_id
    ), shares AS (
        SELECT uses.lot_id, uses.before::numeric AS before, uses.after::numeric AS after, w.id AS award_id, w.amount,
               sum(w.amount) OVER (PARTITION BY uses.lot_id ORDER BY w.id) AS upto,
               sum(w.amount) OVER (PARTITION BY uses.lot_id) AS total
        FROM uses
        JOIN {{book}}.awards w ON w.activity_id = uses.activity_id AND w.asset_id = uses.asset_id
        WHERE w.original_award_id IS NULL AND w.kind = '{ActionKind.POINTS}'
        UNION ALL
        SELECT uses.lot_id, sign(uses.before::numeric), sign(uses.after::numeric), w.id, 1, 1, 1
        FROM uses
        JOIN {{book}}.awards w ON w.activity_id = uses.activity_id
        JOIN {{book}}.vouchers v ON v.id = w.voucher_id AND v.lot_id = uses.lot_id
        WHERE w.original_award_id IS NULL
    ), grants AS (
        SELECT {PLACE}, asset_id, sum(awards)::bigint AS awards, sum(issued)::bigint AS issued,
               sum(returned)::bigint AS returned, sum(redeemed)::bigint AS redeemed, sum(cost)::bigint AS cost
        FROM (
            SELECT w.programme_id, w.campaign_id, w.member_id, coalesce(o.local_day, fresh.local_day) AS local_day,
                   w.phase, w.variant, CASE WHEN o.id IS NULL THEN fresh.channel ELSE o.channel END AS channel,
                   CASE WHEN o.id IS NULL THEN fresh.branch ELSE o.branch END AS branch, w.asset_id,
                   (o.id IS NULL)::integer AS awards, greatest(given.amount, 0) AS issued,
                   greatest(-given.amount, 0) AS returned, 0 AS redeemed, w.cost
            FROM fresh
            JOIN {{book}}.awards w ON w.activity_id = fresh.id AND w.asset_id IS NOT NULL
            LEFT JOIN {{book}}.activities o ON o.id = fresh.refund_of
            CROSS JOIN LATERAL (
                SELECT CASE w.kind WHEN '{ActionKind.DONATION}' THEN 0 ELSE w.amount END AS amount) given
            UNION ALL
            SELECT w.programme_id, w.campaign_id, w.member_id, w.local_day, w.phase, w.variant, a.channel, a.branch,
                   w.asset_id, 0, 0, 0,
                   div(after * upto, total) - div(after * (upto - shares.amount), total)
                   - div(before * upto, total) + div(before * (upto - shares.amount), total), 0
            FROM shares
            JOIN {{book}}.awards w ON w.id = shares.award_id
            JOIN {{book}}.activities a ON a.id = w.activity_id) parts
        GROUP BY {PLACE}, asset_id
    )
"""  # noqa: S608
"""Common table expressions over two others that come before them: `cut` (earlier, now: transactions from which and before
which) and `known` (lot_id, redeemed: what was used of lots before). The last ones are what was counted:

reach:  per place (`PLACE`): activities that the rules looked at, awarded ones, and the value that these reported
grants: per place and asset: awards, issued, returned by refunds, used, and what budgets paid
uses:   per lot: how much of it was used in all

What is used of a lot of points is split over the activity's awards in them by cumulative floor, in the awards' order. A
voucher counts as one piece, used with its first use. A donation is an award that costs and issues nothing; what
moves no asset, such as progress, is none.
"""
