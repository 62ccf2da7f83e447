-- Create the bundles of approved exports, sealed to their auditors, while they wait to be fetched.
CREATE TABLE audit.bundles (
    id uuid NOT NULL,
    made_at timestamptz NOT NULL,
    entries bigint NOT NULL DEFAULT 0,
    digest bytea,
    sealed bytea,
    problem text,
    CONSTRAINT bundles_pk PRIMARY KEY (id),
    CONSTRAINT bundles_made_or_not CHECK ((sealed IS NULL) = (problem IS NOT NULL) AND (sealed IS NULL) = (digest IS NULL)),
    CONSTRAINT bundles_entries_not_negative CHECK (entries >= 0)
);
COMMENT ON TABLE audit.bundles IS 'Bundles of exports that somebody agreed to; only the auditor''s key opens them. Kept for a week.';
COMMENT ON COLUMN audit.bundles.id IS 'the approval';
COMMENT ON COLUMN audit.bundles.problem IS 'why there is no bundle';
-- Sealed bytes do not compress, and are read in slices.
ALTER TABLE audit.bundles ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX bundles_by_time ON audit.bundles (made_at);
CREATE CONSTRAINT TRIGGER bundles_have_events AFTER INSERT ON audit.bundles
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER bundles_unchanged BEFORE UPDATE OR TRUNCATE ON audit.bundles
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON audit.bundles TO scrip_app;
GRANT SELECT (id, made_at), DELETE ON audit.bundles TO scrip_key_admin;
-- Whoever makes them asks often for the few that are approved.
CREATE INDEX approvals_exports ON registry.approvals (decided_at) WHERE kind = 'audit_export' AND state = 'approved';
