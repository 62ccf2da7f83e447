-- Create voucher templates, vouchers, redemptions and their counts.

-- Every template has an asset of its own, whose units are uses or, for stored value, minor units of money --------------
ALTER TABLE registry.assets
    DROP CONSTRAINT assets_kind_known,
    ADD CONSTRAINT assets_kind_known CHECK (kind IN ('points', 'money', 'voucher'));

CREATE TABLE registry.voucher_templates (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    stock text NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    current_version_id uuid NOT NULL,
    current_number integer NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT voucher_templates_pk PRIMARY KEY (id),
    CONSTRAINT voucher_templates_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT voucher_templates_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets (id),
    CONSTRAINT voucher_templates_code_unique UNIQUE (programme_id, code),
    CONSTRAINT voucher_templates_kind_known CHECK (kind IN ('FIXED_DISCOUNT', 'PERCENTAGE', 'SPEND_SAVE', 'STORED_VALUE',
        'EXCHANGE', 'BENEFIT', 'MULTIPLIER')),
    CONSTRAINT voucher_templates_stock_known CHECK (stock IN ('UNLIMITED', 'LIMITED', 'IMPORTED')),
    CONSTRAINT voucher_templates_state_known CHECK (state IN ('draft', 'live', 'stopped'))
);
CREATE INDEX voucher_templates_by_programme ON registry.voucher_templates (programme_id, id);

CREATE TABLE registry.voucher_template_versions (
    id uuid NOT NULL,
    template_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    terms text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT voucher_template_versions_pk PRIMARY KEY (id),
    CONSTRAINT voucher_template_versions_template_fk FOREIGN KEY (template_id) REFERENCES registry.voucher_templates (id),
    CONSTRAINT voucher_template_versions_number_unique UNIQUE (template_id, number),
    CONSTRAINT voucher_template_versions_number_from_one CHECK (number >= 1),
    CONSTRAINT voucher_template_versions_body_is_json CHECK (body IS JSON OBJECT)
);
COMMENT ON TABLE registry.voucher_template_versions IS
    'What a voucher promises, as canonical JSON, and its terms text; every voucher names its version. Append-only.';
ALTER TABLE registry.voucher_templates ADD CONSTRAINT voucher_templates_current_fk
    FOREIGN KEY (current_version_id) REFERENCES registry.voucher_template_versions (id) DEFERRABLE INITIALLY DEFERRED;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['voucher_templates', 'voucher_template_versions'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event()', name || '_have_events', name);
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version()', name || '_stand', name);
        EXECUTE format('GRANT SELECT, INSERT ON registry.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON registry.%I TO scrip_auditor', name);
    END LOOP;
END $$;
CREATE TRIGGER voucher_templates_keep_rows BEFORE DELETE OR TRUNCATE ON registry.voucher_templates
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER voucher_template_versions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON registry.voucher_template_versions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT UPDATE (state, current_version_id, current_number, version) ON registry.voucher_templates TO scrip_app;

-- What the bank says of a member beside its points: facts that templates may require --------------------------------------
CREATE TABLE {book}.member_facts (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    tiers text[] NOT NULL,
    segments text[] NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT member_facts_pk PRIMARY KEY (id),
    CONSTRAINT member_facts_member_fk FOREIGN KEY (id) REFERENCES {book}.holders (id)
);
CREATE CONSTRAINT TRIGGER member_facts_have_events AFTER INSERT OR UPDATE ON {book}.member_facts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER member_facts_keep_rows BEFORE DELETE OR TRUNCATE ON {book}.member_facts
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT, UPDATE (tiers, segments, version) ON {book}.member_facts TO scrip_app;
GRANT SELECT ON {book}.member_facts TO scrip_auditor;

-- A member's vouchers of one template are lots of one account, changed under its row's lock ----------------------------
CREATE INDEX accounts_vouchers_by_next_due ON {book}.accounts (next_due_at) WHERE role = 'voucher';

-- is_live is a column of its own so that a changed remainder or lock leaves every index alone (HOT updates).
CREATE TABLE {book}.vouchers (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    template_id uuid NOT NULL,
    template_version_id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    code_sealed bytea NOT NULL,
    state text NOT NULL,
    units bigint NOT NULL,
    units_left bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    lock_merchant_id uuid,
    lock_token_hash bytea,
    lock_until timestamptz,
    lock_units bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    source_voucher_id uuid,
    version bigint NOT NULL DEFAULT 0,
    is_live boolean GENERATED ALWAYS AS (state = 'live') STORED,
    CONSTRAINT vouchers_pk PRIMARY KEY (id),
    CONSTRAINT vouchers_code_unique UNIQUE (code_hash),
    CONSTRAINT vouchers_code_hash_is_digest CHECK (octet_length(code_hash) = 16),
    CONSTRAINT vouchers_state_known CHECK (state IN ('live', 'redeemed', 'expired', 'voided', 'gifted')),
    CONSTRAINT vouchers_units_within_granted CHECK (0 <= units_left AND units_left <= units AND units > 0),
    CONSTRAINT vouchers_live_have_units CHECK ((state = 'live') = (units_left > 0)),
    CONSTRAINT vouchers_ended_at_an_instant CHECK ((state = 'live') = (ended_at IS NULL)),
    CONSTRAINT vouchers_valid_for_some_time CHECK (valid_from < valid_until),
    CONSTRAINT vouchers_locked_in_whole CHECK ((lock_until IS NULL) = (lock_merchant_id IS NULL)
        AND (lock_until IS NULL) = (lock_token_hash IS NULL)),
    CONSTRAINT vouchers_lock_units_within_left CHECK (0 <= lock_units AND lock_units <= units_left)
) WITH (fillfactor = 80);
CREATE INDEX vouchers_live_by_account ON {book}.vouchers (account_id) WHERE is_live;
CREATE INDEX vouchers_by_member ON {book}.vouchers (member_id, id);
CREATE INDEX vouchers_by_template ON {book}.vouchers (template_id, id);
COMMENT ON COLUMN {book}.vouchers.version IS 'rises with every change of the lock; what moves units, entries tell';

-- One row per voucher and redemption. What was reversed is given back to the local day it was taken from --------------
CREATE TABLE {book}.redemptions (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    voucher_id uuid NOT NULL,
    template_id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    terminal_id uuid,
    units bigint NOT NULL,
    discount_minor bigint NOT NULL,
    basket_minor bigint NOT NULL,
    local_day date NOT NULL,
    redeemed_at timestamptz NOT NULL,
    reversed_units bigint NOT NULL DEFAULT 0,
    reversed_minor bigint NOT NULL DEFAULT 0,
    reversed_at timestamptz,
    CONSTRAINT redemptions_pk PRIMARY KEY (id),
    CONSTRAINT redemptions_voucher_unique UNIQUE (entry_id, voucher_id),
    CONSTRAINT redemptions_units_positive CHECK (units > 0 AND 0 <= reversed_units AND reversed_units <= units),
    CONSTRAINT redemptions_minor_in_range CHECK (discount_minor >= 0 AND basket_minor >= 0
        AND 0 <= reversed_minor AND reversed_minor <= discount_minor),
    CONSTRAINT redemptions_reversed_at_an_instant CHECK ((reversed_at IS NULL) = (reversed_units = 0))
) WITH (fillfactor = 80);
CREATE INDEX redemptions_by_voucher ON {book}.redemptions (voucher_id, id);
CREATE INDEX redemptions_by_merchant ON {book}.redemptions (merchant_id, id);

-- How many of a template a member received or used -----------------------------------------------------------------
CREATE TABLE {book}.voucher_counts (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    template_id uuid NOT NULL,
    purpose text NOT NULL,
    counted_on date NOT NULL,
    total bigint NOT NULL,
    in_day bigint NOT NULL,
    in_week bigint NOT NULL,
    in_month bigint NOT NULL,
    CONSTRAINT voucher_counts_pk PRIMARY KEY (id),
    CONSTRAINT voucher_counts_unique UNIQUE (member_id, template_id, purpose),
    CONSTRAINT voucher_counts_purpose_known CHECK (purpose IN ('issue', 'use')),
    CONSTRAINT voucher_counts_nested CHECK (0 <= in_day AND in_day <= in_week AND in_day <= in_month
        AND in_week <= total AND in_month <= total)
) WITH (fillfactor = 80);

-- A partner's own codes, dealt in the order of import under the stock account's lock -----------------------------------
CREATE TABLE {book}.imported_codes (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    template_id uuid NOT NULL,
    position bigint NOT NULL,
    code_hash bytea NOT NULL,
    code_sealed bytea NOT NULL,
    entry_id uuid NOT NULL,
    voucher_id uuid,
    CONSTRAINT imported_codes_pk PRIMARY KEY (id),
    CONSTRAINT imported_codes_code_unique UNIQUE (code_hash),
    CONSTRAINT imported_codes_position_unique UNIQUE (template_id, position),
    CONSTRAINT imported_codes_position_from_one CHECK (position >= 1)
) WITH (fillfactor = 80);

CREATE TABLE {book}.voucher_stocks (
    id uuid NOT NULL,
    imported bigint NOT NULL,
    dealt bigint NOT NULL,
    CONSTRAINT voucher_stocks_pk PRIMARY KEY (id),
    CONSTRAINT voucher_stocks_dealt_within_imported CHECK (0 <= dealt AND dealt <= imported)
) WITH (fillfactor = 80);
COMMENT ON TABLE {book}.voucher_stocks IS 'Per template with imported codes: how many came, how many went to members.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['vouchers', 'redemptions', 'voucher_counts', 'imported_codes', 'voucher_stocks'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
END $$;
GRANT UPDATE (state, units_left, lock_merchant_id, lock_token_hash, lock_until, lock_units, ended_at, version)
    ON {book}.vouchers TO scrip_app;
GRANT UPDATE (reversed_units, reversed_minor, reversed_at) ON {book}.redemptions TO scrip_app;
GRANT UPDATE (counted_on, total, in_day, in_week, in_month) ON {book}.voucher_counts TO scrip_app;
GRANT UPDATE (voucher_id) ON {book}.imported_codes TO scrip_app;
GRANT UPDATE (imported, dealt) ON {book}.voucher_stocks TO scrip_app;
