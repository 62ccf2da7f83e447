"""The checker's rules of configuration: what a row of the registry says is what the audit events of its changes told."""

from typing import Final

from ledger.engine.check_rule import Rule, rule
from ledger.programme.input_rules import AssetTerms

# What events tell of a row, by the names that they tell it under. Keys and the log's own acts are rows of this kind too.
_REGISTERED: Final = """
    registered AS (
        SELECT id, version, to_jsonb(r) AS says FROM registry.programmes r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.assets r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.activity_types r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.member_attributes r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.partners r
        UNION ALL SELECT id, version, to_jsonb(r) || jsonb_build_object('partner', partner_id,
                             'networks', array_to_string(networks, ' ')) FROM registry.merchants r
        UNION ALL SELECT id, version, to_jsonb(r) || jsonb_build_object('merchant', merchant_id) FROM registry.terminals r
        UNION ALL SELECT id, version, to_jsonb(r) - '{secret_hash,created_at}'::text[] || jsonb_build_object('merchant', merchant_id,
                             'is_revoked', revoked_at IS NOT NULL) FROM registry.api_keys r
        UNION ALL SELECT r.id, 1, jsonb_build_object('points', points, 'minor', minor, 'asset', a.code, 'money_asset', m.code,
                             'valid_from', valid_from)
        FROM registry.rates r LEFT JOIN registry.assets a ON a.id = r.asset_id
        LEFT JOIN registry.assets m ON m.id = r.money_asset_id
        UNION ALL SELECT r.id, r.version, to_jsonb(r) || jsonb_build_object('asset', a.code)
        FROM registry.adjustment_limits r LEFT JOIN registry.assets a ON a.id = r.asset_id
        UNION ALL SELECT id, version, to_jsonb(r) || jsonb_build_object('payload_sha256',
                             encode(sha256(convert_to(payload, 'UTF8')), 'hex')) FROM registry.approvals r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.member_lists r
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.voucher_templates r
        UNION ALL SELECT r.id, 1, to_jsonb(r) || jsonb_build_object('template', t.code,
                             'body_sha256', encode(sha256(convert_to(r.body, 'UTF8')), 'hex'),
                             'terms_sha256', encode(sha256(convert_to(r.terms, 'UTF8')), 'hex'))
        FROM registry.voucher_template_versions r LEFT JOIN registry.voucher_templates t ON t.id = r.template_id
        UNION ALL SELECT id, version, to_jsonb(r) FROM registry.tier_ladders r
        UNION ALL SELECT r.id, 1, to_jsonb(r) || jsonb_build_object('ladder', l.code,
                             'body_sha256', encode(sha256(convert_to(r.body, 'UTF8')), 'hex'))
        FROM registry.tier_ladder_versions r LEFT JOIN registry.tier_ladders l ON l.id = r.ladder_id
        UNION ALL SELECT id, version, to_jsonb(r) || jsonb_build_object('version', current_version_id, 'latest', latest_number)
        FROM registry.campaigns r
        UNION ALL SELECT r.id, 1, to_jsonb(r) || jsonb_build_object('code', c.code, 'version', r.version_id,
                             'has_version', r.version_id IS NOT NULL)
        FROM registry.campaign_steps r LEFT JOIN registry.campaigns c ON c.id = r.campaign_id
        UNION ALL SELECT r.id, 1, to_jsonb(r) || jsonb_build_object('campaign', c.code,
                             'body_sha256', encode(sha256(convert_to(r.body, 'UTF8')), 'hex'),
                             'terms_sha256', encode(sha256(convert_to(r.terms, 'UTF8')), 'hex'))
        FROM registry.campaign_versions r LEFT JOIN registry.campaigns c ON c.id = r.campaign_id
        UNION ALL SELECT id, version, jsonb_build_object('tiers', cardinality(tiers), 'segments', cardinality(segments),
                             'attributes', (SELECT count(*) FROM jsonb_object_keys(attributes::jsonb)),
                             'programme_id', programme_id)
        FROM {book}.member_facts
        UNION ALL SELECT g.id, 1, to_jsonb(g) FROM {book}.tier_grants g
        UNION ALL SELECT id, 1, jsonb_build_object('state', state, 'level', level, 'template', template)
        FROM {book}.tier_packs WHERE state <> 'DUE'
        UNION ALL SELECT id, version, to_jsonb(l) || jsonb_build_object('case', case_number, 'created_at', placed_at,
                             'is_released', released_at IS NOT NULL)
        FROM audit.legal_holds l
        UNION ALL SELECT id, version, to_jsonb(l) || jsonb_build_object('created_at', reconciled_at) FROM audit.reconciliations l
        UNION ALL SELECT id, version, jsonb_build_object('root', reference, 'state', state, 'created_at', adopted_at,
                             'destroyed_at', destroyed_at) FROM keys.roots
        UNION ALL SELECT id, version, jsonb_build_object('kind', kind, 'name', name, 'state', state, 'created_at', created_at)
        FROM keys.branches
    )
"""
# Facts, and what an act tells by its kind and its instant. A period is closed until what the row says it is open from.
_TOLD: Final = """
    coalesce(record -> 'facts', '{}') || jsonb_strip_nulls(jsonb_build_object('programme_id', record -> 'programme',
        'open_from', CASE record ->> 'type' WHEN 'period_closed' THEN record #> '{facts,until}' END,
        'created_at', CASE record #>> '{streams,0,1}' WHEN '1' THEN record -> 'at' END,
        'placed_by', CASE record ->> 'type' WHEN 'legal_hold_placed' THEN record -> 'actor' END,
        'released_by', CASE record ->> 'type' WHEN 'legal_hold_released' THEN record -> 'actor' END,
        'released_at', CASE record ->> 'type' WHEN 'legal_hold_released' THEN record -> 'at' END,
        'destroyed_at', CASE record ->> 'type' WHEN 'root_key_destroyed' THEN record -> 'at' END,
        'has_version', coalesce(record #>> '{facts,version}', 'None') <> 'None'))
    || (CASE record ->> 'type'
        WHEN 'programme_created' THEN '{"open_from": "1970-01-01T00:00:00+00:00"}'
        WHEN 'merchant_created' THEN '{"state": "open"}'
        WHEN 'merchant_closed' THEN '{"state": "closed"}'
        WHEN 'terminal_created' THEN '{"state": "open"}'
        WHEN 'terminal_closed' THEN '{"state": "closed"}'
        WHEN 'api_key_issued' THEN '{"is_revoked": false}'
        WHEN 'api_key_rotated' THEN '{"is_revoked": false}'
        WHEN 'api_key_revoked' THEN '{"is_revoked": true}'
        WHEN 'legal_hold_placed' THEN '{"is_released": false}'
        WHEN 'legal_hold_released' THEN '{"is_released": true}'
        WHEN 'root_key_adopted' THEN '{"state": "active"}'
        WHEN 'root_key_retired' THEN '{"state": "retired"}'
        WHEN 'root_key_destroyed' THEN '{"state": "destroyed"}'
        WHEN 'house_key_created' THEN '{"kind": "house", "state": "active"}'
        WHEN 'bucket_key_created' THEN '{"kind": "bucket", "state": "active"}'
        WHEN 'epoch_key_created' THEN '{"kind": "epoch", "state": "active"}'
        WHEN 'epoch_key_destroyed' THEN '{"state": "destroyed"}'
        ELSE '{}'
    END)::jsonb
"""
# Events write them in more than one way.
_INSTANTS: Final = "('open_from', 'valid_from', 'expires_at', 'created_at', 'released_at', 'destroyed_at')"
# Joined before they are read: reading every event of the log would take ten times as long.
_EVENTS: Final = """
    found AS MATERIALIZED (
        SELECT resource_id, record FROM audit.events WHERE resource_id IN (SELECT id FROM registered)
    ), events AS MATERIALIZED (
        SELECT resource_id, record, (record #>> '{streams,0,1}')::bigint AS version
        FROM (SELECT resource_id, convert_from(record, 'UTF8')::jsonb AS record FROM found OFFSET 0) read
        WHERE record #>> '{streams,0,0}' = resource_id::text
    )
"""
_BORN: Final = AssetTerms()

RULES: Final[tuple[Rule, ...]] = (
    rule(
        "registry_row_matches_events",
        "a row of configuration has one audit event for each of its versions, and says what they told last",
        f"""
        WITH {_REGISTERED}, {_EVENTS}, counted AS (
            SELECT resource_id, count(*) AS events FROM events GROUP BY resource_id
        ), told AS (
            SELECT DISTINCT ON (e.resource_id, fact.key) e.resource_id, fact.key, nullif(fact.value, 'None') AS value
            FROM events e CROSS JOIN LATERAL jsonb_each_text({_TOLD}) fact
            ORDER BY e.resource_id, fact.key, e.version DESC
        )
        SELECT r.id AS subject, r.version, counted.events, told.key AS what, r.says ->> told.key AS says, told.value
        FROM registered r
        LEFT JOIN counted ON counted.resource_id = r.id
        LEFT JOIN told ON told.resource_id = r.id AND r.says ? told.key
            AND r.says ->> told.key IS DISTINCT FROM told.value
            AND CASE WHEN told.key IN {_INSTANTS}
                THEN (r.says ->> told.key)::timestamptz IS DISTINCT FROM told.value::timestamptz ELSE true END
        WHERE r.version IS DISTINCT FROM counted.events OR told.resource_id IS NOT NULL
        """,  # noqa: S608
    ),
    rule(
        "asset_without_terms_has_none",
        "what is owned as a voucher or a budget has the terms that an asset is born with, since nobody sets them",
        f"""
        SELECT id AS subject, kind, expiry, priority, shortfall, reversal_days, reversal_grace_days, transfers_allowed,
               transfer_day_max, transfer_month_max
        FROM registry.assets
        WHERE kind NOT IN ('points', 'money')
          AND (expiry, priority, shortfall, reversal_days, reversal_grace_days, transfers_allowed, transfer_day_max,
               transfer_month_max, version)
              IS DISTINCT FROM ('{_BORN.expiry}', {_BORN.priority}, '{_BORN.shortfall}', {_BORN.reversal_days},
                                {_BORN.reversal_grace_days}, {_BORN.transfers_allowed}, NULL::bigint, NULL::bigint, 1)
        """,  # noqa: S608
    ),
    rule(
        "holder_is_in_the_registry",
        "a holder that is no member is a programme or a merchant of the registry, and each of those is a holder",
        """
        SELECT coalesce(h.id, r.id) AS subject, h.kind, r.kind AS registered
        FROM {book}.holders h
        FULL JOIN (SELECT id, 'programme' AS kind, id AS programme_id FROM registry.programmes
                   UNION ALL SELECT id, 'merchant', programme_id FROM registry.merchants) r ON r.id = h.id
        WHERE (h.kind <> 'member' OR r.id IS NOT NULL OR h.id IS NULL)
          AND (h.kind, h.programme_id) IS DISTINCT FROM (r.kind, r.programme_id)
        """,
    ),
    # A bucket of keys may be gone: turning the root over empties and removes it. No other key ever is.
    rule(
        "event_has_row",
        "the entry, or the row a version of which an audit event tells of, is there; so is what is said of a member, and how far"
        " an erasure is",
        """
        WITH unknown AS MATERIALIZED (
            SELECT event.id, event.resource_id, event.record FROM audit.events event
            LEFT JOIN (
                SELECT id, false AS has_no_facts, false AS has_no_erasure FROM (
                    SELECT id FROM {book}.journal_entries
                    UNION ALL SELECT id FROM {book}.vouchers
                    UNION ALL SELECT id FROM {book}.payment_codes
                    UNION ALL SELECT id FROM {book}.tier_standings
                    UNION ALL SELECT id FROM {book}.tier_packs
                    UNION ALL SELECT id FROM {book}.tier_grants
                    UNION ALL SELECT id FROM registry.assets
                    UNION ALL SELECT id FROM registry.activity_types
                    UNION ALL SELECT id FROM registry.member_attributes
                    UNION ALL SELECT id FROM registry.member_lists
                    UNION ALL SELECT id FROM registry.partners
                    UNION ALL SELECT id FROM registry.terminals
                    UNION ALL SELECT id FROM registry.api_keys
                    UNION ALL SELECT id FROM registry.rates
                    UNION ALL SELECT id FROM registry.adjustment_limits
                    UNION ALL SELECT id FROM registry.approvals
                    UNION ALL SELECT id FROM registry.voucher_templates
                    UNION ALL SELECT id FROM registry.voucher_template_versions
                    UNION ALL SELECT id FROM registry.campaigns
                    UNION ALL SELECT id FROM registry.campaign_versions
                    UNION ALL SELECT id FROM registry.campaign_steps
                    UNION ALL SELECT id FROM registry.tier_ladders
                    UNION ALL SELECT id FROM registry.tier_ladder_versions
                    UNION ALL SELECT id FROM keys.roots
                    UNION ALL SELECT id FROM keys.branches
                    UNION ALL SELECT id FROM audit.legal_holds
                    UNION ALL SELECT id FROM audit.reconciliations
                ) row
                UNION ALL SELECT h.id, facts.id IS NULL, erasure.id IS NULL FROM {book}.holders h
                LEFT JOIN {book}.member_facts facts ON facts.id = h.id
                LEFT JOIN audit.erasures erasure ON erasure.id = h.id
            ) known ON known.id = event.resource_id
            WHERE event.resource_id IS NOT NULL AND (
                known.id IS NULL
                OR (known.has_no_facts AND position('"type":"member_facts_set"' IN event.record) > 0)
                OR (known.has_no_erasure AND position('"type":"subject_erased"' IN event.record) > 0)
                OR (known.has_no_erasure AND position('"type":"subject_restricted"' IN event.record) > 0)
            )
        ), told AS MATERIALIZED (
            SELECT id, resource_id, convert_from(record, 'UTF8')::jsonb AS record FROM unknown
        )
        SELECT id AS subject, resource_id, record ->> 'type' AS type FROM told
        WHERE record ->> 'outcome' = 'accepted'
          AND (record ? 'streams' OR record ->> 'type' IN (SELECT DISTINCT kind FROM {book}.journal_entries))
          AND record ->> 'type' <> 'bucket_key_created'
        """,
    ),
    # Where restricted data are opened, the database's own constraint asks for two.
    rule(
        "approval_names_its_entry",
        "an approval that posted names its entry, which is of its kind, instants, requester, member, amount, reason and reference;"
        " as many had to agree as its payload asks for",
        """
        SELECT a.id AS subject, a.kind, a.state, a.approvers_needed, a.entry_id, e.kind AS posted, e.actor, e.posted_at,
               e.effective_at, e.member_id, e.amount, e.reason_code, e.reference
        FROM (SELECT *, payload::jsonb AS terms FROM registry.approvals) a
        LEFT JOIN {book}.journal_entries e ON e.id = a.entry_id
        WHERE a.approvers_needed <> CASE WHEN a.kind = 'audit_reveal' AND terms ->> 'legalBasis' IS NOT NULL THEN 2 ELSE 1 END
           OR ((a.entry_id IS NOT NULL OR (a.state = 'approved' AND a.kind IN ('adjust', 'campaign_budget', 'erase')))
               AND (e.kind, e.posted_at, e.actor, e.member_id::text, e.amount, e.request_id, e.reason_code, e.reference,
                    e.effective_at) IS DISTINCT FROM
                   (a.kind, a.decided_at, a.requested_by, terms ->> 'memberId', coalesce(abs((terms ->> 'amount')::bigint), 0),
                    NULL, terms ->> 'reasonCode', terms ->> 'reference',
                    coalesce((terms ->> 'effectiveAt')::timestamptz, a.decided_at)))
        """,
    ),
    # Until when it waits is asked anew each time, and told once.
    rule(
        "erasure_matches_event",
        "how far an erasure is, when it was begun and ended, and how many parts went with it, is what the event it names tells",
        """
        SELECT e.id AS subject, e.state, e.version, e.asked_at, e.destroyed_at, e.parts_destroyed, e.event_id, told
        FROM audit.erasures e
        LEFT JOIN audit.events event ON event.id = e.event_id
        LEFT JOIN LATERAL (SELECT convert_from(event.record, 'UTF8')::jsonb AS told OFFSET 0) read ON true
        WHERE (e.id::text, CASE e.state WHEN 'destroyed' THEN 'subject_erased' ELSE 'subject_restricted' END, e.version,
               CASE e.state WHEN 'destroyed' THEN e.destroyed_at ELSE e.asked_at END, e.parts_destroyed)
              IS DISTINCT FROM
              (told ->> 'resource', told ->> 'type', (told #>> '{streams,0,1}')::bigint, (told ->> 'at')::timestamptz,
               coalesce((told #>> '{facts,parts}')::bigint, 0))
           OR (e.version = 1 AND e.asked_at <> (told ->> 'at')::timestamptz)
        """,
    ),
    # Whose erasure is through may have a key again, from a backup or for what was said later: workers see to that.
    rule(
        "person_key_matches_erasure",
        "a person's key is active, restricted or destroyed as the person's erasure is",
        """
        SELECT key.id AS subject, key.state, erasure.state AS erasure FROM keys.subjects key
        LEFT JOIN audit.erasures erasure ON erasure.id = key.id
        WHERE key.state <> coalesce(erasure.state, 'active') AND erasure.state IS DISTINCT FROM 'destroyed'
        """,
    ),
    rule(
        "part_has_its_keys",
        "of every sealed part that is stored, the rows of the person's key, of its bucket and of the month's key are there",
        """
        SELECT part.event_id AS subject, part.name, part.subject_id, key.bucket_id, part.epoch FROM audit.parts part
        LEFT JOIN keys.subjects key ON key.id = part.subject_id
        LEFT JOIN keys.branches bucket ON bucket.id = key.bucket_id
        LEFT JOIN keys.branches epoch ON epoch.kind = 'epoch' AND epoch.name = part.epoch
        WHERE key.id IS NULL OR epoch.id IS NULL OR (key.bucket_id IS NOT NULL AND bucket.id IS NULL)
        """,
    ),
    rule(
        "instance_is_there",
        "the one row of the deployment, which the clock and the caches go by, is there",
        "SELECT 'registry.instance' AS subject WHERE NOT EXISTS (SELECT FROM registry.instance)",
    ),
)
