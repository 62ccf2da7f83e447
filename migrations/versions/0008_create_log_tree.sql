-- Create the tree over the audit log.

-- Rows of audit.pending come and go by the second, so vacuum looks often and does not idle.
ALTER TABLE audit.pending
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);
GRANT SELECT ON audit.pending TO scrip_app;
CREATE TRIGGER pending_keep_rows BEFORE UPDATE OR TRUNCATE ON audit.pending
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
INSERT INTO audit.pending (id) SELECT id FROM audit.events ON CONFLICT DO NOTHING;

-- Not left to whoever inserts: an event cannot be recorded and kept out of the log.
CREATE FUNCTION audit.await_sequencer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_RELID <> 'audit.events'::regclass THEN
        RAISE EXCEPTION 'only events wait for their place' USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO audit.pending (id) SELECT id FROM new_events;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit.await_sequencer() FROM PUBLIC;
CREATE TRIGGER events_await_sequencer AFTER INSERT ON audit.events
    REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION audit.await_sequencer();

CREATE TABLE audit.leaves (
    index bigint NOT NULL,
    event_id uuid NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT leaves_pk PRIMARY KEY (index),
    CONSTRAINT leaves_event_once UNIQUE (event_id),
    CONSTRAINT leaves_index_not_negative CHECK (index >= 0),
    CONSTRAINT leaves_hash_is_32_bytes CHECK (octet_length(hash) = 32)
);
COMMENT ON TABLE audit.leaves IS 'The order of the log: each event''s place, and the RFC 6962 leaf hash of its record. Append-only.';

CREATE TABLE audit.tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    root bytea NOT NULL,
    CONSTRAINT tiles_pk PRIMARY KEY (level, number),
    CONSTRAINT tiles_level_known CHECK (level BETWEEN 0 AND 7),
    CONSTRAINT tiles_number_not_negative CHECK (number >= 0),
    CONSTRAINT tiles_are_full CHECK (octet_length(hashes) = 8192),
    CONSTRAINT tiles_root_is_32_bytes CHECK (octet_length(root) = 32)
);
-- Hashes do not compress.
ALTER TABLE audit.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE audit.tiles IS 'Full tiles of the tree (C2SP tlog-tiles), written once. Append-only.';
COMMENT ON COLUMN audit.tiles.root IS 'the hash that the tile is in the tile above it';

CREATE TABLE audit.tree (
    id smallint NOT NULL DEFAULT 1,
    size bigint NOT NULL DEFAULT 0,
    root bytea NOT NULL DEFAULT sha256(''),
    CONSTRAINT tree_pk PRIMARY KEY (id),
    CONSTRAINT tree_is_one_row CHECK (id = 1),
    CONSTRAINT tree_root_is_32_bytes CHECK (octet_length(root) = 32)
);
COMMENT ON TABLE audit.tree IS 'How large the log is; whoever appends leaves holds this row''s lock.';
INSERT INTO audit.tree DEFAULT VALUES;

CREATE FUNCTION audit.keep_tree_whole() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.size < OLD.size OR NEW.size - OLD.size <> (SELECT count(*) FROM audit.leaves WHERE index >= OLD.size)
        OR NEW.size > OLD.size AND NEW.size - 1 <> (SELECT max(index) FROM audit.leaves) THEN
        RAISE EXCEPTION 'the log''s size follows its leaves, which have no gap' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION audit.keep_tree_whole() FROM PUBLIC;
CREATE TRIGGER tree_is_whole BEFORE UPDATE ON audit.tree FOR EACH ROW EXECUTE FUNCTION audit.keep_tree_whole();

CREATE TABLE audit.checkpoints (
    id bigint GENERATED ALWAYS AS IDENTITY,
    size bigint NOT NULL,
    signed_at timestamptz NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoints_pk PRIMARY KEY (id),
    CONSTRAINT checkpoints_size_not_negative CHECK (size >= 0)
);
CREATE INDEX checkpoints_by_size ON audit.checkpoints (size);
COMMENT ON TABLE audit.checkpoints IS 'Every checkpoint that was signed: C2SP tlog-checkpoint. Append-only.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['leaves', 'tiles', 'checkpoints'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_append_only', name);
        EXECUTE format('GRANT SELECT, INSERT ON audit.%I TO scrip_sequencer', name);
        EXECUTE format('GRANT SELECT ON audit.%I TO scrip_app, scrip_auditor', name);
    END LOOP;
END $$;
CREATE TRIGGER tree_keep_rows BEFORE DELETE OR TRUNCATE ON audit.tree
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, UPDATE (size, root) ON audit.tree TO scrip_sequencer;
GRANT SELECT ON audit.tree TO scrip_app, scrip_auditor;
