"""The rules of the terms that a lot was granted with: its place in the order of spending, whether it was bought, the policy
under which it activates. The versions of an asset tell them, and which fields of its request an earn was asked with.
"""

from typing import Final

from ledger.engine.check_rule import rule

_DIGEST_BYTES: Final = 8
EARN_FIELDS: Final = (
    "amount", "asset", "effectiveAt", "expiresOn", "member", "merchantId", "pending", "pendingUntil", "purchased",
    "reasonCode", "reference", "saleMinor",
)  # fmt: skip
"""The fields of an earn in the order of its fingerprint."""
# An event in the log costs reading: events are joined where there is an asset of more than one version only.
_TERMS: Final = """
    changed AS MATERIALIZED (
        SELECT s.id, convert_from(event.record, 'UTF8')::jsonb -> 'facts' AS facts
        FROM (SELECT id FROM registry.assets WHERE version > 1 OFFSET 0) s JOIN audit.events event ON event.resource_id = s.id
    ), terms AS MATERIALIZED (
        SELECT s.id, count(*) >= s.version AS are_known, array_agg(t.priority) AS priorities, array_agg(t.expiry) AS policies
        FROM registry.assets s
        JOIN (SELECT id, priority::int, expiry FROM registry.assets WHERE version = 1
              UNION ALL SELECT id, (facts ->> 'priority')::int, facts ->> 'expiry' FROM changed WHERE facts ? 'priority') t
            ON t.id = s.id
        GROUP BY s.id, s.version
    )
"""


def _given(field: str) -> str:
    """Whether the earn's caller named the field: its keyed digest is not that of nothing."""
    start = EARN_FIELDS.index(field) * _DIGEST_BYTES + 1
    return rf"(substr(r.fingerprint, {start}, {_DIGEST_BYTES}) <> '\x{'00' * _DIGEST_BYTES}')"


TERM_RULES: Final = (
    # Which of an asset's versions stood at an entry, instants do not tell: a change commits after the instant it was made at.
    rule(
        "lot_keeps_its_assets_terms",
        "a lot that comes from no other has the place in the order of spending that a version of its asset's terms gave, a"
        " voucher the first; a pending lot has the policy of such a version, or an end of its own, with the policy beside it where"
        " that is inactivity",
        rf"""
        WITH {_TERMS}
        SELECT lot.id AS subject, a.role, lot.priority, terms.priorities, lot.expiry, terms.policies
        FROM {{book}}.lots lot
        JOIN {{book}}.accounts a ON a.id = lot.account_id
        LEFT JOIN terms ON terms.id = a.asset_id
        WHERE lot.source_lot_id IS NULL AND CASE a.role WHEN 'voucher' THEN lot.priority <> 0
              ELSE terms.are_known AND (lot.priority <> ALL (terms.priorities)
                   OR regexp_replace(lot.expiry, '^on \d{{4}}-\d\d-\d\d(, (?=inactive)|$)', '') <> ALL (terms.policies)
                   AND (lot.expiry !~ '^on \d{{4}}-\d\d-\d\d$' OR starts_with(terms.policies[1], 'inactive '))) END
        """,  # noqa: S608
    ),
    # An earn in a list shares the list's fingerprint, in which its own fields have no known place.
    rule(
        "earned_lot_is_as_asked",
        "points of an earn with a key of its own were bought, wait, activate on a date and have an end of their own where the"
        " request named that, and only there",
        rf"""
        WITH {_TERMS}
        SELECT lot.id AS subject, lot.purchased, {_given("purchased")} AS asked_as_purchased, lot.activates_at,
               {_given("pendingUntil")} AS asked_with_date, lot.expiry, {_given("expiresOn")} AS asked_with_end
        FROM {{book}}.lots lot
        JOIN {{book}}.journal_entries e ON e.id = lot.entry_id AND e.kind = 'earn'
        JOIN {{book}}.requests r ON r.id = e.request_id AND r.kind = 'earn'
            AND octet_length(r.fingerprint) = {len(EARN_FIELDS) * _DIGEST_BYTES}
        LEFT JOIN terms ON terms.id = e.asset_id
        WHERE lot.source_lot_id IS NULL
          AND (lot.purchased <> {_given("purchased")}
               OR (lot.expiry IS NOT NULL) <> ({_given("pending")} OR {_given("pendingUntil")})
               OR (lot.activates_at IS NOT NULL) <> {_given("pendingUntil")}
               OR CASE WHEN {_given("expiresOn")} THEN NOT starts_with(lot.expiry, 'on ')
                       ELSE terms.are_known AND lot.expiry <> ALL (terms.policies) END)
        """,  # noqa: S608
    ),
)
