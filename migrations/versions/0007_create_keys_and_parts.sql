-- A member's name at the bank is forgotten once, by erasure, and never changed otherwise.
DROP TRIGGER members_append_only ON {book}.members;
CREATE TRIGGER members_keep_rows BEFORE DELETE OR TRUNCATE ON {book}.members
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE FUNCTION {book}.forget_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    OLD.external_id := 'erased:' || OLD.id;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION '%.% is append-only but for erasure', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION {book}.forget_only() FROM PUBLIC;
CREATE TRIGGER members_forget_only BEFORE UPDATE ON {book}.members FOR EACH ROW EXECUTE FUNCTION {book}.forget_only();
-- Nor by anybody who does not say so: the name is gone for ever.
CREATE FUNCTION {book}.require_erasing_entry() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM {book}.journal_entries entry
        WHERE entry.tx_id = pg_current_xact_id() AND entry.member_id = NEW.id AND entry.kind = 'erase'
    ) THEN
        RAISE EXCEPTION '%.% % is forgotten without an entry', TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION {book}.require_erasing_entry() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER members_are_erased_by_entries AFTER UPDATE ON {book}.members
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {book}.require_erasing_entry();
GRANT UPDATE (external_id) ON {book}.members TO scrip_app;
CREATE INDEX members_erased ON {book}.members (id) WHERE external_id LIKE 'erased:%';

-- Records that are not in the tree yet. The sequencer deletes a row in the transaction that gives its record an index.
CREATE TABLE audit.pending (
    id uuid NOT NULL,
    CONSTRAINT pending_pk PRIMARY KEY (id)
);
COMMENT ON TABLE audit.pending IS 'Events that are committed and not in the tree yet, claimed by presence in the order of their ids.';
GRANT SELECT, DELETE ON audit.pending TO scrip_sequencer;
GRANT SELECT ON audit.pending TO scrip_auditor;

-- What is private in events, sealed. The record holds the hash of the sealed bytes, so a part can be destroyed.
CREATE TABLE audit.parts (
    event_id uuid NOT NULL,
    name text NOT NULL,
    subject_id uuid NOT NULL,
    epoch text NOT NULL,
    suite smallint NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT parts_pk PRIMARY KEY (event_id, name)
);
CREATE INDEX parts_by_subject ON audit.parts (subject_id);
CREATE INDEX parts_by_epoch ON audit.parts (epoch);
COMMENT ON TABLE audit.parts IS 'Sealed private parts of events; erasure and expiry delete them, nothing changes them.';
CREATE TRIGGER parts_unchanged BEFORE UPDATE OR TRUNCATE ON audit.parts
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
-- A part comes with its event, in one transaction, and is the one that the record names: these bytes of canonical form.
CREATE FUNCTION audit.require_named_parts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_parts part WHERE NOT EXISTS (
            SELECT FROM audit.events event WHERE event.id = part.event_id AND event.tx_id = pg_current_xact_id()
                AND position(convert_to(format('{"epoch":"%s","hash":"%s","name":"%s","subject":"%s","suite":%s}',
                    part.epoch, encode(sha256(part.sealed), 'hex'), part.name, part.subject_id, part.suite), 'UTF8')
                    IN event.record) > 0)
    ) THEN
        RAISE EXCEPTION 'a part that no event of this transaction names' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit.require_named_parts() FROM PUBLIC;
CREATE TRIGGER parts_are_named AFTER INSERT ON audit.parts
    REFERENCING NEW TABLE AS new_parts FOR EACH STATEMENT EXECUTE FUNCTION audit.require_named_parts();
GRANT INSERT ON audit.parts TO scrip_app;
GRANT SELECT ON audit.parts TO scrip_auditor;
GRANT SELECT, DELETE ON audit.parts TO scrip_key_admin;
-- Whoever administers keys records what it does.
GRANT INSERT (id, resource_id, record), SELECT (id, tx_id, resource_id) ON audit.events TO scrip_key_admin;
GRANT INSERT ON audit.parts TO scrip_key_admin;

-- The sealed reasons of approvals, and no other part of the audit log: a view reads with its owner's rights.
CREATE VIEW registry.approval_reasons AS
    SELECT approval.id AS approval_id, part.*
    FROM registry.approvals approval
    JOIN audit.parts part
        ON part.event_id IN (approval.request_event_id, approval.first_agreed_event_id, approval.decision_event_id);
GRANT SELECT ON registry.approval_reasons TO scrip_app, scrip_auditor;

-- Keys, each wrapped by the one above it: root (kept by a provider, never here) -> branch -> subject --------------------
CREATE SCHEMA keys;
GRANT USAGE ON SCHEMA keys TO scrip_app, scrip_auditor, scrip_key_admin;

CREATE TABLE keys.roots (
    id uuid NOT NULL,
    reference text NOT NULL,
    state text NOT NULL DEFAULT 'active',
    adopted_at timestamptz NOT NULL,
    destroyed_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT roots_pk PRIMARY KEY (id),
    CONSTRAINT roots_reference_unique UNIQUE (reference),
    CONSTRAINT roots_state_known CHECK (state IN ('active', 'retired', 'destroyed')),
    CONSTRAINT roots_destroyed_at_an_instant CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX roots_one_is_active ON keys.roots ((true)) WHERE state = 'active';
COMMENT ON COLUMN keys.roots.reference IS 'what the key provider calls the key; the key itself is never in the database';

CREATE TABLE keys.branches (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    root_id uuid NOT NULL,
    wrapped bytea,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT branches_pk PRIMARY KEY (id),
    CONSTRAINT branches_root_fk FOREIGN KEY (root_id) REFERENCES keys.roots (id),
    CONSTRAINT branches_name_unique UNIQUE (kind, name, root_id),
    CONSTRAINT branches_kind_known CHECK (kind IN ('bucket', 'epoch', 'house')),
    CONSTRAINT branches_state_known CHECK (state IN ('active', 'destroyed')),
    CONSTRAINT branches_destroyed_have_no_key CHECK ((state = 'destroyed') = (wrapped IS NULL))
);
-- During a turnover a bucket stands under two roots; everything else has one key for ever.
CREATE UNIQUE INDEX branches_one_of_each_name ON keys.branches (kind, name) WHERE kind <> 'bucket';
-- It bears the name of the deployment's audit log, which is bound into everything that is sealed.
CREATE UNIQUE INDEX branches_one_house ON keys.branches (kind) WHERE kind = 'house';
COMMENT ON TABLE keys.branches IS 'Keys wrapped by a root: buckets of subject keys, epochs (class and month), the house key.';

CREATE TABLE keys.subjects (
    id uuid NOT NULL,
    bucket_id uuid,
    wrapped bytea,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT subjects_pk PRIMARY KEY (id),
    CONSTRAINT subjects_bucket_fk FOREIGN KEY (bucket_id) REFERENCES keys.branches (id),
    CONSTRAINT subjects_state_known CHECK (state IN ('active', 'restricted', 'destroyed')),
    CONSTRAINT subjects_destroyed_have_no_key
        CHECK ((state = 'destroyed') = (wrapped IS NULL) AND (wrapped IS NULL) = (bucket_id IS NULL))
);
CREATE INDEX subjects_by_bucket ON keys.subjects (bucket_id);
COMMENT ON TABLE keys.subjects IS 'One key per person about whom something private was recorded, wrapped by its bucket.';

CREATE FUNCTION keys.keep_destroyed() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% % is destroyed for ever', TG_TABLE_SCHEMA, TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
REVOKE EXECUTE ON FUNCTION keys.keep_destroyed() FROM PUBLIC;
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['roots', 'branches', 'subjects'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON keys.%I FOR EACH ROW WHEN (OLD.state = ''destroyed'') '
                       'EXECUTE FUNCTION keys.keep_destroyed()', name || '_stay_destroyed', name);
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER UPDATE ON keys.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) '
                       'EXECUTE FUNCTION audit.require_registry_event()', name || '_states_have_events', name);
        EXECUTE format('GRANT SELECT ON keys.%I TO scrip_app, scrip_key_admin', name);
    END LOOP;
    -- A subject's key is told of by the record that first names it.
    FOREACH name IN ARRAY ARRAY['roots', 'branches'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER %I AFTER INSERT ON keys.%I DEFERRABLE INITIALLY DEFERRED '
                       'FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event()', name || '_have_events', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['roots', 'subjects'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON keys.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
    END LOOP;
END $$;
-- A bucket goes once nothing is in it. Any other key is destroyed by an event, and its row tells of that.
CREATE TRIGGER branches_keep_rows BEFORE DELETE ON keys.branches
    FOR EACH ROW WHEN (OLD.kind <> 'bucket') EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER branches_keep_all BEFORE TRUNCATE ON keys.branches
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
-- Keys are made where they are first needed; only their administrator changes or destroys them.
-- Nobody makes one that is destroyed from the beginning.
GRANT INSERT (id, reference, adopted_at) ON keys.roots TO scrip_app, scrip_key_admin;
GRANT INSERT (id, kind, name, root_id, wrapped, created_at) ON keys.branches TO scrip_app, scrip_key_admin;
GRANT INSERT (id, bucket_id, wrapped, created_at) ON keys.subjects TO scrip_app;
GRANT UPDATE (state, destroyed_at, version) ON keys.roots TO scrip_key_admin;
GRANT UPDATE (root_id, wrapped, state, version), DELETE ON keys.branches TO scrip_key_admin;
GRANT UPDATE (bucket_id, wrapped, state, version) ON keys.subjects TO scrip_key_admin;
-- The auditor sees which keys there are and what became of them, and no wrapped key.
GRANT SELECT ON keys.roots TO scrip_auditor;
GRANT SELECT (id, kind, name, root_id, state, created_at, version) ON keys.branches TO scrip_auditor;
GRANT SELECT (id, bucket_id, state, created_at, version) ON keys.subjects TO scrip_auditor;

-- Legal holds: while one stands, nothing of its class is destroyed ------------------------------------------------------
CREATE TABLE audit.legal_holds (
    id uuid NOT NULL,
    class text NOT NULL,
    case_number text NOT NULL,
    placed_at timestamptz NOT NULL,
    placed_by text NOT NULL,
    released_at timestamptz,
    released_by text,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT legal_holds_pk PRIMARY KEY (id),
    CONSTRAINT legal_holds_class_known CHECK (class IN ('value', 'handling', 'access', 'operation')),
    CONSTRAINT legal_holds_released_by_somebody CHECK ((released_at IS NULL) = (released_by IS NULL)),
    CONSTRAINT legal_holds_released_after_placed CHECK (released_at >= placed_at)
);
CREATE CONSTRAINT TRIGGER legal_holds_have_events AFTER INSERT OR UPDATE ON audit.legal_holds
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE TRIGGER legal_holds_keep_rows BEFORE DELETE OR TRUNCATE ON audit.legal_holds
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT, UPDATE (released_at, released_by, version) ON audit.legal_holds TO scrip_key_admin;
GRANT SELECT ON audit.legal_holds TO scrip_app, scrip_auditor;

-- Erasures: what became of each person whom the ledger forgot -----------------------------------------------------------
CREATE TABLE audit.erasures (
    id uuid NOT NULL,
    state text NOT NULL,
    asked_at timestamptz NOT NULL,
    retained_until timestamptz NOT NULL,
    destroyed_at timestamptz,
    parts_destroyed bigint NOT NULL DEFAULT 0,
    event_id uuid NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT erasures_pk PRIMARY KEY (id),
    CONSTRAINT erasures_state_known CHECK (state IN ('restricted', 'destroyed')),
    CONSTRAINT erasures_destroyed_at_an_instant CHECK ((state = 'destroyed') = (destroyed_at IS NOT NULL))
);
COMMENT ON COLUMN audit.erasures.id IS 'the subject';
COMMENT ON COLUMN audit.erasures.event_id IS 'the event of the latest step: of the restriction, then of the destruction';
CREATE CONSTRAINT TRIGGER erasures_have_events AFTER INSERT ON audit.erasures
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();
CREATE CONSTRAINT TRIGGER erasures_states_have_events AFTER UPDATE ON audit.erasures
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION audit.require_registry_event();
CREATE INDEX erasures_due ON audit.erasures (retained_until) WHERE state = 'restricted';
CREATE TRIGGER erasures_keep_rows BEFORE DELETE OR TRUNCATE ON audit.erasures
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT, UPDATE (state, retained_until, destroyed_at, parts_destroyed, event_id, version) ON audit.erasures
    TO scrip_key_admin;
GRANT SELECT ON audit.erasures TO scrip_app, scrip_auditor;
