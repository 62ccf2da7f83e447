"""The checker's rule of references that waited: each claim against the approval that it names, and what came after."""

from typing import Final

from ledger.engine.check_rule import Rule, rule
from ledger.engine.claim import CLAIM_AFTER_SQL

RULES: Final[tuple[Rule, ...]] = (
    rule(
        "waiting_claim_matches_approval",
        "a request for approval that has a reference claims it, by a claim that names the request and is of its kind, client"
        " and instant; once approved its entry has the reference, and nobody else before it is over",
        f"""
        WITH waiting AS MATERIALIZED (
            SELECT id, client, kind, key, entry_id, decided_at, outcome AS names,
                   {CLAIM_AFTER_SQL.format(waited="outcome")} AS after_id
            FROM {{book}}.requests WHERE starts_with(kind, 'reference:') AND outcome <> ''
        ), asked AS (
            SELECT id, kind, state, requested_by, requested_at, expires_at, decided_at, entry_id,
                   payload::jsonb ->> 'reference' AS reference
            FROM registry.approvals WHERE payload::jsonb ->> 'reference' IS NOT NULL
        )
        SELECT coalesce(a.id::text, encode(claim.id, 'hex')) AS subject, a.kind, a.state, a.reference, claim.kind AS claimed,
               claim.key AS claim_has, claim.names, a.entry_id, after.entry_id AS after_names, after.decided_at AS after_at
        FROM waiting claim
        FULL JOIN asked a ON a.id::text = claim.names
        LEFT JOIN {{book}}.requests after ON after.id = claim.after_id
        WHERE claim.id IS NULL OR a.id IS NULL OR claim.entry_id IS NOT NULL
           OR (claim.client, claim.kind, claim.key, claim.decided_at)
              <> (a.requested_by, 'reference:' || a.kind, a.reference, a.requested_at)
           OR CASE a.state
              WHEN 'approved' THEN (after.decided_at, after.entry_id, after.outcome)
                                   IS DISTINCT FROM (a.decided_at, a.entry_id, '')
              WHEN 'pending' THEN after.decided_at < a.expires_at
              ELSE false END
        """,  # noqa: S608
    ),
)
