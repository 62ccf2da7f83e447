CREATE SCHEMA IF NOT EXISTS {book};
GRANT USAGE ON SCHEMA {book} TO scrip_app, scrip_auditor;

-- Who can hold -------------------------------------------------------------------------------------------------------
CREATE TABLE {book}.holders (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    kind text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    CONSTRAINT holders_pk PRIMARY KEY (id),
    CONSTRAINT holders_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes (id),
    CONSTRAINT holders_kind_known CHECK (kind IN ('programme', 'merchant', 'member')),
    CONSTRAINT holders_state_known CHECK (state IN ('open', 'frozen', 'closed'))
);

CREATE TABLE {book}.members (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    external_id text NOT NULL,
    enrolled_at timestamptz NOT NULL,
    entry_id uuid NOT NULL,
    CONSTRAINT members_pk PRIMARY KEY (id),
    CONSTRAINT members_holder_fk FOREIGN KEY (id) REFERENCES {book}.holders (id),
    CONSTRAINT members_external_id_unique UNIQUE (programme_id, external_id),
    CONSTRAINT members_external_id_length CHECK (length(external_id) BETWEEN 1 AND 128)
);

-- Accounts -----------------------------------------------------------------------------------------------------------
CREATE TABLE {book}.accounts (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    role text NOT NULL,
    floor bigint,
    ceiling bigint,
    state text NOT NULL DEFAULT 'open',
    posted bigint NOT NULL DEFAULT 0,
    held bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    owing boolean NOT NULL DEFAULT false,
    inactive_at timestamptz,
    next_due_at timestamptz NOT NULL,
    next_expiry_at timestamptz NOT NULL,
    CONSTRAINT accounts_pk PRIMARY KEY (id),
    CONSTRAINT accounts_holder_fk FOREIGN KEY (holder_id) REFERENCES {book}.holders (id),
    CONSTRAINT accounts_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets (id),
    CONSTRAINT accounts_role_unique UNIQUE (holder_id, asset_id, role),
    CONSTRAINT accounts_role_known CHECK (role IN ('wallet', 'pending', 'owed', 'voucher', 'stock', 'budget', 'issuance',
        'breakage', 'redemption', 'unclaimed', 'funding', 'receivable', 'voided', 'spent', 'donation')),
    CONSTRAINT accounts_state_known CHECK (state IN ('open', 'frozen', 'closed')),
    CONSTRAINT accounts_posted_at_least_floor CHECK (posted >= floor),
    CONSTRAINT accounts_posted_at_most_ceiling CHECK (posted <= ceiling),
    CONSTRAINT accounts_posted_in_range CHECK (posted BETWEEN -1000000000000000 AND 1000000000000000),
    CONSTRAINT accounts_held_within_posted CHECK (held >= 0 AND (held = 0 OR held <= posted)),
    CONSTRAINT accounts_open_never_updated CHECK (floor IS NOT NULL OR ceiling IS NOT NULL
        OR (posted = 0 AND held = 0 AND version = 0))
) WITH (fillfactor = 80);
CREATE INDEX accounts_by_next_due ON {book}.accounts (next_due_at) WHERE role = 'wallet';
COMMENT ON COLUMN {book}.accounts.next_due_at IS
    'nothing of the wallet falls due before this instant; an early bound is harmless, a late one would be a fault';

-- The journal: append-only --------------------------------------------------------------------------------------------
CREATE TABLE {book}.journal_entries (
    id uuid NOT NULL,
    kind text NOT NULL,
    effective_at timestamptz NOT NULL,
    posted_at timestamptz NOT NULL,
    actor text NOT NULL,
    asset_id uuid,
    amount bigint NOT NULL,
    member_id uuid,
    merchant_id uuid,
    request_id bytea,
    reference text,
    original_entry_id uuid,
    reason_code text,
    sale_minor bigint,
    money_minor bigint,
    rate_id uuid,
    tx_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT journal_entries_pk PRIMARY KEY (id),
    CONSTRAINT journal_entries_kind_is_a_word CHECK (kind ~ '^[a-z][a-z_]{0,31}$'),
    CONSTRAINT journal_entries_effective_not_after_posted CHECK (effective_at <= posted_at),
    CONSTRAINT journal_entries_amount_not_negative CHECK (amount >= 0)
);
CREATE INDEX journal_entries_by_transaction ON {book}.journal_entries (tx_id);
CREATE INDEX journal_entries_by_original ON {book}.journal_entries (original_entry_id)
    WHERE original_entry_id IS NOT NULL;

CREATE TABLE {book}.postings (
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    source_id uuid NOT NULL,
    destination_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT postings_pk PRIMARY KEY (entry_id, line),
    CONSTRAINT postings_amount_in_range CHECK (amount BETWEEN 1 AND 1000000000000000),
    CONSTRAINT postings_between_two_accounts CHECK (source_id <> destination_id)
);

CREATE TABLE {book}.statement_lines (
    account_id uuid NOT NULL,
    version bigint NOT NULL,
    entry_id uuid NOT NULL,
    posted_after bigint NOT NULL,
    held_after bigint NOT NULL,
    CONSTRAINT statement_lines_pk PRIMARY KEY (account_id, version),
    CONSTRAINT statement_lines_version_from_one CHECK (version >= 1)
);

-- Lots, draws, holds --------------------------------------------------------------------------------------------------
-- is_open is a column of its own so that a changed remainder leaves every index alone (HOT updates).
CREATE TABLE {book}.lots (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    account_version bigint NOT NULL,
    granted_at timestamptz NOT NULL,
    granted bigint NOT NULL,
    remaining bigint NOT NULL,
    held bigint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    priority smallint NOT NULL,
    purchased boolean NOT NULL,
    source_lot_id uuid,
    activates_at timestamptz,
    expiry text,
    is_open boolean GENERATED ALWAYS AS (remaining > 0) STORED,
    CONSTRAINT lots_pk PRIMARY KEY (id),
    CONSTRAINT lots_held_within_remaining_within_granted
        CHECK (0 <= held AND held <= remaining AND remaining <= granted AND granted > 0)
) WITH (fillfactor = 80);
CREATE INDEX lots_by_entry ON {book}.lots (entry_id);
CREATE INDEX lots_open_by_account ON {book}.lots (account_id) WHERE is_open;

CREATE TABLE {book}.draws (
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    lot_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT draws_pk PRIMARY KEY (entry_id, line),
    CONSTRAINT draws_kind_known CHECK (kind IN ('take', 'give_back', 'set_aside', 'release')),
    CONSTRAINT draws_amount_positive CHECK (amount > 0)
);

CREATE TABLE {book}.holds (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    amount bigint NOT NULL,
    captured bigint NOT NULL DEFAULT 0,
    deadline timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open',
    merchant_id uuid,
    CONSTRAINT holds_pk PRIMARY KEY (id),
    CONSTRAINT holds_state_known CHECK (state IN ('open', 'captured', 'released', 'lapsed')),
    CONSTRAINT holds_captured_within_amount CHECK (0 <= captured AND captured <= amount AND amount > 0)
);
CREATE INDEX holds_open_by_account ON {book}.holds (account_id) WHERE state = 'open';
CREATE INDEX holds_open_by_deadline ON {book}.holds (deadline) WHERE state = 'open';

-- Requests: keys and references that are used up ----------------------------------------------------------------------
CREATE TABLE {book}.requests (
    id bytea NOT NULL,
    client text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text NOT NULL,
    entry_id uuid,
    decided_at timestamptz NOT NULL,
    CONSTRAINT requests_pk PRIMARY KEY (id),
    CONSTRAINT requests_id_is_digest CHECK (octet_length(id) = 16)
);

-- Payment codes and transfer totals: changed under their wallet's lock ------------------------------------------------
CREATE TABLE {book}.payment_codes (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    amount_max bigint,
    expires_at timestamptz NOT NULL,
    entry_id uuid,
    CONSTRAINT payment_codes_pk PRIMARY KEY (id),
    CONSTRAINT payment_codes_member_fk FOREIGN KEY (member_id) REFERENCES {book}.holders (id),
    CONSTRAINT payment_codes_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets (id),
    CONSTRAINT payment_codes_amount_max_positive CHECK (amount_max > 0)
);
CREATE CONSTRAINT TRIGGER payment_codes_have_events AFTER INSERT ON {book}.payment_codes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TABLE {book}.transfer_totals (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT transfer_totals_pk PRIMARY KEY (id),
    CONSTRAINT transfer_totals_unique UNIQUE (account_id, period, starts_on),
    CONSTRAINT transfer_totals_period_known CHECK (period IN ('day', 'month')),
    CONSTRAINT transfer_totals_amount_positive CHECK (amount > 0)
);

-- Roll-ups of open accounts: everything committed before cut_tx_id, so that a late commit is never lost --------------
CREATE TABLE {book}.roll_ups (
    account_id uuid NOT NULL,
    cut_tx_id xid8 NOT NULL,
    posted numeric NOT NULL,
    CONSTRAINT roll_ups_pk PRIMARY KEY (account_id, cut_tx_id)
);

-- Each entry needs an audit event of its own transaction, recorded before it or in the same statement. A batch writes all
-- of its entries in one statement, and they are looked up together: half of what a trigger for each row would cost, and
-- nothing is left to a commit, nor to a marker that somebody else could set.
CREATE FUNCTION {book}.require_entry_events() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_entries entry WHERE NOT EXISTS (
            SELECT FROM audit.events event WHERE event.tx_id = pg_current_xact_id() AND event.resource_id = entry.id)
    ) THEN
        RAISE EXCEPTION 'an entry of this transaction has no audit event' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION {book}.require_entry_events() FROM PUBLIC;
CREATE TRIGGER journal_entries_have_events AFTER INSERT ON {book}.journal_entries
    REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION {book}.require_entry_events();

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['journal_entries', 'postings', 'statement_lines', 'draws', 'requests', 'members'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_append_only', name);
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['holders', 'accounts', 'lots', 'holds', 'roll_ups', 'payment_codes',
                                 'transfer_totals'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
END $$;
-- In which transaction an entry was written is not for its writer to say.
REVOKE INSERT ON {book}.journal_entries FROM scrip_app;
GRANT INSERT (id, kind, effective_at, posted_at, actor, asset_id, amount, member_id, merchant_id, request_id, reference,
              original_entry_id, reason_code, sale_minor, money_minor, rate_id) ON {book}.journal_entries TO scrip_app;
GRANT UPDATE (state) ON {book}.holders TO scrip_app;
GRANT UPDATE (state, posted, held, version, owing, inactive_at, next_due_at, next_expiry_at) ON {book}.accounts TO scrip_app;
GRANT UPDATE (remaining, held) ON {book}.lots TO scrip_app;
GRANT UPDATE (state, captured) ON {book}.holds TO scrip_app;
GRANT UPDATE (entry_id) ON {book}.payment_codes TO scrip_app;
GRANT UPDATE (amount) ON {book}.transfer_totals TO scrip_app;
