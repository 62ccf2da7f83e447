-- Create activities, campaigns, their budgets, counts and awards.

-- Every budget has an asset of its own, counted in the units of what it pays for ---------------------------------------
ALTER TABLE registry.assets
    DROP CONSTRAINT assets_kind_known,
    ADD CONSTRAINT assets_kind_known CHECK (kind IN ('points', 'money', 'voucher', 'budget'));

CREATE TABLE registry.activity_types (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    schema text NOT NULL,
    amount_field text,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT activity_types_pk PRIMARY KEY (id),
    CONSTRAINT activity_types_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT activity_types_code_unique UNIQUE (programme_id, code),
    CONSTRAINT activity_types_schema_is_json CHECK (schema IS JSON OBJECT)
);
COMMENT ON TABLE registry.activity_types IS 'Types of activities beside the shipped ones. A type never changes.';

CREATE TABLE registry.campaigns (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    current_version_id uuid,
    latest_number integer NOT NULL DEFAULT 1,
    since timestamptz NOT NULL,
    steps integer NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT campaigns_pk PRIMARY KEY (id),
    CONSTRAINT campaigns_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT campaigns_code_unique UNIQUE (programme_id, code),
    CONSTRAINT campaigns_state_known
        CHECK (state IN ('draft', 'reviewed', 'approved', 'running', 'paused', 'ended')),
    CONSTRAINT campaigns_approved_have_version
        CHECK (state IN ('draft', 'reviewed') OR current_version_id IS NOT NULL)
);

CREATE TABLE registry.campaign_versions (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    terms text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT campaign_versions_pk PRIMARY KEY (id),
    CONSTRAINT campaign_versions_campaign_fk FOREIGN KEY (campaign_id) REFERENCES registry.campaigns (id),
    CONSTRAINT campaign_versions_number_unique UNIQUE (campaign_id, number),
    CONSTRAINT campaign_versions_number_from_one CHECK (number >= 1),
    CONSTRAINT campaign_versions_body_is_json CHECK (body IS JSON OBJECT)
);
COMMENT ON TABLE registry.campaign_versions IS
    'What a campaign promises, as canonical JSON, and its terms text; every award names its version. Append-only.';
ALTER TABLE registry.campaigns ADD CONSTRAINT campaigns_current_fk
    FOREIGN KEY (current_version_id) REFERENCES registry.campaign_versions (id) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE registry.campaign_steps (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    state text NOT NULL,
    version_id uuid,
    since timestamptz NOT NULL,
    CONSTRAINT campaign_steps_pk PRIMARY KEY (id),
    CONSTRAINT campaign_steps_campaign_fk FOREIGN KEY (campaign_id) REFERENCES registry.campaigns (id),
    CONSTRAINT campaign_steps_number_unique UNIQUE (campaign_id, number),
    CONSTRAINT campaign_steps_number_from_one CHECK (number >= 1),
    CONSTRAINT campaign_steps_state_known
        CHECK (state IN ('draft', 'reviewed', 'approved', 'running', 'paused', 'ended'))
);
COMMENT ON TABLE registry.campaign_steps IS
    'In which state and under which version a campaign was from when on: late activities look here. Append-only.';

CREATE TABLE registry.member_lists (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    members bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT member_lists_pk PRIMARY KEY (id),
    CONSTRAINT member_lists_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT member_lists_code_unique UNIQUE (programme_id, code),
    CONSTRAINT member_lists_members_not_negative CHECK (members >= 0)
);
COMMENT ON TABLE registry.member_lists IS 'Lists of members that campaigns may be for. A list only grows.';
CREATE CONSTRAINT TRIGGER member_lists_have_events AFTER INSERT OR UPDATE ON registry.member_lists
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER member_lists_keep_rows BEFORE DELETE OR TRUNCATE ON registry.member_lists
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT, UPDATE (members, version) ON registry.member_lists TO scrip_app;
GRANT SELECT ON registry.member_lists TO scrip_auditor;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['activity_types', 'campaigns', 'campaign_versions', 'campaign_steps'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event()', name || '_have_events', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version()', name || '_stand', name);
        EXECUTE format('GRANT SELECT, INSERT ON registry.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON registry.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['activity_types', 'campaign_versions', 'campaign_steps'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_append_only', name);
    END LOOP;
END $$;
CREATE TRIGGER campaigns_keep_rows BEFORE DELETE OR TRUNCATE ON registry.campaigns
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT UPDATE (state, current_version_id, latest_number, since, steps, version) ON registry.campaigns TO scrip_app;

-- What was reported, and what came of it -------------------------------------------------------------------------------
CREATE TABLE {book}.activities (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    request_id bytea NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    source_event_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    local_day date NOT NULL,
    channel text,
    branch text,
    merchant_id uuid,
    payload text NOT NULL,
    amount bigint,
    refund_of uuid,
    state text NOT NULL,
    entry_id uuid,
    CONSTRAINT activities_pk PRIMARY KEY (id),
    CONSTRAINT activities_request_unique UNIQUE (request_id),
    CONSTRAINT activities_state_known CHECK (state IN ('ACCEPTED', 'TOO_LATE')),
    CONSTRAINT activities_payload_is_json CHECK (payload IS JSON OBJECT),
    CONSTRAINT activities_amount_not_negative CHECK (amount >= 0),
    CONSTRAINT activities_in_time CHECK (occurred_at <= received_at)
);
CREATE INDEX activities_by_member ON {book}.activities (member_id, id);
-- Activities lie about in the order of their days: a few pages of index tell where a simulation begins.
CREATE INDEX activities_by_day ON {book}.activities USING brin (local_day) WITH (autosummarize = on);
CREATE INDEX activities_by_refunded ON {book}.activities (refund_of) WHERE refund_of IS NOT NULL;
COMMENT ON COLUMN {book}.activities.request_id IS 'the request keeps why campaigns that looked at it awarded nothing';

CREATE TABLE {book}.awards (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    entry_id uuid,
    member_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    version_id uuid NOT NULL,
    phase text NOT NULL,
    rule text NOT NULL,
    variant text,
    kind text NOT NULL,
    asset_id uuid,
    amount bigint NOT NULL,
    base bigint NOT NULL,
    multiplier bigint NOT NULL,
    wanted bigint NOT NULL,
    inputs text NOT NULL,
    headroom text NOT NULL,
    budget_id uuid,
    cost bigint NOT NULL,
    local_day date NOT NULL,
    awarded_at timestamptz NOT NULL,
    original_award_id uuid,
    target text,
    voucher_id uuid,
    factors text NOT NULL,
    CONSTRAINT awards_pk PRIMARY KEY (id),
    CONSTRAINT awards_kind_known CHECK (kind IN ('POINTS', 'VOUCHER', 'DONATION', 'PROGRESS', 'TIER_CREDIT')),
    CONSTRAINT awards_posted_unless_counting
        CHECK (CASE WHEN kind IN ('PROGRESS', 'TIER_CREDIT') THEN asset_id IS NULL AND budget_id IS NULL
                         ELSE asset_id IS NOT NULL AND entry_id IS NOT NULL END),
    CONSTRAINT awards_name_target CHECK ((target IS NOT NULL) = (kind IN ('DONATION', 'PROGRESS', 'TIER_CREDIT'))),
    CONSTRAINT awards_name_voucher CHECK ((voucher_id IS NOT NULL) = (kind = 'VOUCHER')),
    CONSTRAINT awards_amount_signed CHECK (amount <> 0 AND (amount < 0) = (original_award_id IS NOT NULL)),
    CONSTRAINT awards_cost_signed CHECK (CASE WHEN budget_id IS NULL THEN cost = 0 ELSE sign(cost) = sign(amount) END),
    CONSTRAINT awards_within_wanted CHECK (abs(amount) <= abs(wanted)),
    CONSTRAINT awards_inputs_are_json CHECK (inputs IS JSON OBJECT AND headroom IS JSON ARRAY AND factors IS JSON ARRAY)
);
CREATE INDEX awards_by_activity ON {book}.awards (activity_id);
COMMENT ON TABLE {book}.awards IS
    'What a rule gave for an activity and how it came to that; below zero: what a refund took back. Append-only.';

CREATE TABLE {book}.listed_members (
    id uuid NOT NULL,
    list_id uuid NOT NULL,
    member_id uuid NOT NULL,
    CONSTRAINT listed_members_pk PRIMARY KEY (id)
);
COMMENT ON TABLE {book}.listed_members IS 'Who is on a list; the id is computed from both, so that nobody is twice. Append-only.';

CREATE TABLE {book}.campaign_counts (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    counter text NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT campaign_counts_pk PRIMARY KEY (id),
    CONSTRAINT campaign_counts_unique UNIQUE (member_id, campaign_id, counter, period, starts_on),
    CONSTRAINT campaign_counts_period_known CHECK (period IN ('DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR', 'TOTAL')),
    CONSTRAINT campaign_counts_amount_not_negative CHECK (amount >= 0)
) WITH (fillfactor = 80);
COMMENT ON TABLE {book}.campaign_counts IS
    'What a member received of a campaign in a local period, and how far its counters are. Under the holder''s lock.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['activities', 'awards', 'listed_members', 'campaign_counts'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['activities', 'awards', 'listed_members'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_append_only', name);
    END LOOP;
END $$;
CREATE TRIGGER campaign_counts_keep_rows BEFORE DELETE OR TRUNCATE ON {book}.campaign_counts
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT UPDATE (amount) ON {book}.campaign_counts TO scrip_app;
