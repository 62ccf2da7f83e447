-- What waits for a second person, or for two others. `expired` is no stored state: it is `pending` at or after expires_at.
CREATE TABLE registry.approvals (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    request_event_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    decided_by text,
    decided_at timestamptz,
    decision_event_id uuid,
    entry_id uuid,
    version bigint NOT NULL DEFAULT 1,
    approvers_needed smallint NOT NULL DEFAULT 1,
    first_agreed_by text,
    first_agreed_at timestamptz,
    first_agreed_event_id uuid,
    CONSTRAINT approvals_pk PRIMARY KEY (id),
    CONSTRAINT approvals_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT approvals_state_known CHECK (state IN ('pending', 'approved', 'rejected', 'withdrawn')),
    CONSTRAINT approvals_expire_after_request CHECK (expires_at > requested_at),
    CONSTRAINT approvals_decided_by_somebody CHECK ((state = 'pending')
        = (decided_by IS NULL AND decided_at IS NULL AND decision_event_id IS NULL)),
    -- A client is `role:name`, and who holds two roles is still one person.
    CONSTRAINT approvals_never_by_requester CHECK (state IN ('pending', 'withdrawn')
        OR substring(decided_by FROM position(':' IN decided_by)) <> substring(requested_by FROM position(':' IN requested_by))),
    CONSTRAINT approvals_need_one_or_two CHECK (approvers_needed IN (1, 2)),
    CONSTRAINT approvals_first_agreed_by_somebody CHECK (num_nulls(first_agreed_by, first_agreed_at, first_agreed_event_id) IN (0, 3)
        AND (first_agreed_by IS NULL OR approvers_needed = 2)),
    CONSTRAINT approvals_by_as_many_as_needed CHECK (state <> 'approved' OR approvers_needed = 1 OR first_agreed_by IS NOT NULL),
    CONSTRAINT approvals_by_different_persons CHECK (first_agreed_by IS NULL OR (
        substring(first_agreed_by FROM position(':' IN first_agreed_by)) <> substring(requested_by FROM position(':' IN requested_by))
        AND (state <> 'approved' OR substring(first_agreed_by FROM position(':' IN first_agreed_by))
            <> substring(decided_by FROM position(':' IN decided_by))))),
    -- The data of somebody whose erasure was asked for are read on a legal basis only, and two others agree (PIPL, article 47).
    CONSTRAINT approvals_of_restricted_data_need_two CHECK (
        kind <> 'audit_reveal' OR payload::jsonb ->> 'legalBasis' IS NULL OR approvers_needed = 2)
);
CREATE INDEX approvals_by_programme ON registry.approvals (programme_id, id);
CREATE INDEX approvals_pending_by_programme ON registry.approvals (programme_id, id) WHERE state = 'pending';
COMMENT ON COLUMN registry.approvals.payload IS 'JSON of the fields from which the command is rebuilt; nothing personal';

CREATE CONSTRAINT TRIGGER approvals_have_events AFTER INSERT OR UPDATE ON registry.approvals
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER approvals_keep_rows BEFORE DELETE OR TRUNCATE ON registry.approvals
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT,
    UPDATE (state, decided_by, decided_at, decision_event_id, entry_id, version, first_agreed_by, first_agreed_at, first_agreed_event_id)
    ON registry.approvals TO scrip_app;
GRANT SELECT ON registry.approvals TO scrip_auditor;

-- The external id leads: the write path reaches rows by one selective column.
ALTER TABLE {book}.members
    DROP CONSTRAINT members_external_id_unique,
    ADD CONSTRAINT members_external_id_unique UNIQUE (external_id, programme_id);
CREATE INDEX members_by_programme ON {book}.members (programme_id, id);

-- Keys are versioned rows like the others, so that a hole in a key's history shows.
ALTER TABLE registry.api_keys ADD COLUMN version bigint NOT NULL DEFAULT 1;
GRANT UPDATE (version) ON registry.api_keys TO scrip_app;
