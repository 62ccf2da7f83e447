"""The checker's rules of figures: everything before the latest cut is counted once more from the activities, their
requests, the awards and the draws.
"""

from typing import Final

from ledger.campaigns.figure_lines import LINES
from ledger.campaigns.figure_roll_up import EARLIER
from ledger.engine.check_rule import rule

_ANEW: Final = f"""
    WITH cut AS (SELECT '0'::xid8 AS earlier, latest.tx_id AS now FROM ({EARLIER}) latest),
    known AS (SELECT NULL::uuid AS lot_id, 0::bigint AS redeemed WHERE false), {LINES}
"""  # noqa: S608
_SAME_PLACE: Final = """
    (kept.campaign_id, kept.local_day, kept.member_id, kept.phase, kept.programme_id)
    = (anew.campaign_id, anew.local_day, anew.member_id, anew.phase, anew.programme_id)
    AND coalesce(kept.variant, '') = coalesce(anew.variant, '') AND coalesce(kept.channel, '') = coalesce(anew.channel, '')
    AND coalesce(kept.branch, '') = coalesce(anew.branch, '')
"""
"""No code, channel or branch is empty."""
_SUBJECT: Final = """
    coalesce(kept.campaign_id, anew.campaign_id) AS subject, coalesce(kept.member_id, anew.member_id) AS member_id,
    coalesce(kept.local_day, anew.local_day) AS local_day
"""

FIGURE_RULES: Final = (
    rule(
        "campaign_reach_matches_activities",
        "what is rolled up of the activities that a campaign looked at is what their requests and awards say",
        f"""
        {_ANEW}
        SELECT {_SUBJECT}, kept.activities, anew.activities AS found, kept.awarded, anew.awarded AS found_awarded,
               kept.value_minor, anew.value_minor AS found_minor
        FROM {{book}}.campaign_reach kept
        FULL JOIN reach anew ON {_SAME_PLACE}
        WHERE (kept.activities, kept.awarded, kept.value_minor)
              IS DISTINCT FROM (anew.activities, anew.awarded, anew.value_minor)
        """,  # noqa: S608
    ),
    rule(
        "campaign_grants_match_awards",
        "what is rolled up of a campaign's awards is what they gave, what refunds took back and what was used since",
        f"""
        {_ANEW}
        SELECT {_SUBJECT}, kept.awards, anew.awards AS found, kept.issued, anew.issued AS found_issued,
               kept.returned, anew.returned AS found_returned, kept.redeemed, anew.redeemed AS found_redeemed,
               kept.cost, anew.cost AS found_cost
        FROM {{book}}.campaign_grants kept
        FULL JOIN grants anew ON {_SAME_PLACE} AND kept.asset_id = anew.asset_id
        WHERE (kept.awards, kept.issued, kept.returned, kept.redeemed, kept.cost)
              IS DISTINCT FROM (anew.awards, anew.issued, anew.returned, anew.redeemed, anew.cost)
        """,  # noqa: S608
    ),
    rule(
        "campaign_lots_match_draws",
        "what is rolled up of an awarded lot is what was used of it before the latest cut",
        f"""
        {_ANEW}
        SELECT coalesce(kept.lot_id, anew.lot_id) AS subject, kept.redeemed, anew.after AS found
        FROM {{book}}.campaign_lots kept FULL JOIN uses anew ON anew.lot_id = kept.lot_id
        WHERE kept.redeemed IS DISTINCT FROM anew.after
        """,  # noqa: S608
    ),
    rule(
        "campaign_figures_are_past",
        "activities and cuts of figures name transactions of this cluster; after a restore from a dump they do not until"
        " `forget_transactions` was called",
        """
        SELECT 'activities' AS subject, count(*) AS rows, max(tx_id::text) AS latest FROM {book}.activities
        WHERE tx_id >= pg_snapshot_xmax(pg_current_snapshot()) HAVING count(*) > 0
        UNION ALL
        SELECT 'figure cuts', count(*), max(cut_tx_id::text) FROM {book}.campaign_figure_cuts
        WHERE cut_tx_id > pg_snapshot_xmax(pg_current_snapshot()) HAVING count(*) > 0
        """,
    ),
)
