-- Create tier ladders, standings, credits, grants and packs.

CREATE TABLE registry.tier_ladders (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    latest_number integer NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT tier_ladders_pk PRIMARY KEY (id),
    CONSTRAINT tier_ladders_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT tier_ladders_code_unique UNIQUE (programme_id, code)
);

CREATE TABLE registry.tier_ladder_versions (
    id uuid NOT NULL,
    ladder_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT tier_ladder_versions_pk PRIMARY KEY (id),
    CONSTRAINT tier_ladder_versions_ladder_fk FOREIGN KEY (ladder_id) REFERENCES registry.tier_ladders (id),
    CONSTRAINT tier_ladder_versions_number_unique UNIQUE (ladder_id, number),
    CONSTRAINT tier_ladder_versions_number_from_one CHECK (number >= 1),
    CONSTRAINT tier_ladder_versions_body_is_json CHECK (body IS JSON OBJECT)
);
COMMENT ON TABLE registry.tier_ladder_versions IS
    'What a ladder promises, as canonical JSON; each holds from created_at on for whatever is credited or falls due. '
    'Append-only.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tier_ladders', 'tier_ladder_versions'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event()', name || '_have_events', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version()', name || '_stand', name);
        EXECUTE format('GRANT SELECT, INSERT ON registry.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON registry.%I TO scrip_auditor', name);
    END LOOP;
END $$;
CREATE TRIGGER tier_ladder_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.tier_ladder_versions
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER tier_ladders_keep_rows BEFORE DELETE OR TRUNCATE ON registry.tier_ladders
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT UPDATE (latest_number, version) ON registry.tier_ladders TO scrip_app;

-- Where members stand, and how they came there -------------------------------------------------------------------------
CREATE TABLE {book}.tier_standings (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    ladder_id uuid NOT NULL,
    level text NOT NULL,
    since timestamptz NOT NULL,
    earned text NOT NULL,
    granted text,
    granted_until date,
    falls_on date,
    safe_until date,
    buckets text NOT NULL,
    snapshots text NOT NULL,
    credited_at timestamptz,
    next_due_at timestamptz NOT NULL,
    steps integer NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT tier_standings_pk PRIMARY KEY (id),
    CONSTRAINT tier_standings_unique UNIQUE (member_id, ladder_id),
    CONSTRAINT tier_standings_level_is_earned_or_granted CHECK (level = earned OR level IS NOT DISTINCT FROM granted),
    CONSTRAINT tier_standings_grant_ends CHECK ((granted IS NULL) = (granted_until IS NULL)),
    CONSTRAINT tier_standings_buckets_are_json CHECK (buckets IS JSON OBJECT AND snapshots IS JSON OBJECT),
    CONSTRAINT tier_standings_numbers_not_negative CHECK (steps >= 0 AND version >= 1 AND steps <= version)
) WITH (fillfactor = 70);
CREATE INDEX tier_standings_due ON {book}.tier_standings (next_due_at) WHERE next_due_at < '9999-12-31 00:00+00';
COMMENT ON TABLE {book}.tier_standings IS
    'Where a member stands on a ladder; without a row, on its first level. Under the holder''s lock.';

CREATE TABLE {book}.tier_steps (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    number integer NOT NULL,
    level text NOT NULL,
    cause text NOT NULL,
    since timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    CONSTRAINT tier_steps_pk PRIMARY KEY (id),
    CONSTRAINT tier_steps_number_unique UNIQUE (standing_id, number),
    CONSTRAINT tier_steps_cause_known CHECK (cause IN ('REACHED', 'FELL', 'GRANTED', 'GRANT_ENDED')),
    CONSTRAINT tier_steps_in_time CHECK (since <= posted_at)
);
COMMENT ON TABLE {book}.tier_steps IS 'The level that a standing holds from `since` to the next step. Append-only.';

CREATE TABLE {book}.tier_credits (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    version bigint NOT NULL,
    activity_id uuid NOT NULL,
    source text NOT NULL,
    local_day date NOT NULL,
    occurred_at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    amount bigint NOT NULL,
    original_credit_id uuid,
    CONSTRAINT tier_credits_pk PRIMARY KEY (id),
    CONSTRAINT tier_credits_version_unique UNIQUE (standing_id, version),
    CONSTRAINT tier_credits_source_known CHECK (source IN ('METRIC', 'RULE')),
    CONSTRAINT tier_credits_amount_signed CHECK ((amount < 0) = (original_credit_id IS NOT NULL))
);
CREATE INDEX tier_credits_by_activity ON {book}.tier_credits (activity_id);
COMMENT ON TABLE {book}.tier_credits IS
    'What an activity brought on a ladder; below zero: what a refund took back. Append-only.';

CREATE TABLE {book}.tier_grants (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    version bigint NOT NULL,
    level text NOT NULL,
    until_on date NOT NULL,
    reason_code text NOT NULL,
    approval_id uuid NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT tier_grants_pk PRIMARY KEY (id),
    CONSTRAINT tier_grants_version_unique UNIQUE (standing_id, version),
    CONSTRAINT tier_grants_approval_unique UNIQUE (approval_id)
);
COMMENT ON TABLE {book}.tier_grants IS 'Levels given by hand, through a local day, after approval. Append-only.';

CREATE TABLE {book}.tier_packs (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    level text NOT NULL,
    starts_on date NOT NULL,
    template text NOT NULL,
    state text NOT NULL,
    refused text,
    voucher_id uuid,
    due_at timestamptz NOT NULL,
    next_try_at timestamptz,
    settled_at timestamptz,
    CONSTRAINT tier_packs_pk PRIMARY KEY (id),
    CONSTRAINT tier_packs_unique UNIQUE (standing_id, level, starts_on, template),
    CONSTRAINT tier_packs_state_known CHECK (state IN ('DUE', 'GIVEN', 'REFUSED')),
    CONSTRAINT tier_packs_given_have_voucher CHECK ((state = 'GIVEN') = (voucher_id IS NOT NULL)),
    CONSTRAINT tier_packs_refused_have_code
        CHECK (CASE state WHEN 'REFUSED' THEN refused IS NOT NULL WHEN 'GIVEN' THEN refused IS NULL ELSE true END),
    CONSTRAINT tier_packs_due_are_tried CHECK ((state = 'DUE') = (next_try_at IS NOT NULL)),
    CONSTRAINT tier_packs_settled_once CHECK ((state = 'DUE') = (settled_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX tier_packs_due ON {book}.tier_packs (next_try_at, id) WHERE state = 'DUE';
COMMENT ON TABLE {book}.tier_packs IS
    'Vouchers that a promotion brings, once per level and period; the sweep gives them. Under the holder''s lock.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tier_standings', 'tier_steps', 'tier_credits', 'tier_grants', 'tier_packs'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['tier_steps', 'tier_credits', 'tier_grants'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_append_only', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['tier_standings', 'tier_packs'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
    END LOOP;
END $$;
GRANT UPDATE (level, since, earned, granted, granted_until, falls_on, safe_until, buckets, snapshots, credited_at,
              next_due_at, steps, version) ON {book}.tier_standings TO scrip_app;
GRANT UPDATE (state, refused, voucher_id, next_try_at, settled_at) ON {book}.tier_packs TO scrip_app;
