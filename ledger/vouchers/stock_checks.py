"""The rules of templates and their stock: versions, assets, imported codes, and where vouchers came from."""

from ledger.engine.check_rule import Row, rule
from ledger.vouchers.stock import imported_code_id
from ledger.vouchers.voucher import version_id


def _has_other_version_id(row: Row) -> bool:
    return bool(version_id(row["template_id"], row["number"]) != row["subject"])


def _has_other_position_id(row: Row) -> bool:
    return bool(imported_code_id(row["template_id"], row["position"]) != row["subject"])


STOCK_RULES = (
    rule(
        "stock_matches_imported_codes",
        "codes are numbered 1, 2, 3 … as they came and dealt in that order, each to one voucher that has it; what is left"
        " of them is the stock",
        """
        WITH codes AS (
            SELECT c.template_id, count(*) AS imported, max(c.position) AS last, count(c.voucher_id) AS dealt,
                   max(c.position) FILTER (WHERE c.voucher_id IS NOT NULL) AS last_dealt,
                   count(*) FILTER (WHERE c.voucher_id IS NOT NULL AND v.id IS NULL) AS lost
            FROM {book}.imported_codes c
            LEFT JOIN {book}.vouchers v ON v.id = c.voucher_id AND v.code_hash = c.code_hash
                AND v.template_id = c.template_id
            GROUP BY c.template_id
        ), templates AS (
            SELECT t.id, a.posted,
                   CASE WHEN tv.body::jsonb #>> '{gives,kind}' = 'STORED_VALUE'
                        THEN (tv.body::jsonb #>> '{gives,value_minor}')::bigint
                        ELSE (tv.body::jsonb ->> 'uses')::bigint END AS units
            FROM registry.voucher_templates t
            JOIN registry.voucher_template_versions tv ON tv.id = t.current_version_id
            LEFT JOIN {book}.accounts a ON a.asset_id = t.asset_id AND a.role = 'stock'
            WHERE t.stock = 'IMPORTED'
        )
        SELECT coalesce(s.id, codes.template_id, t.id) AS subject, s.imported, codes.imported AS codes, s.dealt,
               codes.dealt AS codes_dealt, codes.lost, t.posted
        FROM {book}.voucher_stocks s
        FULL JOIN codes ON codes.template_id = s.id
        FULL JOIN templates t ON t.id = coalesce(s.id, codes.template_id)
        WHERE (coalesce(s.imported, 0), coalesce(s.dealt, 0)) <> (coalesce(codes.imported, 0), coalesce(codes.dealt, 0))
           OR codes.last <> codes.imported OR codes.last_dealt <> codes.dealt OR codes.lost > 0
           OR t.posted IS DISTINCT FROM (coalesce(s.imported, 0) - coalesce(s.dealt, 0)) * t.units
        """,
    ),
    rule(
        "imported_code_id_names_position",
        "an imported code's id is computed from its template and position",
        "SELECT id AS subject, template_id, position FROM {book}.imported_codes",
        _has_other_position_id,
    ),
    rule(
        "imported_code_came_by_import",
        "an imported code came with an import of its template and programme",
        """
        SELECT c.id AS subject, c.entry_id, e.kind, c.programme_id, t.programme_id AS template_programme
        FROM {book}.imported_codes c
        LEFT JOIN {book}.journal_entries e ON e.id = c.entry_id
        LEFT JOIN registry.voucher_templates t ON t.id = c.template_id
        WHERE (e.kind, e.asset_id, c.programme_id) IS DISTINCT FROM ('voucher_import', t.asset_id, t.programme_id)
        """,
    ),
    rule(
        "voucher_comes_from_its_stock",
        "what members received was taken from the stock of templates that have one, and from issuance of the others",
        """
        SELECT v.id AS subject, t.stock, source.role AS taken_from
        FROM {book}.vouchers v
        JOIN registry.voucher_templates t ON t.id = v.template_id
        LEFT JOIN {book}.postings p ON p.entry_id = v.entry_id AND p.destination_id = v.account_id
        LEFT JOIN {book}.accounts source ON source.id = p.source_id
        WHERE source.role IS DISTINCT FROM CASE WHEN v.source_voucher_id IS NOT NULL THEN 'voucher'
              WHEN t.stock = 'UNLIMITED' THEN 'issuance' ELSE 'stock' END
        """,
    ),
)

TEMPLATE_RULES = (
    rule(
        "template_versions_in_order",
        "a template's versions are numbered 1, 2, 3 … without gaps, the last one is current, and it gives what the template says",
        """
        SELECT t.id AS subject, t.current_number, count(tv.id) AS versions, max(tv.number) AS last
        FROM registry.voucher_templates t
        LEFT JOIN registry.voucher_template_versions tv ON tv.template_id = t.id
        GROUP BY t.id
        HAVING bool_or(tv.body::jsonb #>> '{gives,kind}' <> t.kind OR tv.body::jsonb ->> 'stock' <> t.stock
                       OR tv.programme_id <> t.programme_id)
            OR count(tv.id) <> t.current_number OR max(tv.number) IS DISTINCT FROM t.current_number
            OR count(*) FILTER (WHERE tv.id = t.current_version_id AND tv.number = t.current_number) <> 1
        """,
    ),
    rule(
        "template_version_id_names_version",
        "a version's id is computed from its template and number",
        "SELECT id AS subject, template_id, number FROM registry.voucher_template_versions",
        _has_other_version_id,
    ),
    rule(
        "template_has_asset_and_stock",
        "every template has an asset and a stock account of its own, and every voucher asset its template",
        """
        SELECT coalesce(t.id, s.id) AS subject, t.code, s.code AS asset, a.id AS stock_account
        FROM registry.voucher_templates t
        FULL JOIN (SELECT * FROM registry.assets WHERE kind = 'voucher') s ON s.id = t.asset_id
        LEFT JOIN {book}.accounts a ON a.asset_id = t.asset_id AND a.role = 'stock' AND a.holder_id = t.programme_id
        WHERE t.id IS NULL OR s.code IS DISTINCT FROM 'voucher:' || t.code OR s.programme_id <> t.programme_id
           OR a.id IS NULL
        """,
    ),
)
