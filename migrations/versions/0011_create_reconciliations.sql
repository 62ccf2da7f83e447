-- Create the record of reconciliations.
CREATE TABLE audit.reconciliations (
    id uuid NOT NULL,
    reconciled_at timestamptz NOT NULL,
    size bigint NOT NULL,
    entries bigint NOT NULL,
    accounts bigint NOT NULL,
    holes bigint NOT NULL,
    differences bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT reconciliations_pk PRIMARY KEY (id),
    CONSTRAINT reconciliations_counts_not_negative CHECK (least(size, entries, accounts, holes, differences) >= 0)
);
CREATE INDEX reconciliations_by_time ON audit.reconciliations (reconciled_at);
COMMENT ON TABLE audit.reconciliations IS
    'Each time that the log was read from end to end and compared with the ledger. Append-only.';
CREATE CONSTRAINT TRIGGER reconciliations_have_events AFTER INSERT ON audit.reconciliations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER reconciliations_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.reconciliations
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON audit.reconciliations TO scrip_app;
GRANT SELECT ON audit.reconciliations TO scrip_auditor;
