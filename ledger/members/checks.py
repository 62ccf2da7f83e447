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
