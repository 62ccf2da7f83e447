-- The tills of a shop. A till's id is computed from its shop and its code, so both are given once and for ever.
CREATE TABLE registry.terminals (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT terminals_pk PRIMARY KEY (id),
    CONSTRAINT terminals_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT terminals_merchant_fk FOREIGN KEY (merchant_id) REFERENCES registry.merchants (id),
    CONSTRAINT terminals_code_unique UNIQUE (merchant_id, code),
    CONSTRAINT terminals_state_known CHECK (state IN ('open', 'closed'))
);
CREATE CONSTRAINT TRIGGER terminals_have_events AFTER INSERT OR UPDATE ON registry.terminals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER terminals_keep_rows BEFORE DELETE OR TRUNCATE ON registry.terminals
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER terminals_stand AFTER INSERT OR UPDATE ON registry.terminals
    FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();
GRANT SELECT, INSERT, UPDATE (state, version) ON registry.terminals TO scrip_app;
GRANT SELECT ON registry.terminals TO scrip_auditor;

-- Where a shop's credentials may come from.
ALTER TABLE registry.merchants
    ADD COLUMN networks cidr[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT merchants_networks_at_most_64 CHECK (cardinality(networks) <= 64);
COMMENT ON COLUMN registry.merchants.networks IS 'where the shop''s credentials work; none = anywhere';
GRANT UPDATE (networks) ON registry.merchants TO scrip_app;

-- Processes remember verified credentials; a notice makes them forget at once. Such changes are rare, so the
-- instance-wide lock that a commit with a notice takes costs nothing.
CREATE FUNCTION registry.tell_credentials() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('scrip_credentials', '');
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION registry.tell_credentials() FROM PUBLIC;
CREATE TRIGGER merchants_tell_credentials AFTER UPDATE OF state, networks ON registry.merchants
    FOR EACH STATEMENT EXECUTE FUNCTION registry.tell_credentials();
CREATE TRIGGER api_keys_tell_credentials AFTER UPDATE OF expires_at, revoked_at ON registry.api_keys
    FOR EACH STATEMENT EXECUTE FUNCTION registry.tell_credentials();
