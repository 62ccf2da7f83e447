"""The checker's rules of what the bank says of members (semantics 2.8)."""

from ledger.engine.check_rule import Row, Rule, rule
from ledger.members.rows import attribute_id


def _has_other_attribute_id(row: Row) -> bool:
    return bool(attribute_id(row["programme_id"], row["code"]) != row["subject"])


RULES: tuple[Rule, ...] = (
    rule(
        "member_attribute_id_names_attribute",
        "an attribute's id is computed from its programme and code",
        "SELECT id AS subject, programme_id, code FROM registry.member_attributes",
        _has_other_attribute_id,
    ),
    rule(
        "member_facts_have_attributes",
        "what is said of a member are values of its own programme's attributes, each of its type",
        """
        SELECT f.id AS subject, v.key AS code, a.type
        FROM {book}.member_facts f
        JOIN {book}.holders h ON h.id = f.id
        CROSS JOIN LATERAL jsonb_each(f.attributes::jsonb) v
        LEFT JOIN registry.member_attributes a ON a.programme_id = h.programme_id AND a.code = v.key
        WHERE f.attributes <> '{}' AND jsonb_typeof(v.value) IS DISTINCT FROM
            CASE a.type WHEN 'TEXT' THEN 'string' WHEN 'INTEGER' THEN 'number' WHEN 'BOOLEAN' THEN 'boolean' END
        """,
    ),
    rule(
        "member_matches_enrolment",
        "a member is whom its enrolment entered, then and in its programme, and every enrolment entered a member",
        """
        SELECT coalesce(m.id, e.member_id) AS subject, m.entry_id, e.id AS enrolled_by, m.enrolled_at, e.posted_at,
               m.programme_id, h.programme_id AS holder_programme
        FROM {book}.members m
        FULL JOIN (SELECT id, member_id, posted_at, amount FROM {book}.journal_entries WHERE kind = 'enrol') e
            ON e.id = m.entry_id
        LEFT JOIN {book}.holders h ON h.id = m.id
        WHERE (m.id, m.enrolled_at, m.programme_id, e.amount, 'member')
              IS DISTINCT FROM (e.member_id, e.posted_at, h.programme_id, 0::bigint, h.kind)
        """,
    ),
    rule(
        "holder_state_matches_entries",
        "a holder is frozen, open or closed as the last entry that changed it says, and open where none did",
        """
        SELECT h.id AS subject, h.kind, h.state, last.kind AS changed_by
        FROM {book}.holders h
        LEFT JOIN (
            SELECT DISTINCT ON (member_id) member_id, kind FROM {book}.journal_entries
            WHERE kind IN ('freeze', 'unfreeze', 'close') ORDER BY member_id, posted_at DESC, id DESC
        ) last ON last.member_id = h.id
        WHERE h.state <> CASE last.kind WHEN 'freeze' THEN 'frozen' WHEN 'close' THEN 'closed' ELSE 'open' END
        """,
    ),
    rule(
        "erased_members_were_erased",
        "the name of a member is forgotten where an entry says so, and nowhere else",
        """
        SELECT coalesce(m.id, e.member_id) AS subject, e.id AS erased_by
        FROM (SELECT id, external_id FROM {book}.members WHERE external_id LIKE 'erased:%') m
        FULL JOIN (SELECT id, member_id FROM {book}.journal_entries WHERE kind = 'erase') e ON e.member_id = m.id
        WHERE e.id IS NULL OR m.external_id IS DISTINCT FROM 'erased:' || e.member_id
        """,
    ),
    # The partial index of erased members says so too.
    rule(
        "erased_members_have_no_facts",
        "nothing is said of a member who was erased",
        """
        SELECT f.id AS subject FROM {book}.members m JOIN {book}.member_facts f ON f.id = m.id
        WHERE m.external_id LIKE 'erased:%' AND (f.tiers, f.segments, f.attributes) <> ('{}', '{}', '{}')
        """,
    ),
)
