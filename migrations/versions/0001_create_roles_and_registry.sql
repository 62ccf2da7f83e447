-- Roles are the cluster's; a role that exists is kept. Nobody logs in as one of these by default: a login role of the
-- deployment is granted the role of its process. Where one login does everything, it is the one that migrates; where an
-- administrator made the roles, he says who gets them.
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['scrip_owner', 'scrip_app', 'scrip_sequencer', 'scrip_auditor', 'scrip_key_admin'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
            IF NOT pg_has_role(current_user, wanted, 'SET') THEN
                EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
            END IF;
        EXCEPTION
            WHEN unique_violation OR duplicate_object THEN
                NULL; -- another database of the cluster made it at the same moment
            WHEN insufficient_privilege THEN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                    RAISE EXCEPTION 'the role % is missing and % may not create it', wanted, current_user
                        USING ERRCODE = 'insufficient_privilege';
                END IF;
        END;
    END LOOP;
END $$;

-- Whoever may make a table of his own, be it a temporary one, can put triggers on it. Nothing here needs one.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION
    WHEN insufficient_privilege THEN
        NULL; -- only the database's owner can: docs/deployment.md has it
END $$;

CREATE SCHEMA IF NOT EXISTS registry;
CREATE SCHEMA IF NOT EXISTS audit;
GRANT USAGE ON SCHEMA registry TO scrip_app, scrip_auditor;
GRANT USAGE ON SCHEMA audit TO scrip_app, scrip_sequencer, scrip_auditor, scrip_key_admin;
GRANT SELECT ON registry.alembic_version TO scrip_app;

-- Audit events -----------------------------------------------------------------------------------------------------
CREATE TABLE audit.events (
    id uuid NOT NULL,
    tx_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    resource_id uuid,
    record bytea NOT NULL,
    CONSTRAINT events_pk PRIMARY KEY (id),
    CONSTRAINT events_record_at_most_4_kib CHECK (octet_length(record) <= 4096)
);
CREATE INDEX events_by_transaction ON audit.events (tx_id, resource_id);
COMMENT ON TABLE audit.events IS 'One row per audit event: canonical record, nothing personal in it. Append-only.';
GRANT INSERT (id, resource_id, record), SELECT (id, tx_id, resource_id) ON audit.events TO scrip_app;
GRANT SELECT ON audit.events TO scrip_sequencer, scrip_auditor;

-- Triggers call functions with nobody asking who may; so nobody else needs to. Names mean what they mean here.
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
REVOKE EXECUTE ON FUNCTION audit.refuse_change() FROM PUBLIC;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.events
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

-- Each registry row that a transaction writes must have its event in the same transaction. Registry writes are rare,
-- so each row asks for itself.
CREATE FUNCTION audit.require_registry_event() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.events e WHERE e.tx_id = pg_current_xact_id() AND e.resource_id = NEW.id) THEN
        RAISE EXCEPTION '%.% % has no audit event', TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit.require_registry_event() FROM PUBLIC;

-- One row for the whole deployment: the clock's offset and the version of the standing rows -------------------------
CREATE TABLE registry.instance (
    id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000001',
    clock_offset_us bigint NOT NULL DEFAULT 0,
    standing_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT instance_pk PRIMARY KEY (id),
    CONSTRAINT instance_is_one_row CHECK (id = '00000000-0000-0000-0000-000000000001')
);
INSERT INTO registry.instance DEFAULT VALUES;
GRANT SELECT, UPDATE (clock_offset_us) ON registry.instance TO scrip_app;
GRANT SELECT ON registry.instance TO scrip_auditor;

-- With its owner's rights: who changes what stands cannot set the version back and have every process overlook it.
CREATE FUNCTION registry.raise_standing_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- The hour is in it, so that two histories of one database (after a failover that lost commits) never share a version.
    UPDATE registry.instance
    SET standing_version = greatest(standing_version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION registry.raise_standing_version() FROM PUBLIC;

CREATE FUNCTION registry.keep_clock_forward() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.clock_offset_us < OLD.clock_offset_us AND OLD.clock_offset_us <> 0 THEN
        RAISE EXCEPTION 'the ledger''s clock only moves forward' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION registry.keep_clock_forward() FROM PUBLIC;
CREATE TRIGGER instance_clock_forward BEFORE UPDATE OF clock_offset_us ON registry.instance
    FOR EACH ROW EXECUTE FUNCTION registry.keep_clock_forward();
CREATE CONSTRAINT TRIGGER instance_clock_has_events AFTER UPDATE OF clock_offset_us ON registry.instance
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER instance_keep_rows BEFORE DELETE OR TRUNCATE ON registry.instance
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

-- Programmes, assets, rates ------------------------------------------------------------------------------------------
CREATE TABLE registry.programmes (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    open_from timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT programmes_pk PRIMARY KEY (id),
    CONSTRAINT programmes_code_unique UNIQUE (code)
);

CREATE TABLE registry.assets (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    expiry text NOT NULL DEFAULT 'never',
    priority smallint NOT NULL DEFAULT 0,
    shortfall text NOT NULL DEFAULT 'WITHIN_BALANCE',
    reversal_days integer NOT NULL DEFAULT 90,
    reversal_grace_days integer NOT NULL DEFAULT 0,
    transfers_allowed boolean NOT NULL DEFAULT false,
    transfer_day_max bigint,
    transfer_month_max bigint,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT assets_pk PRIMARY KEY (id),
    CONSTRAINT assets_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT assets_code_unique UNIQUE (programme_id, code),
    CONSTRAINT assets_kind_known CHECK (kind IN ('points', 'money')),
    CONSTRAINT assets_shortfall_known CHECK (shortfall IN ('WITHIN_BALANCE', 'ONLY_PENDING', 'NEGATIVE')),
    CONSTRAINT assets_reversal_days_positive CHECK (reversal_days > 0 AND reversal_grace_days >= 0),
    CONSTRAINT assets_transfer_max_positive CHECK (transfer_day_max > 0 AND transfer_month_max > 0)
);

CREATE TABLE registry.rates (
    id uuid NOT NULL,
    asset_id uuid NOT NULL,
    money_asset_id uuid NOT NULL,
    points bigint NOT NULL,
    minor bigint NOT NULL,
    valid_from timestamptz NOT NULL,
    CONSTRAINT rates_pk PRIMARY KEY (id),
    CONSTRAINT rates_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets (id),
    CONSTRAINT rates_money_asset_fk FOREIGN KEY (money_asset_id) REFERENCES registry.assets (id),
    CONSTRAINT rates_version_unique UNIQUE (asset_id, valid_from),
    CONSTRAINT rates_positive CHECK (points > 0 AND minor > 0)
);

CREATE TABLE registry.adjustment_limits (
    id uuid NOT NULL,
    asset_id uuid NOT NULL,
    actor_kind text NOT NULL,
    amount bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT adjustment_limits_pk PRIMARY KEY (id),
    CONSTRAINT adjustment_limits_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets (id),
    CONSTRAINT adjustment_limits_unique UNIQUE (asset_id, actor_kind),
    CONSTRAINT adjustment_limits_not_negative CHECK (amount >= 0)
);

-- Partners and their merchants ---------------------------------------------------------------------------------------
CREATE TABLE registry.partners (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT partners_pk PRIMARY KEY (id),
    CONSTRAINT partners_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT partners_code_unique UNIQUE (programme_id, code)
);

CREATE TABLE registry.merchants (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT merchants_pk PRIMARY KEY (id),
    CONSTRAINT merchants_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT merchants_partner_fk FOREIGN KEY (partner_id) REFERENCES registry.partners (id),
    CONSTRAINT merchants_code_unique UNIQUE (programme_id, code),
    CONSTRAINT merchants_state_known CHECK (state IN ('open', 'closed'))
);

CREATE TABLE registry.api_keys (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_keys_pk PRIMARY KEY (id),
    CONSTRAINT api_keys_merchant_fk FOREIGN KEY (merchant_id) REFERENCES registry.merchants (id),
    CONSTRAINT api_keys_hash_is_sha256 CHECK (octet_length(secret_hash) = 32)
);
CREATE INDEX api_keys_by_merchant ON registry.api_keys (merchant_id);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['programmes', 'assets', 'rates', 'adjustment_limits', 'partners', 'merchants', 'api_keys'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event()', name || '_have_events', name);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
        EXECUTE format('GRANT SELECT, INSERT ON registry.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON registry.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['programmes', 'assets', 'rates', 'adjustment_limits', 'merchants'] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE ON registry.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version()', name || '_stand', name);
    END LOOP;
END $$;
GRANT UPDATE (open_from, version) ON registry.programmes TO scrip_app;
GRANT UPDATE (expiry, priority, shortfall, reversal_days, reversal_grace_days, transfers_allowed, transfer_day_max,
    transfer_month_max, version) ON registry.assets TO scrip_app;
GRANT UPDATE (amount, version) ON registry.adjustment_limits TO scrip_app;
GRANT UPDATE (state, version) ON registry.merchants TO scrip_app;
GRANT UPDATE (expires_at, revoked_at) ON registry.api_keys TO scrip_app;
