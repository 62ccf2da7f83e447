-- A wallet's holds, newest first: a hold's id rises with time.
CREATE INDEX holds_by_account ON {book}.holds (account_id, id);

-- Up to here the open accounts are rolled up. An account without a row at the latest cut did not move since its own.
CREATE TABLE {book}.roll_up_cuts (
    cut_tx_id xid8 NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT roll_up_cuts_pk PRIMARY KEY (cut_tx_id)
);
COMMENT ON TABLE {book}.roll_up_cuts IS 'Entries of transactions before the latest cut are in the roll-ups. Append-only.';
CREATE TRIGGER roll_up_cuts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {book}.roll_up_cuts
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON {book}.roll_up_cuts TO scrip_app;
GRANT SELECT ON {book}.roll_up_cuts TO scrip_auditor;

-- A dump restored into another cluster brings transaction ids that mean nothing there, and roll-ups would miss what is
-- posted next. The owner calls this once after such a restore, before anybody writes; a physical restore needs it not.
CREATE PROCEDURE {book}.forget_transactions() LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE {book}.journal_entries DISABLE TRIGGER USER;
    ALTER TABLE audit.events DISABLE TRIGGER USER;
    ALTER TABLE {book}.roll_ups DISABLE TRIGGER USER;
    ALTER TABLE {book}.roll_up_cuts DISABLE TRIGGER USER;
    UPDATE {book}.journal_entries SET tx_id = '3';
    UPDATE audit.events SET tx_id = '3';
    DELETE FROM {book}.roll_ups;
    DELETE FROM {book}.roll_up_cuts;
    ALTER TABLE {book}.journal_entries ENABLE TRIGGER USER;
    ALTER TABLE audit.events ENABLE TRIGGER USER;
    ALTER TABLE {book}.roll_ups ENABLE TRIGGER USER;
    ALTER TABLE {book}.roll_up_cuts ENABLE TRIGGER USER;
END $$;
REVOKE EXECUTE ON PROCEDURE {book}.forget_transactions() FROM PUBLIC;
