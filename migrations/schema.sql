CREATE SCHEMA audit;

CREATE SCHEMA book;

CREATE SCHEMA keys;

CREATE SCHEMA registry;

CREATE FUNCTION audit.await_sequencer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF TG_RELID <> 'audit.events'::regclass THEN
        RAISE EXCEPTION 'only events wait for their place' USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO audit.pending (id) SELECT id FROM new_events;
    RETURN NULL;
END $$;

CREATE FUNCTION audit.keep_tree_whole() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF NEW.size < OLD.size OR NEW.size - OLD.size <> (SELECT count(*) FROM audit.leaves WHERE index >= OLD.size)
        OR NEW.size > OLD.size AND NEW.size - 1 <> (SELECT max(index) FROM audit.leaves) THEN
        RAISE EXCEPTION 'the log''s size follows its leaves, which have no gap' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION audit.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION audit.require_named_parts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    AS $$
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

CREATE FUNCTION audit.require_registry_event() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit.events e WHERE e.tx_id = pg_current_xact_id() AND e.resource_id = NEW.id) THEN
        RAISE EXCEPTION '%.% % has no audit event', TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION book.forget_only() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    OLD.external_id := 'erased:' || OLD.id;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION '%.% is append-only but for erasure', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE PROCEDURE book.forget_transactions()
    LANGUAGE plpgsql
    AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['journal_entries', 'activities', 'roll_ups', 'roll_up_cuts', 'campaign_reach',
                                'campaign_grants', 'campaign_lots', 'campaign_figure_cuts'] LOOP
        EXECUTE format('ALTER TABLE book.%I DISABLE TRIGGER USER', name);
        IF name IN ('journal_entries', 'activities') THEN
            EXECUTE format('UPDATE book.%I SET tx_id = %L', name, '3');
        ELSE
            EXECUTE format('DELETE FROM book.%I', name);
        END IF;
        EXECUTE format('ALTER TABLE book.%I ENABLE TRIGGER USER', name);
    END LOOP;
    ALTER TABLE audit.events DISABLE TRIGGER USER;
    UPDATE audit.events SET tx_id = '3';
    ALTER TABLE audit.events ENABLE TRIGGER USER;
END $$;

CREATE FUNCTION book.require_entry_events() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_entries entry WHERE NOT EXISTS (
            SELECT FROM audit.events event WHERE event.tx_id = pg_current_xact_id() AND event.resource_id = entry.id)
    ) THEN
        RAISE EXCEPTION 'an entry of this transaction has no audit event' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION book.require_erasing_entry() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM book.journal_entries entry
        WHERE entry.tx_id = pg_current_xact_id() AND entry.member_id = NEW.id AND entry.kind = 'erase'
    ) THEN
        RAISE EXCEPTION '%.% % is forgotten without an entry', TG_TABLE_SCHEMA, TG_TABLE_NAME, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION keys.keep_destroyed() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION '%.% % is destroyed for ever', TG_TABLE_SCHEMA, TG_TABLE_NAME, OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION registry.keep_clock_forward() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    IF NEW.clock_offset_us < OLD.clock_offset_us AND OLD.clock_offset_us <> 0 THEN
        RAISE EXCEPTION 'the ledger''s clock only moves forward' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION registry.raise_standing_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    -- The hour is in it, so that two histories of one database (after a failover that lost commits) never share a version.
    UPDATE registry.instance
    SET standing_version = greatest(standing_version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    RETURN NULL;
END $$;

CREATE FUNCTION registry.tell_credentials() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    PERFORM pg_notify('scrip_credentials', '');
    RETURN NULL;
END $$;

CREATE TABLE audit.bundles (
    id uuid NOT NULL,
    made_at timestamp with time zone NOT NULL,
    entries bigint DEFAULT 0 NOT NULL,
    digest bytea,
    sealed bytea,
    problem text,
    CONSTRAINT bundles_entries_not_negative CHECK ((entries >= 0)),
    CONSTRAINT bundles_made_or_not CHECK ((((sealed IS NULL) = (problem IS NOT NULL)) AND ((sealed IS NULL) = (digest IS NULL))))
);
ALTER TABLE ONLY audit.bundles ALTER COLUMN sealed SET STORAGE EXTERNAL;

COMMENT ON TABLE audit.bundles IS 'Bundles of exports that somebody agreed to; only the auditor''s key opens them. Kept for a week.';

COMMENT ON COLUMN audit.bundles.id IS 'the approval';

COMMENT ON COLUMN audit.bundles.problem IS 'why there is no bundle';

CREATE TABLE audit.checkpoints (
    id bigint NOT NULL,
    size bigint NOT NULL,
    signed_at timestamp with time zone NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoints_size_not_negative CHECK ((size >= 0))
);

COMMENT ON TABLE audit.checkpoints IS 'Every checkpoint that was signed: C2SP tlog-checkpoint. Append-only.';

ALTER TABLE audit.checkpoints ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit.checkpoints_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE audit.erasures (
    id uuid NOT NULL,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    retained_until timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    parts_destroyed bigint DEFAULT 0 NOT NULL,
    event_id uuid NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT erasures_destroyed_at_an_instant CHECK (((state = 'destroyed'::text) = (destroyed_at IS NOT NULL))),
    CONSTRAINT erasures_state_known CHECK ((state = ANY (ARRAY['restricted'::text, 'destroyed'::text])))
);

COMMENT ON COLUMN audit.erasures.id IS 'the subject';

COMMENT ON COLUMN audit.erasures.event_id IS 'the event of the latest step: of the restriction, then of the destruction';

CREATE TABLE audit.events (
    id uuid NOT NULL,
    tx_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    resource_id uuid,
    record bytea NOT NULL,
    CONSTRAINT events_record_at_most_4_kib CHECK ((octet_length(record) <= 4096))
);

COMMENT ON TABLE audit.events IS 'One row per audit event: canonical record, nothing personal in it. Append-only.';

CREATE TABLE audit.leaves (
    index bigint NOT NULL,
    event_id uuid NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT leaves_hash_is_32_bytes CHECK ((octet_length(hash) = 32)),
    CONSTRAINT leaves_index_not_negative CHECK ((index >= 0))
);

COMMENT ON TABLE audit.leaves IS 'The order of the log: each event''s place, and the RFC 6962 leaf hash of its record. Append-only.';

CREATE TABLE audit.legal_holds (
    id uuid NOT NULL,
    class text NOT NULL,
    case_number text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    placed_by text NOT NULL,
    released_at timestamp with time zone,
    released_by text,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT legal_holds_class_known CHECK ((class = ANY (ARRAY['value'::text, 'handling'::text, 'access'::text, 'operation'::text]))),
    CONSTRAINT legal_holds_released_after_placed CHECK ((released_at >= placed_at)),
    CONSTRAINT legal_holds_released_by_somebody CHECK (((released_at IS NULL) = (released_by IS NULL)))
);

CREATE TABLE audit.parts (
    event_id uuid NOT NULL,
    name text NOT NULL,
    subject_id uuid NOT NULL,
    epoch text NOT NULL,
    suite smallint NOT NULL,
    sealed bytea NOT NULL
);

COMMENT ON TABLE audit.parts IS 'Sealed private parts of events; erasure and expiry delete them, nothing changes them.';

CREATE TABLE audit.pending (
    id uuid NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='20000', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE audit.pending IS 'Events that are committed and not in the tree yet, claimed by presence in the order of their ids.';

CREATE TABLE audit.reconciliations (
    id uuid NOT NULL,
    reconciled_at timestamp with time zone NOT NULL,
    size bigint NOT NULL,
    entries bigint NOT NULL,
    accounts bigint NOT NULL,
    holes bigint NOT NULL,
    differences bigint NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT reconciliations_counts_not_negative CHECK ((LEAST(size, entries, accounts, holes, differences) >= 0))
);

COMMENT ON TABLE audit.reconciliations IS 'Each time that the log was read from end to end and compared with the ledger. Append-only.';

CREATE TABLE audit.tiles (
    level smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL,
    root bytea NOT NULL,
    CONSTRAINT tiles_are_full CHECK ((octet_length(hashes) = 8192)),
    CONSTRAINT tiles_level_known CHECK (((level >= 0) AND (level <= 7))),
    CONSTRAINT tiles_number_not_negative CHECK ((number >= 0)),
    CONSTRAINT tiles_root_is_32_bytes CHECK ((octet_length(root) = 32))
);
ALTER TABLE ONLY audit.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

COMMENT ON TABLE audit.tiles IS 'Full tiles of the tree (C2SP tlog-tiles), written once. Append-only.';

COMMENT ON COLUMN audit.tiles.root IS 'the hash that the tile is in the tile above it';

CREATE TABLE audit.tree (
    id smallint DEFAULT 1 NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    root bytea DEFAULT sha256('\x'::bytea) NOT NULL,
    CONSTRAINT tree_is_one_row CHECK ((id = 1)),
    CONSTRAINT tree_root_is_32_bytes CHECK ((octet_length(root) = 32))
);

COMMENT ON TABLE audit.tree IS 'How large the log is; whoever appends leaves holds this row''s lock.';

CREATE TABLE book.accounts (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    holder_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    role text NOT NULL,
    floor bigint,
    ceiling bigint,
    state text DEFAULT 'open'::text NOT NULL,
    posted bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 0 NOT NULL,
    owing boolean DEFAULT false NOT NULL,
    inactive_at timestamp with time zone,
    next_due_at timestamp with time zone NOT NULL,
    next_expiry_at timestamp with time zone NOT NULL,
    died_version bigint,
    CONSTRAINT accounts_held_within_posted CHECK (((held >= 0) AND ((held = 0) OR (held <= posted)))),
    CONSTRAINT accounts_open_never_updated CHECK (((floor IS NOT NULL) OR (ceiling IS NOT NULL) OR ((posted = 0) AND (held = 0) AND (version = 0)))),
    CONSTRAINT accounts_posted_at_least_floor CHECK ((posted >= floor)),
    CONSTRAINT accounts_posted_at_most_ceiling CHECK ((posted <= ceiling)),
    CONSTRAINT accounts_posted_in_range CHECK (((posted >= '-1000000000000000'::bigint) AND (posted <= '1000000000000000'::bigint))),
    CONSTRAINT accounts_role_known CHECK ((role = ANY (ARRAY['wallet'::text, 'pending'::text, 'owed'::text, 'voucher'::text, 'stock'::text, 'budget'::text, 'issuance'::text, 'breakage'::text, 'redemption'::text, 'unclaimed'::text, 'funding'::text, 'receivable'::text, 'voided'::text, 'spent'::text, 'donation'::text]))),
    CONSTRAINT accounts_state_known CHECK ((state = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
)
WITH (fillfactor='80');

COMMENT ON COLUMN book.accounts.next_due_at IS 'nothing of the wallet falls due before this instant; an early bound is harmless, a late one would be a fault';

COMMENT ON COLUMN book.accounts.died_version IS 'the wallet''s lots up to this version have died for inactivity, though the wallet lives on; what of them returns expires at once';

CREATE TABLE book.activities (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    request_id bytea NOT NULL,
    type text NOT NULL,
    source text NOT NULL,
    source_event_id text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    local_day date NOT NULL,
    channel text,
    branch text,
    merchant_id uuid,
    payload text NOT NULL,
    amount bigint,
    refund_of uuid,
    state text NOT NULL,
    entry_id uuid,
    tx_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT activities_amount_not_negative CHECK ((amount >= 0)),
    CONSTRAINT activities_in_time CHECK ((occurred_at <= received_at)),
    CONSTRAINT activities_payload_is_json CHECK ((payload IS JSON OBJECT)),
    CONSTRAINT activities_state_known CHECK ((state = ANY (ARRAY['ACCEPTED'::text, 'TOO_LATE'::text])))
);

COMMENT ON COLUMN book.activities.request_id IS 'the request keeps why campaigns that looked at it awarded nothing';

CREATE TABLE book.awards (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    activity_id uuid NOT NULL,
    entry_id uuid,
    member_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    version_id uuid NOT NULL,
    phase text NOT NULL,
    rule text NOT NULL,
    variant text,
    kind text NOT NULL,
    asset_id uuid,
    amount bigint NOT NULL,
    base bigint NOT NULL,
    multiplier bigint NOT NULL,
    wanted bigint NOT NULL,
    inputs text NOT NULL,
    headroom text NOT NULL,
    budget_id uuid,
    cost bigint NOT NULL,
    local_day date NOT NULL,
    awarded_at timestamp with time zone NOT NULL,
    original_award_id uuid,
    target text,
    voucher_id uuid,
    factors text NOT NULL,
    CONSTRAINT awards_amount_signed CHECK (((amount <> 0) AND ((amount < 0) = (original_award_id IS NOT NULL)))),
    CONSTRAINT awards_cost_signed CHECK (
CASE
    WHEN (budget_id IS NULL) THEN (cost = 0)
    ELSE (sign((cost)::double precision) = sign((amount)::double precision))
END),
    CONSTRAINT awards_inputs_are_json CHECK (((inputs IS JSON OBJECT) AND (headroom IS JSON ARRAY) AND (factors IS JSON ARRAY))),
    CONSTRAINT awards_kind_known CHECK ((kind = ANY (ARRAY['POINTS'::text, 'VOUCHER'::text, 'DONATION'::text, 'PROGRESS'::text, 'TIER_CREDIT'::text]))),
    CONSTRAINT awards_name_target CHECK (((target IS NOT NULL) = (kind = ANY (ARRAY['DONATION'::text, 'PROGRESS'::text, 'TIER_CREDIT'::text])))),
    CONSTRAINT awards_name_voucher CHECK (((voucher_id IS NOT NULL) = (kind = 'VOUCHER'::text))),
    CONSTRAINT awards_posted_unless_counting CHECK (
CASE
    WHEN (kind = ANY (ARRAY['PROGRESS'::text, 'TIER_CREDIT'::text])) THEN ((asset_id IS NULL) AND (budget_id IS NULL))
    ELSE ((asset_id IS NOT NULL) AND (entry_id IS NOT NULL))
END),
    CONSTRAINT awards_within_wanted CHECK ((abs(amount) <= abs(wanted)))
);

COMMENT ON TABLE book.awards IS 'What a rule gave for an activity and how it came to that; below zero: what a refund took back. Append-only.';

CREATE TABLE book.campaign_counts (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    counter text NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT campaign_counts_amount_not_negative CHECK ((amount >= 0)),
    CONSTRAINT campaign_counts_period_known CHECK ((period = ANY (ARRAY['DAY'::text, 'WEEK'::text, 'MONTH'::text, 'QUARTER'::text, 'YEAR'::text, 'TOTAL'::text])))
)
WITH (fillfactor='80');

COMMENT ON TABLE book.campaign_counts IS 'What a member received of a campaign in a local period, and how far its counters are. Under the holder''s lock.';

CREATE TABLE book.campaign_figure_cuts (
    cut_tx_id xid8 NOT NULL,
    made_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE book.campaign_figure_cuts IS 'Activities and entries of transactions before the latest cut are in the figures. Append-only.';

CREATE TABLE book.campaign_grants (
    programme_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    member_id uuid NOT NULL,
    local_day date NOT NULL,
    phase text NOT NULL,
    variant text,
    channel text,
    branch text,
    asset_id uuid NOT NULL,
    awards bigint NOT NULL,
    issued bigint NOT NULL,
    returned bigint NOT NULL,
    redeemed bigint NOT NULL,
    cost bigint NOT NULL
)
WITH (fillfactor='80');

COMMENT ON TABLE book.campaign_grants IS 'What a member''s activities of a local day earned of an asset, what refunds took back and what was used of it since.';

CREATE TABLE book.campaign_lots (
    lot_id uuid NOT NULL,
    redeemed bigint NOT NULL
)
WITH (fillfactor='80');

COMMENT ON TABLE book.campaign_lots IS 'How much of a lot that an activity earned was used, as far as it is rolled up.';

CREATE TABLE book.campaign_reach (
    programme_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    member_id uuid NOT NULL,
    local_day date NOT NULL,
    phase text NOT NULL,
    variant text,
    channel text,
    branch text,
    activities bigint NOT NULL,
    awarded bigint NOT NULL,
    value_minor bigint NOT NULL,
    CONSTRAINT campaign_reach_awarded_are_activities CHECK (((0 <= awarded) AND (awarded <= activities)))
)
WITH (fillfactor='80');

COMMENT ON TABLE book.campaign_reach IS 'How many of a member''s activities of a local day a campaign''s rules looked at and awarded; value_minor: what the awarded ones reported, less refunds.';

CREATE TABLE book.draws (
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    lot_id uuid NOT NULL,
    account_id uuid NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT draws_amount_positive CHECK ((amount > 0)),
    CONSTRAINT draws_kind_known CHECK ((kind = ANY (ARRAY['take'::text, 'give_back'::text, 'set_aside'::text, 'release'::text])))
);

CREATE TABLE book.holders (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    kind text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    CONSTRAINT holders_kind_known CHECK ((kind = ANY (ARRAY['programme'::text, 'merchant'::text, 'member'::text]))),
    CONSTRAINT holders_state_known CHECK ((state = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
);

CREATE TABLE book.holds (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    amount bigint NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    deadline timestamp with time zone NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    merchant_id uuid,
    CONSTRAINT holds_captured_within_amount CHECK (((0 <= captured) AND (captured <= amount) AND (amount > 0))),
    CONSTRAINT holds_state_known CHECK ((state = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'lapsed'::text])))
);

CREATE TABLE book.imported_codes (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    template_id uuid NOT NULL,
    "position" bigint NOT NULL,
    code_hash bytea NOT NULL,
    code_sealed bytea NOT NULL,
    entry_id uuid NOT NULL,
    voucher_id uuid,
    CONSTRAINT imported_codes_position_from_one CHECK (("position" >= 1))
)
WITH (fillfactor='80');

CREATE TABLE book.journal_entries (
    id uuid NOT NULL,
    kind text NOT NULL,
    effective_at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone NOT NULL,
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
    tx_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT journal_entries_amount_not_negative CHECK ((amount >= 0)),
    CONSTRAINT journal_entries_effective_not_after_posted CHECK ((effective_at <= posted_at)),
    CONSTRAINT journal_entries_kind_is_a_word CHECK ((kind ~ '^[a-z][a-z_]{0,31}$'::text))
);

CREATE TABLE book.listed_members (
    id uuid NOT NULL,
    list_id uuid NOT NULL,
    member_id uuid NOT NULL
);

COMMENT ON TABLE book.listed_members IS 'Who is on a list; the id is computed from both, so that nobody is twice. Append-only.';

CREATE TABLE book.lots (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    account_version bigint NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    granted bigint NOT NULL,
    remaining bigint NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    priority smallint NOT NULL,
    purchased boolean NOT NULL,
    source_lot_id uuid,
    activates_at timestamp with time zone,
    expiry text,
    is_open boolean GENERATED ALWAYS AS ((remaining > 0)) STORED,
    CONSTRAINT lots_held_within_remaining_within_granted CHECK (((0 <= held) AND (held <= remaining) AND (remaining <= granted) AND (granted > 0)))
)
WITH (fillfactor='80');

CREATE TABLE book.member_facts (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    tiers text[] NOT NULL,
    segments text[] NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    attributes text DEFAULT '{}'::text NOT NULL,
    CONSTRAINT member_facts_attributes_are_json CHECK ((attributes IS JSON OBJECT))
);

CREATE TABLE book.members (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    external_id text NOT NULL,
    enrolled_at timestamp with time zone NOT NULL,
    entry_id uuid NOT NULL,
    CONSTRAINT members_external_id_length CHECK (((length(external_id) >= 1) AND (length(external_id) <= 128)))
);

CREATE TABLE book.payment_codes (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    amount_max bigint,
    expires_at timestamp with time zone NOT NULL,
    entry_id uuid,
    CONSTRAINT payment_codes_amount_max_positive CHECK ((amount_max > 0))
);

CREATE TABLE book.postings (
    entry_id uuid NOT NULL,
    line smallint NOT NULL,
    source_id uuid NOT NULL,
    destination_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT postings_amount_in_range CHECK (((amount >= 1) AND (amount <= '1000000000000000'::bigint))),
    CONSTRAINT postings_between_two_accounts CHECK ((source_id <> destination_id))
);

CREATE TABLE book.redemptions (
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
    redeemed_at timestamp with time zone NOT NULL,
    reversed_units bigint DEFAULT 0 NOT NULL,
    reversed_minor bigint DEFAULT 0 NOT NULL,
    reversed_at timestamp with time zone,
    CONSTRAINT redemptions_minor_in_range CHECK (((discount_minor >= 0) AND (basket_minor >= 0) AND (0 <= reversed_minor) AND (reversed_minor <= discount_minor))),
    CONSTRAINT redemptions_reversed_at_an_instant CHECK (((reversed_at IS NULL) = (reversed_units = 0))),
    CONSTRAINT redemptions_units_positive CHECK (((units > 0) AND (0 <= reversed_units) AND (reversed_units <= units)))
)
WITH (fillfactor='80');

CREATE TABLE book.requests (
    id bytea NOT NULL,
    client text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    outcome text NOT NULL,
    entry_id uuid,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT requests_id_is_digest CHECK ((octet_length(id) = 16))
);

CREATE TABLE book.roll_up_cuts (
    cut_tx_id xid8 NOT NULL,
    made_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE book.roll_up_cuts IS 'Entries of transactions before the latest cut are in the roll-ups. Append-only.';

CREATE TABLE book.roll_ups (
    account_id uuid NOT NULL,
    cut_tx_id xid8 NOT NULL,
    posted numeric NOT NULL
);

CREATE TABLE book.statement_lines (
    account_id uuid NOT NULL,
    version bigint NOT NULL,
    entry_id uuid NOT NULL,
    posted_after bigint NOT NULL,
    held_after bigint NOT NULL,
    CONSTRAINT statement_lines_version_from_one CHECK ((version >= 1))
);

CREATE TABLE book.tier_credits (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    version bigint NOT NULL,
    activity_id uuid NOT NULL,
    source text NOT NULL,
    local_day date NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    amount bigint NOT NULL,
    original_credit_id uuid,
    CONSTRAINT tier_credits_amount_signed CHECK (((amount < 0) = (original_credit_id IS NOT NULL))),
    CONSTRAINT tier_credits_source_known CHECK ((source = ANY (ARRAY['METRIC'::text, 'RULE'::text])))
);

COMMENT ON TABLE book.tier_credits IS 'What an activity brought on a ladder; below zero: what a refund took back. Append-only.';

CREATE TABLE book.tier_grants (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    version bigint NOT NULL,
    level text NOT NULL,
    until_on date NOT NULL,
    reason_code text NOT NULL,
    approval_id uuid NOT NULL,
    granted_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE book.tier_grants IS 'Levels given by hand, through a local day, after approval. Append-only.';

CREATE TABLE book.tier_packs (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    level text NOT NULL,
    starts_on date NOT NULL,
    template text NOT NULL,
    state text NOT NULL,
    refused text,
    voucher_id uuid,
    due_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone,
    settled_at timestamp with time zone,
    CONSTRAINT tier_packs_due_are_tried CHECK (((state = 'DUE'::text) = (next_try_at IS NOT NULL))),
    CONSTRAINT tier_packs_given_have_voucher CHECK (((state = 'GIVEN'::text) = (voucher_id IS NOT NULL))),
    CONSTRAINT tier_packs_refused_have_code CHECK (
CASE state
    WHEN 'REFUSED'::text THEN (refused IS NOT NULL)
    WHEN 'GIVEN'::text THEN (refused IS NULL)
    ELSE true
END),
    CONSTRAINT tier_packs_settled_once CHECK (((state = 'DUE'::text) = (settled_at IS NULL))),
    CONSTRAINT tier_packs_state_known CHECK ((state = ANY (ARRAY['DUE'::text, 'GIVEN'::text, 'REFUSED'::text])))
)
WITH (fillfactor='80');

COMMENT ON TABLE book.tier_packs IS 'Vouchers that a promotion brings, once per level and period; the sweep gives them. Under the holder''s lock.';

CREATE TABLE book.tier_standings (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    ladder_id uuid NOT NULL,
    level text NOT NULL,
    since timestamp with time zone NOT NULL,
    earned text NOT NULL,
    granted text,
    granted_until date,
    falls_on date,
    safe_until date,
    buckets text NOT NULL,
    snapshots text NOT NULL,
    credited_at timestamp with time zone,
    next_due_at timestamp with time zone NOT NULL,
    steps integer NOT NULL,
    version bigint NOT NULL,
    CONSTRAINT tier_standings_buckets_are_json CHECK (((buckets IS JSON OBJECT) AND (snapshots IS JSON OBJECT))),
    CONSTRAINT tier_standings_grant_ends CHECK (((granted IS NULL) = (granted_until IS NULL))),
    CONSTRAINT tier_standings_level_is_earned_or_granted CHECK (((level = earned) OR (NOT (level IS DISTINCT FROM granted)))),
    CONSTRAINT tier_standings_numbers_not_negative CHECK (((steps >= 0) AND (version >= 1) AND (steps <= version)))
)
WITH (fillfactor='70');

COMMENT ON TABLE book.tier_standings IS 'Where a member stands on a ladder; without a row, on its first level. Under the holder''s lock.';

CREATE TABLE book.tier_steps (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    member_id uuid NOT NULL,
    standing_id uuid NOT NULL,
    number integer NOT NULL,
    level text NOT NULL,
    cause text NOT NULL,
    since timestamp with time zone NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    CONSTRAINT tier_steps_cause_known CHECK ((cause = ANY (ARRAY['REACHED'::text, 'FELL'::text, 'GRANTED'::text, 'GRANT_ENDED'::text]))),
    CONSTRAINT tier_steps_in_time CHECK ((since <= posted_at))
);

COMMENT ON TABLE book.tier_steps IS 'The level that a standing holds from `since` to the next step. Append-only.';

CREATE TABLE book.transfer_totals (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    period text NOT NULL,
    starts_on date NOT NULL,
    amount bigint NOT NULL,
    CONSTRAINT transfer_totals_amount_positive CHECK ((amount > 0)),
    CONSTRAINT transfer_totals_period_known CHECK ((period = ANY (ARRAY['day'::text, 'month'::text])))
);

CREATE TABLE book.voucher_counts (
    id uuid NOT NULL,
    member_id uuid NOT NULL,
    template_id uuid NOT NULL,
    purpose text NOT NULL,
    counted_on date NOT NULL,
    total bigint NOT NULL,
    in_day bigint NOT NULL,
    in_week bigint NOT NULL,
    in_month bigint NOT NULL,
    CONSTRAINT voucher_counts_nested CHECK (((0 <= in_day) AND (in_day <= in_week) AND (in_day <= in_month) AND (in_week <= total) AND (in_month <= total))),
    CONSTRAINT voucher_counts_purpose_known CHECK ((purpose = ANY (ARRAY['issue'::text, 'use'::text])))
)
WITH (fillfactor='80');

CREATE TABLE book.voucher_stocks (
    id uuid NOT NULL,
    imported bigint NOT NULL,
    dealt bigint NOT NULL,
    CONSTRAINT voucher_stocks_dealt_within_imported CHECK (((0 <= dealt) AND (dealt <= imported)))
)
WITH (fillfactor='80');

COMMENT ON TABLE book.voucher_stocks IS 'Per template with imported codes: how many came, how many went to members.';

CREATE TABLE book.vouchers (
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
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone NOT NULL,
    lock_merchant_id uuid,
    lock_token_hash bytea,
    lock_until timestamp with time zone,
    lock_units bigint DEFAULT 0 NOT NULL,
    ended_at timestamp with time zone,
    source_voucher_id uuid,
    version bigint DEFAULT 0 NOT NULL,
    is_live boolean GENERATED ALWAYS AS ((state = 'live'::text)) STORED,
    CONSTRAINT vouchers_code_hash_is_digest CHECK ((octet_length(code_hash) = 16)),
    CONSTRAINT vouchers_ended_at_an_instant CHECK (((state = 'live'::text) = (ended_at IS NULL))),
    CONSTRAINT vouchers_live_have_units CHECK (((state = 'live'::text) = (units_left > 0))),
    CONSTRAINT vouchers_lock_units_within_left CHECK (((0 <= lock_units) AND (lock_units <= units_left))),
    CONSTRAINT vouchers_locked_in_whole CHECK ((((lock_until IS NULL) = (lock_merchant_id IS NULL)) AND ((lock_until IS NULL) = (lock_token_hash IS NULL)))),
    CONSTRAINT vouchers_state_known CHECK ((state = ANY (ARRAY['live'::text, 'redeemed'::text, 'expired'::text, 'voided'::text, 'gifted'::text]))),
    CONSTRAINT vouchers_units_within_granted CHECK (((0 <= units_left) AND (units_left <= units) AND (units > 0))),
    CONSTRAINT vouchers_valid_for_some_time CHECK ((valid_from < valid_until))
)
WITH (fillfactor='80');

COMMENT ON COLUMN book.vouchers.version IS 'rises with every change of the lock; what moves units, entries tell';

CREATE TABLE keys.branches (
    id uuid NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    root_id uuid NOT NULL,
    wrapped bytea,
    state text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT branches_destroyed_have_no_key CHECK (((state = 'destroyed'::text) = (wrapped IS NULL))),
    CONSTRAINT branches_kind_known CHECK ((kind = ANY (ARRAY['bucket'::text, 'epoch'::text, 'house'::text]))),
    CONSTRAINT branches_state_known CHECK ((state = ANY (ARRAY['active'::text, 'destroyed'::text])))
);

COMMENT ON TABLE keys.branches IS 'Keys wrapped by a root: buckets of subject keys, epochs (class and month), the house key.';

CREATE TABLE keys.roots (
    id uuid NOT NULL,
    reference text NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    adopted_at timestamp with time zone NOT NULL,
    destroyed_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT roots_destroyed_at_an_instant CHECK (((state = 'destroyed'::text) = (destroyed_at IS NOT NULL))),
    CONSTRAINT roots_state_known CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text, 'destroyed'::text])))
);

COMMENT ON COLUMN keys.roots.reference IS 'what the key provider calls the key; the key itself is never in the database';

CREATE TABLE keys.subjects (
    id uuid NOT NULL,
    bucket_id uuid,
    wrapped bytea,
    state text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT subjects_destroyed_have_no_key CHECK ((((state = 'destroyed'::text) = (wrapped IS NULL)) AND ((wrapped IS NULL) = (bucket_id IS NULL)))),
    CONSTRAINT subjects_state_known CHECK ((state = ANY (ARRAY['active'::text, 'restricted'::text, 'destroyed'::text])))
);

COMMENT ON TABLE keys.subjects IS 'One key per person about whom something private was recorded, wrapped by its bucket.';

CREATE TABLE registry.activity_types (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    schema text NOT NULL,
    amount_field text,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT activity_types_schema_is_json CHECK ((schema IS JSON OBJECT))
);

COMMENT ON TABLE registry.activity_types IS 'Types of activities beside the shipped ones. A type never changes.';

CREATE TABLE registry.adjustment_limits (
    id uuid NOT NULL,
    asset_id uuid NOT NULL,
    actor_kind text NOT NULL,
    amount bigint NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT adjustment_limits_not_negative CHECK ((amount >= 0))
);

CREATE TABLE registry.alembic_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE registry.api_keys (
    id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT api_keys_hash_is_sha256 CHECK ((octet_length(secret_hash) = 32))
);

CREATE TABLE registry.approvals (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    kind text NOT NULL,
    payload text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    request_event_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    decision_event_id uuid,
    entry_id uuid,
    version bigint DEFAULT 1 NOT NULL,
    approvers_needed smallint DEFAULT 1 NOT NULL,
    first_agreed_by text,
    first_agreed_at timestamp with time zone,
    first_agreed_event_id uuid,
    CONSTRAINT approvals_by_as_many_as_needed CHECK (((state <> 'approved'::text) OR (approvers_needed = 1) OR (first_agreed_by IS NOT NULL))),
    CONSTRAINT approvals_by_different_persons CHECK (((first_agreed_by IS NULL) OR ((SUBSTRING(first_agreed_by FROM POSITION((':'::text) IN (first_agreed_by))) <> SUBSTRING(requested_by FROM POSITION((':'::text) IN (requested_by)))) AND ((state <> 'approved'::text) OR (SUBSTRING(first_agreed_by FROM POSITION((':'::text) IN (first_agreed_by))) <> SUBSTRING(decided_by FROM POSITION((':'::text) IN (decided_by)))))))),
    CONSTRAINT approvals_decided_by_somebody CHECK (((state = 'pending'::text) = ((decided_by IS NULL) AND (decided_at IS NULL) AND (decision_event_id IS NULL)))),
    CONSTRAINT approvals_expire_after_request CHECK ((expires_at > requested_at)),
    CONSTRAINT approvals_first_agreed_by_somebody CHECK (((num_nulls(first_agreed_by, first_agreed_at, first_agreed_event_id) = ANY (ARRAY[0, 3])) AND ((first_agreed_by IS NULL) OR (approvers_needed = 2)))),
    CONSTRAINT approvals_need_one_or_two CHECK ((approvers_needed = ANY (ARRAY[1, 2]))),
    CONSTRAINT approvals_never_by_requester CHECK (((state = ANY (ARRAY['pending'::text, 'withdrawn'::text])) OR (SUBSTRING(decided_by FROM POSITION((':'::text) IN (decided_by))) <> SUBSTRING(requested_by FROM POSITION((':'::text) IN (requested_by)))))),
    CONSTRAINT approvals_of_restricted_data_need_two CHECK (((kind <> 'audit_reveal'::text) OR (((payload)::jsonb ->> 'legalBasis'::text) IS NULL) OR (approvers_needed = 2))),
    CONSTRAINT approvals_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'withdrawn'::text])))
);

COMMENT ON COLUMN registry.approvals.payload IS 'JSON of the fields from which the command is rebuilt; nothing personal';

CREATE VIEW registry.approval_reasons AS
 SELECT approval.id AS approval_id,
    part.event_id,
    part.name,
    part.subject_id,
    part.epoch,
    part.suite,
    part.sealed
   FROM (registry.approvals approval
     JOIN audit.parts part ON ((((part.event_id = approval.request_event_id) OR (part.event_id = approval.first_agreed_event_id)) OR (part.event_id = approval.decision_event_id))));

CREATE TABLE registry.assets (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    expiry text DEFAULT 'never'::text NOT NULL,
    priority smallint DEFAULT 0 NOT NULL,
    shortfall text DEFAULT 'WITHIN_BALANCE'::text NOT NULL,
    reversal_days integer DEFAULT 90 NOT NULL,
    reversal_grace_days integer DEFAULT 0 NOT NULL,
    transfers_allowed boolean DEFAULT false NOT NULL,
    transfer_day_max bigint,
    transfer_month_max bigint,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT assets_kind_known CHECK ((kind = ANY (ARRAY['points'::text, 'money'::text, 'voucher'::text, 'budget'::text]))),
    CONSTRAINT assets_reversal_days_positive CHECK (((reversal_days > 0) AND (reversal_grace_days >= 0))),
    CONSTRAINT assets_shortfall_known CHECK ((shortfall = ANY (ARRAY['WITHIN_BALANCE'::text, 'ONLY_PENDING'::text, 'NEGATIVE'::text]))),
    CONSTRAINT assets_transfer_max_positive CHECK (((transfer_day_max > 0) AND (transfer_month_max > 0)))
);

CREATE TABLE registry.campaign_steps (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    state text NOT NULL,
    version_id uuid,
    since timestamp with time zone NOT NULL,
    CONSTRAINT campaign_steps_number_from_one CHECK ((number >= 1)),
    CONSTRAINT campaign_steps_state_known CHECK ((state = ANY (ARRAY['draft'::text, 'reviewed'::text, 'approved'::text, 'running'::text, 'paused'::text, 'ended'::text])))
);

COMMENT ON TABLE registry.campaign_steps IS 'In which state and under which version a campaign was from when on: late activities look here. Append-only.';

CREATE TABLE registry.campaign_versions (
    id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    terms text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT campaign_versions_body_is_json CHECK ((body IS JSON OBJECT)),
    CONSTRAINT campaign_versions_number_from_one CHECK ((number >= 1))
);

COMMENT ON TABLE registry.campaign_versions IS 'What a campaign promises, as canonical JSON, and its terms text; every award names its version. Append-only.';

CREATE TABLE registry.campaigns (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    current_version_id uuid,
    latest_number integer DEFAULT 1 NOT NULL,
    since timestamp with time zone NOT NULL,
    steps integer DEFAULT 1 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT campaigns_approved_have_version CHECK (((state = ANY (ARRAY['draft'::text, 'reviewed'::text])) OR (current_version_id IS NOT NULL))),
    CONSTRAINT campaigns_state_known CHECK ((state = ANY (ARRAY['draft'::text, 'reviewed'::text, 'approved'::text, 'running'::text, 'paused'::text, 'ended'::text])))
);

CREATE TABLE registry.instance (
    id uuid DEFAULT '00000000-0000-0000-0000-000000000001'::uuid NOT NULL,
    clock_offset_us bigint DEFAULT 0 NOT NULL,
    standing_version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT instance_is_one_row CHECK ((id = '00000000-0000-0000-0000-000000000001'::uuid))
);

CREATE TABLE registry.member_attributes (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    type text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT member_attributes_type_known CHECK ((type = ANY (ARRAY['TEXT'::text, 'INTEGER'::text, 'BOOLEAN'::text])))
);

COMMENT ON TABLE registry.member_attributes IS 'What the bank may say of a member beside its tiers and segments. An attribute never changes its type.';

CREATE TABLE registry.member_lists (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    members bigint DEFAULT 0 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT member_lists_members_not_negative CHECK ((members >= 0))
);

COMMENT ON TABLE registry.member_lists IS 'Lists of members that campaigns may be for. A list only grows.';

CREATE TABLE registry.merchants (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    partner_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    networks cidr[] DEFAULT '{}'::cidr[] NOT NULL,
    CONSTRAINT merchants_networks_at_most_64 CHECK ((cardinality(networks) <= 64)),
    CONSTRAINT merchants_state_known CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

COMMENT ON COLUMN registry.merchants.networks IS 'where the shop''s credentials work; none = anywhere';

CREATE TABLE registry.partners (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

CREATE TABLE registry.programmes (
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    time_zone text NOT NULL,
    open_from timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

CREATE TABLE registry.rates (
    id uuid NOT NULL,
    asset_id uuid NOT NULL,
    money_asset_id uuid NOT NULL,
    points bigint NOT NULL,
    minor bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    CONSTRAINT rates_positive CHECK (((points > 0) AND (minor > 0)))
);

CREATE TABLE registry.terminals (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    merchant_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT terminals_state_known CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

CREATE TABLE registry.tier_ladder_versions (
    id uuid NOT NULL,
    ladder_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tier_ladder_versions_body_is_json CHECK ((body IS JSON OBJECT)),
    CONSTRAINT tier_ladder_versions_number_from_one CHECK ((number >= 1))
);

COMMENT ON TABLE registry.tier_ladder_versions IS 'What a ladder promises, as canonical JSON; each holds from created_at on for whatever is credited or falls due. Append-only.';

CREATE TABLE registry.tier_ladders (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    code text NOT NULL,
    latest_number integer DEFAULT 1 NOT NULL,
    version bigint DEFAULT 1 NOT NULL
);

CREATE TABLE registry.voucher_template_versions (
    id uuid NOT NULL,
    template_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    number integer NOT NULL,
    body text NOT NULL,
    terms text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT voucher_template_versions_body_is_json CHECK ((body IS JSON OBJECT)),
    CONSTRAINT voucher_template_versions_number_from_one CHECK ((number >= 1))
);

COMMENT ON TABLE registry.voucher_template_versions IS 'What a voucher promises, as canonical JSON, and its terms text; every voucher names its version. Append-only.';

CREATE TABLE registry.voucher_templates (
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    asset_id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL,
    stock text NOT NULL,
    state text DEFAULT 'draft'::text NOT NULL,
    current_version_id uuid NOT NULL,
    current_number integer DEFAULT 1 NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    CONSTRAINT voucher_templates_kind_known CHECK ((kind = ANY (ARRAY['FIXED_DISCOUNT'::text, 'PERCENTAGE'::text, 'SPEND_SAVE'::text, 'STORED_VALUE'::text, 'EXCHANGE'::text, 'BENEFIT'::text, 'MULTIPLIER'::text]))),
    CONSTRAINT voucher_templates_state_known CHECK ((state = ANY (ARRAY['draft'::text, 'live'::text, 'stopped'::text]))),
    CONSTRAINT voucher_templates_stock_known CHECK ((stock = ANY (ARRAY['UNLIMITED'::text, 'LIMITED'::text, 'IMPORTED'::text])))
);

ALTER TABLE ONLY audit.bundles
    ADD CONSTRAINT bundles_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.checkpoints
    ADD CONSTRAINT checkpoints_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.erasures
    ADD CONSTRAINT erasures_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.events
    ADD CONSTRAINT events_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.leaves
    ADD CONSTRAINT leaves_event_once UNIQUE (event_id);

ALTER TABLE ONLY audit.leaves
    ADD CONSTRAINT leaves_pk PRIMARY KEY (index);

ALTER TABLE ONLY audit.legal_holds
    ADD CONSTRAINT legal_holds_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.parts
    ADD CONSTRAINT parts_pk PRIMARY KEY (event_id, name);

ALTER TABLE ONLY audit.pending
    ADD CONSTRAINT pending_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.reconciliations
    ADD CONSTRAINT reconciliations_pk PRIMARY KEY (id);

ALTER TABLE ONLY audit.tiles
    ADD CONSTRAINT tiles_pk PRIMARY KEY (level, number);

ALTER TABLE ONLY audit.tree
    ADD CONSTRAINT tree_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.accounts
    ADD CONSTRAINT accounts_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.accounts
    ADD CONSTRAINT accounts_role_unique UNIQUE (holder_id, asset_id, role);

ALTER TABLE ONLY book.activities
    ADD CONSTRAINT activities_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.activities
    ADD CONSTRAINT activities_request_unique UNIQUE (request_id);

ALTER TABLE ONLY book.awards
    ADD CONSTRAINT awards_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.campaign_counts
    ADD CONSTRAINT campaign_counts_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.campaign_counts
    ADD CONSTRAINT campaign_counts_unique UNIQUE (member_id, campaign_id, counter, period, starts_on);

ALTER TABLE ONLY book.campaign_figure_cuts
    ADD CONSTRAINT campaign_figure_cuts_pk PRIMARY KEY (cut_tx_id);

ALTER TABLE ONLY book.campaign_grants
    ADD CONSTRAINT campaign_grants_unique UNIQUE NULLS NOT DISTINCT (campaign_id, local_day, member_id, asset_id, phase, variant, channel, branch);

ALTER TABLE ONLY book.campaign_lots
    ADD CONSTRAINT campaign_lots_pk PRIMARY KEY (lot_id);

ALTER TABLE ONLY book.campaign_reach
    ADD CONSTRAINT campaign_reach_unique UNIQUE NULLS NOT DISTINCT (campaign_id, local_day, member_id, phase, variant, channel, branch);

ALTER TABLE ONLY book.draws
    ADD CONSTRAINT draws_pk PRIMARY KEY (entry_id, line);

ALTER TABLE ONLY book.holders
    ADD CONSTRAINT holders_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.holds
    ADD CONSTRAINT holds_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.imported_codes
    ADD CONSTRAINT imported_codes_code_unique UNIQUE (code_hash);

ALTER TABLE ONLY book.imported_codes
    ADD CONSTRAINT imported_codes_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.imported_codes
    ADD CONSTRAINT imported_codes_position_unique UNIQUE (template_id, "position");

ALTER TABLE ONLY book.journal_entries
    ADD CONSTRAINT journal_entries_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.listed_members
    ADD CONSTRAINT listed_members_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.lots
    ADD CONSTRAINT lots_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.member_facts
    ADD CONSTRAINT member_facts_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.members
    ADD CONSTRAINT members_external_id_unique UNIQUE (external_id, programme_id);

ALTER TABLE ONLY book.members
    ADD CONSTRAINT members_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.payment_codes
    ADD CONSTRAINT payment_codes_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.postings
    ADD CONSTRAINT postings_pk PRIMARY KEY (entry_id, line);

ALTER TABLE ONLY book.redemptions
    ADD CONSTRAINT redemptions_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.redemptions
    ADD CONSTRAINT redemptions_voucher_unique UNIQUE (entry_id, voucher_id);

ALTER TABLE ONLY book.requests
    ADD CONSTRAINT requests_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.roll_up_cuts
    ADD CONSTRAINT roll_up_cuts_pk PRIMARY KEY (cut_tx_id);

ALTER TABLE ONLY book.roll_ups
    ADD CONSTRAINT roll_ups_pk PRIMARY KEY (account_id, cut_tx_id);

ALTER TABLE ONLY book.statement_lines
    ADD CONSTRAINT statement_lines_pk PRIMARY KEY (account_id, version);

ALTER TABLE ONLY book.tier_credits
    ADD CONSTRAINT tier_credits_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.tier_credits
    ADD CONSTRAINT tier_credits_version_unique UNIQUE (standing_id, version);

ALTER TABLE ONLY book.tier_grants
    ADD CONSTRAINT tier_grants_approval_unique UNIQUE (approval_id);

ALTER TABLE ONLY book.tier_grants
    ADD CONSTRAINT tier_grants_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.tier_grants
    ADD CONSTRAINT tier_grants_version_unique UNIQUE (standing_id, version);

ALTER TABLE ONLY book.tier_packs
    ADD CONSTRAINT tier_packs_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.tier_packs
    ADD CONSTRAINT tier_packs_unique UNIQUE (standing_id, level, starts_on, template);

ALTER TABLE ONLY book.tier_standings
    ADD CONSTRAINT tier_standings_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.tier_standings
    ADD CONSTRAINT tier_standings_unique UNIQUE (member_id, ladder_id);

ALTER TABLE ONLY book.tier_steps
    ADD CONSTRAINT tier_steps_number_unique UNIQUE (standing_id, number);

ALTER TABLE ONLY book.tier_steps
    ADD CONSTRAINT tier_steps_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.transfer_totals
    ADD CONSTRAINT transfer_totals_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.transfer_totals
    ADD CONSTRAINT transfer_totals_unique UNIQUE (account_id, period, starts_on);

ALTER TABLE ONLY book.voucher_counts
    ADD CONSTRAINT voucher_counts_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.voucher_counts
    ADD CONSTRAINT voucher_counts_unique UNIQUE (member_id, template_id, purpose);

ALTER TABLE ONLY book.voucher_stocks
    ADD CONSTRAINT voucher_stocks_pk PRIMARY KEY (id);

ALTER TABLE ONLY book.vouchers
    ADD CONSTRAINT vouchers_code_unique UNIQUE (code_hash);

ALTER TABLE ONLY book.vouchers
    ADD CONSTRAINT vouchers_pk PRIMARY KEY (id);

ALTER TABLE ONLY keys.branches
    ADD CONSTRAINT branches_name_unique UNIQUE (kind, name, root_id);

ALTER TABLE ONLY keys.branches
    ADD CONSTRAINT branches_pk PRIMARY KEY (id);

ALTER TABLE ONLY keys.roots
    ADD CONSTRAINT roots_pk PRIMARY KEY (id);

ALTER TABLE ONLY keys.roots
    ADD CONSTRAINT roots_reference_unique UNIQUE (reference);

ALTER TABLE ONLY keys.subjects
    ADD CONSTRAINT subjects_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.activity_types
    ADD CONSTRAINT activity_types_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.activity_types
    ADD CONSTRAINT activity_types_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.adjustment_limits
    ADD CONSTRAINT adjustment_limits_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.adjustment_limits
    ADD CONSTRAINT adjustment_limits_unique UNIQUE (asset_id, actor_kind);

ALTER TABLE ONLY registry.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY registry.api_keys
    ADD CONSTRAINT api_keys_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.approvals
    ADD CONSTRAINT approvals_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.assets
    ADD CONSTRAINT assets_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.assets
    ADD CONSTRAINT assets_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.campaign_steps
    ADD CONSTRAINT campaign_steps_number_unique UNIQUE (campaign_id, number);

ALTER TABLE ONLY registry.campaign_steps
    ADD CONSTRAINT campaign_steps_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.campaign_versions
    ADD CONSTRAINT campaign_versions_number_unique UNIQUE (campaign_id, number);

ALTER TABLE ONLY registry.campaign_versions
    ADD CONSTRAINT campaign_versions_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.campaigns
    ADD CONSTRAINT campaigns_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.campaigns
    ADD CONSTRAINT campaigns_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.instance
    ADD CONSTRAINT instance_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.member_attributes
    ADD CONSTRAINT member_attributes_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.member_attributes
    ADD CONSTRAINT member_attributes_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.member_lists
    ADD CONSTRAINT member_lists_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.member_lists
    ADD CONSTRAINT member_lists_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.merchants
    ADD CONSTRAINT merchants_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.merchants
    ADD CONSTRAINT merchants_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.partners
    ADD CONSTRAINT partners_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.partners
    ADD CONSTRAINT partners_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.programmes
    ADD CONSTRAINT programmes_code_unique UNIQUE (code);

ALTER TABLE ONLY registry.programmes
    ADD CONSTRAINT programmes_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.rates
    ADD CONSTRAINT rates_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.rates
    ADD CONSTRAINT rates_version_unique UNIQUE (asset_id, valid_from);

ALTER TABLE ONLY registry.terminals
    ADD CONSTRAINT terminals_code_unique UNIQUE (merchant_id, code);

ALTER TABLE ONLY registry.terminals
    ADD CONSTRAINT terminals_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.tier_ladder_versions
    ADD CONSTRAINT tier_ladder_versions_number_unique UNIQUE (ladder_id, number);

ALTER TABLE ONLY registry.tier_ladder_versions
    ADD CONSTRAINT tier_ladder_versions_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.tier_ladders
    ADD CONSTRAINT tier_ladders_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.tier_ladders
    ADD CONSTRAINT tier_ladders_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.voucher_template_versions
    ADD CONSTRAINT voucher_template_versions_number_unique UNIQUE (template_id, number);

ALTER TABLE ONLY registry.voucher_template_versions
    ADD CONSTRAINT voucher_template_versions_pk PRIMARY KEY (id);

ALTER TABLE ONLY registry.voucher_templates
    ADD CONSTRAINT voucher_templates_code_unique UNIQUE (programme_id, code);

ALTER TABLE ONLY registry.voucher_templates
    ADD CONSTRAINT voucher_templates_pk PRIMARY KEY (id);

CREATE INDEX bundles_by_time ON audit.bundles USING btree (made_at);

CREATE INDEX checkpoints_by_size ON audit.checkpoints USING btree (size);

CREATE INDEX erasures_due ON audit.erasures USING btree (retained_until) WHERE (state = 'restricted'::text);

CREATE INDEX events_by_transaction ON audit.events USING btree (tx_id, resource_id);

CREATE INDEX parts_by_epoch ON audit.parts USING btree (epoch);

CREATE INDEX parts_by_subject ON audit.parts USING btree (subject_id);

CREATE INDEX reconciliations_by_time ON audit.reconciliations USING btree (reconciled_at);

CREATE INDEX accounts_by_next_due ON book.accounts USING btree (next_due_at) WHERE (role = 'wallet'::text);

CREATE INDEX accounts_vouchers_by_next_due ON book.accounts USING btree (next_due_at) WHERE (role = 'voucher'::text);

CREATE INDEX activities_by_day ON book.activities USING brin (local_day) WITH (autosummarize='on');

CREATE INDEX activities_by_member ON book.activities USING btree (member_id, id);

CREATE INDEX activities_by_refunded ON book.activities USING btree (refund_of) WHERE (refund_of IS NOT NULL);

CREATE INDEX activities_by_transaction ON book.activities USING btree (tx_id);

CREATE INDEX awards_by_activity ON book.awards USING btree (activity_id);

CREATE INDEX holds_by_account ON book.holds USING btree (account_id, id);

CREATE INDEX holds_open_by_account ON book.holds USING btree (account_id) WHERE (state = 'open'::text);

CREATE INDEX holds_open_by_deadline ON book.holds USING btree (deadline) WHERE (state = 'open'::text);

CREATE INDEX journal_entries_by_original ON book.journal_entries USING btree (original_entry_id) WHERE (original_entry_id IS NOT NULL);

CREATE INDEX journal_entries_by_transaction ON book.journal_entries USING btree (tx_id);

CREATE INDEX lots_by_entry ON book.lots USING btree (entry_id);

CREATE INDEX lots_open_by_account ON book.lots USING btree (account_id) WHERE is_open;

CREATE INDEX members_by_programme ON book.members USING btree (programme_id, id);

CREATE INDEX members_erased ON book.members USING btree (id) WHERE (external_id ~~ 'erased:%'::text);

CREATE INDEX redemptions_by_merchant ON book.redemptions USING btree (merchant_id, id);

CREATE INDEX redemptions_by_voucher ON book.redemptions USING btree (voucher_id, id);

CREATE INDEX tier_credits_by_activity ON book.tier_credits USING btree (activity_id);

CREATE INDEX tier_packs_due ON book.tier_packs USING btree (next_try_at, id) WHERE (state = 'DUE'::text);

CREATE INDEX tier_standings_due ON book.tier_standings USING btree (next_due_at) WHERE (next_due_at < '9999-12-31 00:00:00+00'::timestamp with time zone);

CREATE INDEX vouchers_by_member ON book.vouchers USING btree (member_id, id);

CREATE INDEX vouchers_by_template ON book.vouchers USING btree (template_id, id);

CREATE INDEX vouchers_live_by_account ON book.vouchers USING btree (account_id) WHERE is_live;

CREATE UNIQUE INDEX branches_one_house ON keys.branches USING btree (kind) WHERE (kind = 'house'::text);

CREATE UNIQUE INDEX branches_one_of_each_name ON keys.branches USING btree (kind, name) WHERE (kind <> 'bucket'::text);

CREATE UNIQUE INDEX roots_one_is_active ON keys.roots USING btree ((true)) WHERE (state = 'active'::text);

CREATE INDEX subjects_by_bucket ON keys.subjects USING btree (bucket_id);

CREATE INDEX api_keys_by_merchant ON registry.api_keys USING btree (merchant_id);

CREATE INDEX approvals_by_programme ON registry.approvals USING btree (programme_id, id);

CREATE INDEX approvals_exports ON registry.approvals USING btree (decided_at) WHERE ((kind = 'audit_export'::text) AND (state = 'approved'::text));

CREATE INDEX approvals_pending_by_programme ON registry.approvals USING btree (programme_id, id) WHERE (state = 'pending'::text);

CREATE INDEX voucher_templates_by_programme ON registry.voucher_templates USING btree (programme_id, id);

CREATE CONSTRAINT TRIGGER bundles_have_events AFTER INSERT ON audit.bundles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER bundles_unchanged BEFORE UPDATE OR TRUNCATE ON audit.bundles FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER erasures_have_events AFTER INSERT ON audit.erasures DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER erasures_keep_rows BEFORE DELETE OR TRUNCATE ON audit.erasures FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER erasures_states_have_events AFTER UPDATE ON audit.erasures DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.events FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER events_await_sequencer AFTER INSERT ON audit.events REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION audit.await_sequencer();

CREATE TRIGGER leaves_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.leaves FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER legal_holds_have_events AFTER INSERT OR UPDATE ON audit.legal_holds DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER legal_holds_keep_rows BEFORE DELETE OR TRUNCATE ON audit.legal_holds FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER parts_are_named AFTER INSERT ON audit.parts REFERENCING NEW TABLE AS new_parts FOR EACH STATEMENT EXECUTE FUNCTION audit.require_named_parts();

CREATE TRIGGER parts_unchanged BEFORE UPDATE OR TRUNCATE ON audit.parts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER pending_keep_rows BEFORE UPDATE OR TRUNCATE ON audit.pending FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER reconciliations_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.reconciliations FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER reconciliations_have_events AFTER INSERT ON audit.reconciliations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER tiles_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit.tiles FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tree_is_whole BEFORE UPDATE ON audit.tree FOR EACH ROW EXECUTE FUNCTION audit.keep_tree_whole();

CREATE TRIGGER tree_keep_rows BEFORE DELETE OR TRUNCATE ON audit.tree FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER accounts_keep_rows BEFORE DELETE OR TRUNCATE ON book.accounts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER activities_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.activities FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER awards_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.awards FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaign_counts_keep_rows BEFORE DELETE OR TRUNCATE ON book.campaign_counts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaign_figure_cuts_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.campaign_figure_cuts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaign_grants_keep_rows BEFORE DELETE OR TRUNCATE ON book.campaign_grants FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaign_lots_keep_rows BEFORE DELETE OR TRUNCATE ON book.campaign_lots FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaign_reach_keep_rows BEFORE DELETE OR TRUNCATE ON book.campaign_reach FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER draws_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.draws FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER holders_keep_rows BEFORE DELETE OR TRUNCATE ON book.holders FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER holds_keep_rows BEFORE DELETE OR TRUNCATE ON book.holds FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER imported_codes_keep_rows BEFORE DELETE OR TRUNCATE ON book.imported_codes FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER journal_entries_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.journal_entries FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER journal_entries_have_events AFTER INSERT ON book.journal_entries REFERENCING NEW TABLE AS new_entries FOR EACH STATEMENT EXECUTE FUNCTION book.require_entry_events();

CREATE TRIGGER listed_members_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.listed_members FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER lots_keep_rows BEFORE DELETE OR TRUNCATE ON book.lots FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER member_facts_have_events AFTER INSERT OR UPDATE ON book.member_facts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER member_facts_keep_rows BEFORE DELETE OR TRUNCATE ON book.member_facts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER members_are_erased_by_entries AFTER UPDATE ON book.members DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION book.require_erasing_entry();

CREATE TRIGGER members_forget_only BEFORE UPDATE ON book.members FOR EACH ROW EXECUTE FUNCTION book.forget_only();

CREATE TRIGGER members_keep_rows BEFORE DELETE OR TRUNCATE ON book.members FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER payment_codes_have_events AFTER INSERT ON book.payment_codes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER payment_codes_keep_rows BEFORE DELETE OR TRUNCATE ON book.payment_codes FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER postings_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.postings FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER redemptions_keep_rows BEFORE DELETE OR TRUNCATE ON book.redemptions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER requests_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.requests FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER roll_up_cuts_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.roll_up_cuts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER roll_ups_keep_rows BEFORE DELETE OR TRUNCATE ON book.roll_ups FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER statement_lines_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.statement_lines FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_credits_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.tier_credits FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_grants_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.tier_grants FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_packs_keep_rows BEFORE DELETE OR TRUNCATE ON book.tier_packs FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_standings_keep_rows BEFORE DELETE OR TRUNCATE ON book.tier_standings FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_steps_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON book.tier_steps FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER transfer_totals_keep_rows BEFORE DELETE OR TRUNCATE ON book.transfer_totals FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER voucher_counts_keep_rows BEFORE DELETE OR TRUNCATE ON book.voucher_counts FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER voucher_stocks_keep_rows BEFORE DELETE OR TRUNCATE ON book.voucher_stocks FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER vouchers_keep_rows BEFORE DELETE OR TRUNCATE ON book.vouchers FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER branches_have_events AFTER INSERT ON keys.branches DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER branches_keep_all BEFORE TRUNCATE ON keys.branches FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER branches_keep_rows BEFORE DELETE ON keys.branches FOR EACH ROW WHEN ((old.kind <> 'bucket'::text)) EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER branches_states_have_events AFTER UPDATE ON keys.branches DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER branches_stay_destroyed BEFORE UPDATE ON keys.branches FOR EACH ROW WHEN ((old.state = 'destroyed'::text)) EXECUTE FUNCTION keys.keep_destroyed();

CREATE CONSTRAINT TRIGGER roots_have_events AFTER INSERT ON keys.roots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER roots_keep_rows BEFORE DELETE OR TRUNCATE ON keys.roots FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER roots_states_have_events AFTER UPDATE ON keys.roots DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER roots_stay_destroyed BEFORE UPDATE ON keys.roots FOR EACH ROW WHEN ((old.state = 'destroyed'::text)) EXECUTE FUNCTION keys.keep_destroyed();

CREATE TRIGGER subjects_keep_rows BEFORE DELETE OR TRUNCATE ON keys.subjects FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER subjects_states_have_events AFTER UPDATE ON keys.subjects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER subjects_stay_destroyed BEFORE UPDATE ON keys.subjects FOR EACH ROW WHEN ((old.state = 'destroyed'::text)) EXECUTE FUNCTION keys.keep_destroyed();

CREATE TRIGGER activity_types_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.activity_types FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER activity_types_have_events AFTER INSERT OR UPDATE ON registry.activity_types DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER activity_types_stand AFTER INSERT OR UPDATE ON registry.activity_types FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER adjustment_limits_have_events AFTER INSERT OR UPDATE ON registry.adjustment_limits DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER adjustment_limits_keep_rows BEFORE DELETE OR TRUNCATE ON registry.adjustment_limits FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER adjustment_limits_stand AFTER INSERT OR UPDATE ON registry.adjustment_limits FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER api_keys_have_events AFTER INSERT OR UPDATE ON registry.api_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER api_keys_keep_rows BEFORE DELETE OR TRUNCATE ON registry.api_keys FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER api_keys_tell_credentials AFTER UPDATE OF expires_at, revoked_at ON registry.api_keys FOR EACH STATEMENT EXECUTE FUNCTION registry.tell_credentials();

CREATE CONSTRAINT TRIGGER approvals_have_events AFTER INSERT OR UPDATE ON registry.approvals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER approvals_keep_rows BEFORE DELETE OR TRUNCATE ON registry.approvals FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER assets_have_events AFTER INSERT OR UPDATE ON registry.assets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER assets_keep_rows BEFORE DELETE OR TRUNCATE ON registry.assets FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER assets_stand AFTER INSERT OR UPDATE ON registry.assets FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER campaign_steps_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.campaign_steps FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER campaign_steps_have_events AFTER INSERT OR UPDATE ON registry.campaign_steps DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER campaign_steps_stand AFTER INSERT OR UPDATE ON registry.campaign_steps FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER campaign_versions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.campaign_versions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER campaign_versions_have_events AFTER INSERT OR UPDATE ON registry.campaign_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER campaign_versions_stand AFTER INSERT OR UPDATE ON registry.campaign_versions FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER campaigns_have_events AFTER INSERT OR UPDATE ON registry.campaigns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER campaigns_keep_rows BEFORE DELETE OR TRUNCATE ON registry.campaigns FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER campaigns_stand AFTER INSERT OR UPDATE ON registry.campaigns FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER instance_clock_forward BEFORE UPDATE OF clock_offset_us ON registry.instance FOR EACH ROW EXECUTE FUNCTION registry.keep_clock_forward();

CREATE CONSTRAINT TRIGGER instance_clock_has_events AFTER UPDATE OF clock_offset_us ON registry.instance DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER instance_keep_rows BEFORE DELETE OR TRUNCATE ON registry.instance FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER member_attributes_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.member_attributes FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER member_attributes_have_events AFTER INSERT OR UPDATE ON registry.member_attributes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER member_attributes_stand AFTER INSERT OR UPDATE ON registry.member_attributes FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER member_lists_have_events AFTER INSERT OR UPDATE ON registry.member_lists DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER member_lists_keep_rows BEFORE DELETE OR TRUNCATE ON registry.member_lists FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER merchants_have_events AFTER INSERT OR UPDATE ON registry.merchants DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER merchants_keep_rows BEFORE DELETE OR TRUNCATE ON registry.merchants FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER merchants_stand AFTER INSERT OR UPDATE ON registry.merchants FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER merchants_tell_credentials AFTER UPDATE OF state, networks ON registry.merchants FOR EACH STATEMENT EXECUTE FUNCTION registry.tell_credentials();

CREATE CONSTRAINT TRIGGER partners_have_events AFTER INSERT OR UPDATE ON registry.partners DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER partners_keep_rows BEFORE DELETE OR TRUNCATE ON registry.partners FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER programmes_have_events AFTER INSERT OR UPDATE ON registry.programmes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER programmes_keep_rows BEFORE DELETE OR TRUNCATE ON registry.programmes FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER programmes_stand AFTER INSERT OR UPDATE ON registry.programmes FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER rates_have_events AFTER INSERT OR UPDATE ON registry.rates DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER rates_keep_rows BEFORE DELETE OR TRUNCATE ON registry.rates FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER rates_stand AFTER INSERT OR UPDATE ON registry.rates FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER terminals_have_events AFTER INSERT OR UPDATE ON registry.terminals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER terminals_keep_rows BEFORE DELETE OR TRUNCATE ON registry.terminals FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER terminals_stand AFTER INSERT OR UPDATE ON registry.terminals FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER tier_ladder_versions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.tier_ladder_versions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER tier_ladder_versions_have_events AFTER INSERT OR UPDATE ON registry.tier_ladder_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER tier_ladder_versions_stand AFTER INSERT OR UPDATE ON registry.tier_ladder_versions FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER tier_ladders_have_events AFTER INSERT OR UPDATE ON registry.tier_ladders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER tier_ladders_keep_rows BEFORE DELETE OR TRUNCATE ON registry.tier_ladders FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER tier_ladders_stand AFTER INSERT OR UPDATE ON registry.tier_ladders FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE TRIGGER voucher_template_versions_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.voucher_template_versions FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE CONSTRAINT TRIGGER voucher_template_versions_have_events AFTER INSERT OR UPDATE ON registry.voucher_template_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER voucher_template_versions_stand AFTER INSERT OR UPDATE ON registry.voucher_template_versions FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

CREATE CONSTRAINT TRIGGER voucher_templates_have_events AFTER INSERT OR UPDATE ON registry.voucher_templates DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit.require_registry_event();

CREATE TRIGGER voucher_templates_keep_rows BEFORE DELETE OR TRUNCATE ON registry.voucher_templates FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE TRIGGER voucher_templates_stand AFTER INSERT OR UPDATE ON registry.voucher_templates FOR EACH STATEMENT EXECUTE FUNCTION registry.raise_standing_version();

ALTER TABLE ONLY book.accounts
    ADD CONSTRAINT accounts_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY book.accounts
    ADD CONSTRAINT accounts_holder_fk FOREIGN KEY (holder_id) REFERENCES book.holders(id);

ALTER TABLE ONLY book.holders
    ADD CONSTRAINT holders_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY book.member_facts
    ADD CONSTRAINT member_facts_member_fk FOREIGN KEY (id) REFERENCES book.holders(id);

ALTER TABLE ONLY book.members
    ADD CONSTRAINT members_holder_fk FOREIGN KEY (id) REFERENCES book.holders(id);

ALTER TABLE ONLY book.payment_codes
    ADD CONSTRAINT payment_codes_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY book.payment_codes
    ADD CONSTRAINT payment_codes_member_fk FOREIGN KEY (member_id) REFERENCES book.holders(id);

ALTER TABLE ONLY keys.branches
    ADD CONSTRAINT branches_root_fk FOREIGN KEY (root_id) REFERENCES keys.roots(id);

ALTER TABLE ONLY keys.subjects
    ADD CONSTRAINT subjects_bucket_fk FOREIGN KEY (bucket_id) REFERENCES keys.branches(id);

ALTER TABLE ONLY registry.activity_types
    ADD CONSTRAINT activity_types_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.adjustment_limits
    ADD CONSTRAINT adjustment_limits_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY registry.api_keys
    ADD CONSTRAINT api_keys_merchant_fk FOREIGN KEY (merchant_id) REFERENCES registry.merchants(id);

ALTER TABLE ONLY registry.approvals
    ADD CONSTRAINT approvals_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.assets
    ADD CONSTRAINT assets_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.campaign_steps
    ADD CONSTRAINT campaign_steps_campaign_fk FOREIGN KEY (campaign_id) REFERENCES registry.campaigns(id);

ALTER TABLE ONLY registry.campaign_versions
    ADD CONSTRAINT campaign_versions_campaign_fk FOREIGN KEY (campaign_id) REFERENCES registry.campaigns(id);

ALTER TABLE ONLY registry.campaigns
    ADD CONSTRAINT campaigns_current_fk FOREIGN KEY (current_version_id) REFERENCES registry.campaign_versions(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY registry.campaigns
    ADD CONSTRAINT campaigns_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.member_attributes
    ADD CONSTRAINT member_attributes_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.member_lists
    ADD CONSTRAINT member_lists_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.merchants
    ADD CONSTRAINT merchants_partner_fk FOREIGN KEY (partner_id) REFERENCES registry.partners(id);

ALTER TABLE ONLY registry.merchants
    ADD CONSTRAINT merchants_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.partners
    ADD CONSTRAINT partners_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.rates
    ADD CONSTRAINT rates_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY registry.rates
    ADD CONSTRAINT rates_money_asset_fk FOREIGN KEY (money_asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY registry.terminals
    ADD CONSTRAINT terminals_merchant_fk FOREIGN KEY (merchant_id) REFERENCES registry.merchants(id);

ALTER TABLE ONLY registry.terminals
    ADD CONSTRAINT terminals_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.tier_ladder_versions
    ADD CONSTRAINT tier_ladder_versions_ladder_fk FOREIGN KEY (ladder_id) REFERENCES registry.tier_ladders(id);

ALTER TABLE ONLY registry.tier_ladders
    ADD CONSTRAINT tier_ladders_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

ALTER TABLE ONLY registry.voucher_template_versions
    ADD CONSTRAINT voucher_template_versions_template_fk FOREIGN KEY (template_id) REFERENCES registry.voucher_templates(id);

ALTER TABLE ONLY registry.voucher_templates
    ADD CONSTRAINT voucher_templates_asset_fk FOREIGN KEY (asset_id) REFERENCES registry.assets(id);

ALTER TABLE ONLY registry.voucher_templates
    ADD CONSTRAINT voucher_templates_current_fk FOREIGN KEY (current_version_id) REFERENCES registry.voucher_template_versions(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY registry.voucher_templates
    ADD CONSTRAINT voucher_templates_programme_fk FOREIGN KEY (programme_id) REFERENCES registry.programmes(id);

GRANT USAGE ON SCHEMA audit TO scrip_app;
GRANT USAGE ON SCHEMA audit TO scrip_sequencer;
GRANT USAGE ON SCHEMA audit TO scrip_auditor;
GRANT USAGE ON SCHEMA audit TO scrip_key_admin;

GRANT USAGE ON SCHEMA book TO scrip_app;
GRANT USAGE ON SCHEMA book TO scrip_auditor;

GRANT USAGE ON SCHEMA keys TO scrip_app;
GRANT USAGE ON SCHEMA keys TO scrip_auditor;
GRANT USAGE ON SCHEMA keys TO scrip_key_admin;

GRANT USAGE ON SCHEMA registry TO scrip_app;
GRANT USAGE ON SCHEMA registry TO scrip_auditor;

REVOKE ALL ON FUNCTION audit.await_sequencer() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.keep_tree_whole() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.require_named_parts() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit.require_registry_event() FROM PUBLIC;

REVOKE ALL ON FUNCTION book.forget_only() FROM PUBLIC;

REVOKE ALL ON PROCEDURE book.forget_transactions() FROM PUBLIC;

REVOKE ALL ON FUNCTION book.require_entry_events() FROM PUBLIC;

REVOKE ALL ON FUNCTION book.require_erasing_entry() FROM PUBLIC;

REVOKE ALL ON FUNCTION keys.keep_destroyed() FROM PUBLIC;

REVOKE ALL ON FUNCTION registry.keep_clock_forward() FROM PUBLIC;

REVOKE ALL ON FUNCTION registry.raise_standing_version() FROM PUBLIC;

REVOKE ALL ON FUNCTION registry.tell_credentials() FROM PUBLIC;

GRANT SELECT,INSERT ON TABLE audit.bundles TO scrip_app;
GRANT DELETE ON TABLE audit.bundles TO scrip_key_admin;

GRANT SELECT(id) ON TABLE audit.bundles TO scrip_key_admin;

GRANT SELECT(made_at) ON TABLE audit.bundles TO scrip_key_admin;

GRANT SELECT,INSERT ON TABLE audit.checkpoints TO scrip_sequencer;
GRANT SELECT ON TABLE audit.checkpoints TO scrip_app;
GRANT SELECT ON TABLE audit.checkpoints TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE audit.erasures TO scrip_key_admin;
GRANT SELECT ON TABLE audit.erasures TO scrip_app;
GRANT SELECT ON TABLE audit.erasures TO scrip_auditor;

GRANT UPDATE(state) ON TABLE audit.erasures TO scrip_key_admin;

GRANT UPDATE(retained_until) ON TABLE audit.erasures TO scrip_key_admin;

GRANT UPDATE(destroyed_at) ON TABLE audit.erasures TO scrip_key_admin;

GRANT UPDATE(parts_destroyed) ON TABLE audit.erasures TO scrip_key_admin;

GRANT UPDATE(event_id) ON TABLE audit.erasures TO scrip_key_admin;

GRANT UPDATE(version) ON TABLE audit.erasures TO scrip_key_admin;

GRANT SELECT ON TABLE audit.events TO scrip_sequencer;
GRANT SELECT ON TABLE audit.events TO scrip_auditor;

GRANT SELECT(id),INSERT(id) ON TABLE audit.events TO scrip_app;
GRANT SELECT(id),INSERT(id) ON TABLE audit.events TO scrip_key_admin;

GRANT SELECT(tx_id) ON TABLE audit.events TO scrip_app;
GRANT SELECT(tx_id) ON TABLE audit.events TO scrip_key_admin;

GRANT SELECT(resource_id),INSERT(resource_id) ON TABLE audit.events TO scrip_app;
GRANT SELECT(resource_id),INSERT(resource_id) ON TABLE audit.events TO scrip_key_admin;

GRANT INSERT(record) ON TABLE audit.events TO scrip_app;
GRANT INSERT(record) ON TABLE audit.events TO scrip_key_admin;

GRANT SELECT,INSERT ON TABLE audit.leaves TO scrip_sequencer;
GRANT SELECT ON TABLE audit.leaves TO scrip_app;
GRANT SELECT ON TABLE audit.leaves TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE audit.legal_holds TO scrip_key_admin;
GRANT SELECT ON TABLE audit.legal_holds TO scrip_app;
GRANT SELECT ON TABLE audit.legal_holds TO scrip_auditor;

GRANT UPDATE(released_at) ON TABLE audit.legal_holds TO scrip_key_admin;

GRANT UPDATE(released_by) ON TABLE audit.legal_holds TO scrip_key_admin;

GRANT UPDATE(version) ON TABLE audit.legal_holds TO scrip_key_admin;

GRANT INSERT ON TABLE audit.parts TO scrip_app;
GRANT SELECT ON TABLE audit.parts TO scrip_auditor;
GRANT SELECT,INSERT,DELETE ON TABLE audit.parts TO scrip_key_admin;

GRANT SELECT,DELETE ON TABLE audit.pending TO scrip_sequencer;
GRANT SELECT ON TABLE audit.pending TO scrip_auditor;
GRANT SELECT ON TABLE audit.pending TO scrip_app;

GRANT SELECT,INSERT ON TABLE audit.reconciliations TO scrip_app;
GRANT SELECT ON TABLE audit.reconciliations TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE audit.tiles TO scrip_sequencer;
GRANT SELECT ON TABLE audit.tiles TO scrip_app;
GRANT SELECT ON TABLE audit.tiles TO scrip_auditor;

GRANT SELECT ON TABLE audit.tree TO scrip_sequencer;
GRANT SELECT ON TABLE audit.tree TO scrip_app;
GRANT SELECT ON TABLE audit.tree TO scrip_auditor;

GRANT UPDATE(size) ON TABLE audit.tree TO scrip_sequencer;

GRANT UPDATE(root) ON TABLE audit.tree TO scrip_sequencer;

GRANT SELECT,INSERT ON TABLE book.accounts TO scrip_app;
GRANT SELECT ON TABLE book.accounts TO scrip_auditor;

GRANT UPDATE(state) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(posted) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(held) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(version) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(owing) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(inactive_at) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(next_due_at) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(next_expiry_at) ON TABLE book.accounts TO scrip_app;

GRANT UPDATE(died_version) ON TABLE book.accounts TO scrip_app;

GRANT SELECT ON TABLE book.activities TO scrip_app;
GRANT SELECT ON TABLE book.activities TO scrip_auditor;

GRANT INSERT(id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(programme_id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(member_id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(request_id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(type) ON TABLE book.activities TO scrip_app;

GRANT INSERT(source) ON TABLE book.activities TO scrip_app;

GRANT INSERT(source_event_id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(occurred_at) ON TABLE book.activities TO scrip_app;

GRANT INSERT(received_at) ON TABLE book.activities TO scrip_app;

GRANT INSERT(local_day) ON TABLE book.activities TO scrip_app;

GRANT INSERT(channel) ON TABLE book.activities TO scrip_app;

GRANT INSERT(branch) ON TABLE book.activities TO scrip_app;

GRANT INSERT(merchant_id) ON TABLE book.activities TO scrip_app;

GRANT INSERT(payload) ON TABLE book.activities TO scrip_app;

GRANT INSERT(amount) ON TABLE book.activities TO scrip_app;

GRANT INSERT(refund_of) ON TABLE book.activities TO scrip_app;

GRANT INSERT(state) ON TABLE book.activities TO scrip_app;

GRANT INSERT(entry_id) ON TABLE book.activities TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.awards TO scrip_app;
GRANT SELECT ON TABLE book.awards TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.campaign_counts TO scrip_app;
GRANT SELECT ON TABLE book.campaign_counts TO scrip_auditor;

GRANT UPDATE(amount) ON TABLE book.campaign_counts TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.campaign_figure_cuts TO scrip_app;
GRANT SELECT ON TABLE book.campaign_figure_cuts TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.campaign_grants TO scrip_app;
GRANT SELECT ON TABLE book.campaign_grants TO scrip_auditor;

GRANT UPDATE(awards) ON TABLE book.campaign_grants TO scrip_app;

GRANT UPDATE(issued) ON TABLE book.campaign_grants TO scrip_app;

GRANT UPDATE(returned) ON TABLE book.campaign_grants TO scrip_app;

GRANT UPDATE(redeemed) ON TABLE book.campaign_grants TO scrip_app;

GRANT UPDATE(cost) ON TABLE book.campaign_grants TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.campaign_lots TO scrip_app;
GRANT SELECT ON TABLE book.campaign_lots TO scrip_auditor;

GRANT UPDATE(redeemed) ON TABLE book.campaign_lots TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.campaign_reach TO scrip_app;
GRANT SELECT ON TABLE book.campaign_reach TO scrip_auditor;

GRANT UPDATE(activities) ON TABLE book.campaign_reach TO scrip_app;

GRANT UPDATE(awarded) ON TABLE book.campaign_reach TO scrip_app;

GRANT UPDATE(value_minor) ON TABLE book.campaign_reach TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.draws TO scrip_app;
GRANT SELECT ON TABLE book.draws TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.holders TO scrip_app;
GRANT SELECT ON TABLE book.holders TO scrip_auditor;

GRANT UPDATE(state) ON TABLE book.holders TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.holds TO scrip_app;
GRANT SELECT ON TABLE book.holds TO scrip_auditor;

GRANT UPDATE(captured) ON TABLE book.holds TO scrip_app;

GRANT UPDATE(state) ON TABLE book.holds TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.imported_codes TO scrip_app;
GRANT SELECT ON TABLE book.imported_codes TO scrip_auditor;

GRANT UPDATE(voucher_id) ON TABLE book.imported_codes TO scrip_app;

GRANT SELECT ON TABLE book.journal_entries TO scrip_app;
GRANT SELECT ON TABLE book.journal_entries TO scrip_auditor;

GRANT INSERT(id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(kind) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(effective_at) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(posted_at) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(actor) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(asset_id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(amount) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(member_id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(merchant_id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(request_id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(reference) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(original_entry_id) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(reason_code) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(sale_minor) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(money_minor) ON TABLE book.journal_entries TO scrip_app;

GRANT INSERT(rate_id) ON TABLE book.journal_entries TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.listed_members TO scrip_app;
GRANT SELECT ON TABLE book.listed_members TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.lots TO scrip_app;
GRANT SELECT ON TABLE book.lots TO scrip_auditor;

GRANT UPDATE(remaining) ON TABLE book.lots TO scrip_app;

GRANT UPDATE(held) ON TABLE book.lots TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.member_facts TO scrip_app;
GRANT SELECT ON TABLE book.member_facts TO scrip_auditor;

GRANT UPDATE(tiers) ON TABLE book.member_facts TO scrip_app;

GRANT UPDATE(segments) ON TABLE book.member_facts TO scrip_app;

GRANT UPDATE(version) ON TABLE book.member_facts TO scrip_app;

GRANT UPDATE(attributes) ON TABLE book.member_facts TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.members TO scrip_app;
GRANT SELECT ON TABLE book.members TO scrip_auditor;

GRANT UPDATE(external_id) ON TABLE book.members TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.payment_codes TO scrip_app;
GRANT SELECT ON TABLE book.payment_codes TO scrip_auditor;

GRANT UPDATE(entry_id) ON TABLE book.payment_codes TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.postings TO scrip_app;
GRANT SELECT ON TABLE book.postings TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.redemptions TO scrip_app;
GRANT SELECT ON TABLE book.redemptions TO scrip_auditor;

GRANT UPDATE(reversed_units) ON TABLE book.redemptions TO scrip_app;

GRANT UPDATE(reversed_minor) ON TABLE book.redemptions TO scrip_app;

GRANT UPDATE(reversed_at) ON TABLE book.redemptions TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.requests TO scrip_app;
GRANT SELECT ON TABLE book.requests TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.roll_up_cuts TO scrip_app;
GRANT SELECT ON TABLE book.roll_up_cuts TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.roll_ups TO scrip_app;
GRANT SELECT ON TABLE book.roll_ups TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.statement_lines TO scrip_app;
GRANT SELECT ON TABLE book.statement_lines TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.tier_credits TO scrip_app;
GRANT SELECT ON TABLE book.tier_credits TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.tier_grants TO scrip_app;
GRANT SELECT ON TABLE book.tier_grants TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.tier_packs TO scrip_app;
GRANT SELECT ON TABLE book.tier_packs TO scrip_auditor;

GRANT UPDATE(state) ON TABLE book.tier_packs TO scrip_app;

GRANT UPDATE(refused) ON TABLE book.tier_packs TO scrip_app;

GRANT UPDATE(voucher_id) ON TABLE book.tier_packs TO scrip_app;

GRANT UPDATE(next_try_at) ON TABLE book.tier_packs TO scrip_app;

GRANT UPDATE(settled_at) ON TABLE book.tier_packs TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.tier_standings TO scrip_app;
GRANT SELECT ON TABLE book.tier_standings TO scrip_auditor;

GRANT UPDATE(level) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(since) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(earned) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(granted) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(granted_until) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(falls_on) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(safe_until) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(buckets) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(snapshots) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(credited_at) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(next_due_at) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(steps) ON TABLE book.tier_standings TO scrip_app;

GRANT UPDATE(version) ON TABLE book.tier_standings TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.tier_steps TO scrip_app;
GRANT SELECT ON TABLE book.tier_steps TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE book.transfer_totals TO scrip_app;
GRANT SELECT ON TABLE book.transfer_totals TO scrip_auditor;

GRANT UPDATE(amount) ON TABLE book.transfer_totals TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.voucher_counts TO scrip_app;
GRANT SELECT ON TABLE book.voucher_counts TO scrip_auditor;

GRANT UPDATE(counted_on) ON TABLE book.voucher_counts TO scrip_app;

GRANT UPDATE(total) ON TABLE book.voucher_counts TO scrip_app;

GRANT UPDATE(in_day) ON TABLE book.voucher_counts TO scrip_app;

GRANT UPDATE(in_week) ON TABLE book.voucher_counts TO scrip_app;

GRANT UPDATE(in_month) ON TABLE book.voucher_counts TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.voucher_stocks TO scrip_app;
GRANT SELECT ON TABLE book.voucher_stocks TO scrip_auditor;

GRANT UPDATE(imported) ON TABLE book.voucher_stocks TO scrip_app;

GRANT UPDATE(dealt) ON TABLE book.voucher_stocks TO scrip_app;

GRANT SELECT,INSERT ON TABLE book.vouchers TO scrip_app;
GRANT SELECT ON TABLE book.vouchers TO scrip_auditor;

GRANT UPDATE(state) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(units_left) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(lock_merchant_id) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(lock_token_hash) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(lock_until) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(lock_units) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(ended_at) ON TABLE book.vouchers TO scrip_app;

GRANT UPDATE(version) ON TABLE book.vouchers TO scrip_app;

GRANT SELECT ON TABLE keys.branches TO scrip_app;
GRANT SELECT,DELETE ON TABLE keys.branches TO scrip_key_admin;

GRANT INSERT(id) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(id) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(id) ON TABLE keys.branches TO scrip_auditor;

GRANT INSERT(kind) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(kind) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(kind) ON TABLE keys.branches TO scrip_auditor;

GRANT INSERT(name) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(name) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(name) ON TABLE keys.branches TO scrip_auditor;

GRANT INSERT(root_id) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(root_id),UPDATE(root_id) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(root_id) ON TABLE keys.branches TO scrip_auditor;

GRANT INSERT(wrapped) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(wrapped),UPDATE(wrapped) ON TABLE keys.branches TO scrip_key_admin;

GRANT UPDATE(state) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(state) ON TABLE keys.branches TO scrip_auditor;

GRANT INSERT(created_at) ON TABLE keys.branches TO scrip_app;
GRANT INSERT(created_at) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(created_at) ON TABLE keys.branches TO scrip_auditor;

GRANT UPDATE(version) ON TABLE keys.branches TO scrip_key_admin;
GRANT SELECT(version) ON TABLE keys.branches TO scrip_auditor;

GRANT SELECT ON TABLE keys.roots TO scrip_app;
GRANT SELECT ON TABLE keys.roots TO scrip_key_admin;
GRANT SELECT ON TABLE keys.roots TO scrip_auditor;

GRANT INSERT(id) ON TABLE keys.roots TO scrip_app;
GRANT INSERT(id) ON TABLE keys.roots TO scrip_key_admin;

GRANT INSERT(reference) ON TABLE keys.roots TO scrip_app;
GRANT INSERT(reference) ON TABLE keys.roots TO scrip_key_admin;

GRANT UPDATE(state) ON TABLE keys.roots TO scrip_key_admin;

GRANT INSERT(adopted_at) ON TABLE keys.roots TO scrip_app;
GRANT INSERT(adopted_at) ON TABLE keys.roots TO scrip_key_admin;

GRANT UPDATE(destroyed_at) ON TABLE keys.roots TO scrip_key_admin;

GRANT UPDATE(version) ON TABLE keys.roots TO scrip_key_admin;

GRANT SELECT ON TABLE keys.subjects TO scrip_app;
GRANT SELECT ON TABLE keys.subjects TO scrip_key_admin;

GRANT INSERT(id) ON TABLE keys.subjects TO scrip_app;
GRANT SELECT(id) ON TABLE keys.subjects TO scrip_auditor;

GRANT INSERT(bucket_id) ON TABLE keys.subjects TO scrip_app;
GRANT UPDATE(bucket_id) ON TABLE keys.subjects TO scrip_key_admin;
GRANT SELECT(bucket_id) ON TABLE keys.subjects TO scrip_auditor;

GRANT INSERT(wrapped) ON TABLE keys.subjects TO scrip_app;
GRANT UPDATE(wrapped) ON TABLE keys.subjects TO scrip_key_admin;

GRANT UPDATE(state) ON TABLE keys.subjects TO scrip_key_admin;
GRANT SELECT(state) ON TABLE keys.subjects TO scrip_auditor;

GRANT INSERT(created_at) ON TABLE keys.subjects TO scrip_app;
GRANT SELECT(created_at) ON TABLE keys.subjects TO scrip_auditor;

GRANT UPDATE(version) ON TABLE keys.subjects TO scrip_key_admin;
GRANT SELECT(version) ON TABLE keys.subjects TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.activity_types TO scrip_app;
GRANT SELECT ON TABLE registry.activity_types TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.adjustment_limits TO scrip_app;
GRANT SELECT ON TABLE registry.adjustment_limits TO scrip_auditor;

GRANT UPDATE(amount) ON TABLE registry.adjustment_limits TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.adjustment_limits TO scrip_app;

GRANT SELECT ON TABLE registry.alembic_version TO scrip_app;
GRANT SELECT ON TABLE registry.alembic_version TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.api_keys TO scrip_app;
GRANT SELECT ON TABLE registry.api_keys TO scrip_auditor;

GRANT UPDATE(expires_at) ON TABLE registry.api_keys TO scrip_app;

GRANT UPDATE(revoked_at) ON TABLE registry.api_keys TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.api_keys TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.approvals TO scrip_app;
GRANT SELECT ON TABLE registry.approvals TO scrip_auditor;

GRANT UPDATE(state) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(decided_by) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(decided_at) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(decision_event_id) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(entry_id) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(first_agreed_by) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(first_agreed_at) ON TABLE registry.approvals TO scrip_app;

GRANT UPDATE(first_agreed_event_id) ON TABLE registry.approvals TO scrip_app;

GRANT SELECT ON TABLE registry.approval_reasons TO scrip_app;
GRANT SELECT ON TABLE registry.approval_reasons TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.assets TO scrip_app;
GRANT SELECT ON TABLE registry.assets TO scrip_auditor;

GRANT UPDATE(expiry) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(priority) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(shortfall) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(reversal_days) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(reversal_grace_days) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(transfers_allowed) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(transfer_day_max) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(transfer_month_max) ON TABLE registry.assets TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.assets TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.campaign_steps TO scrip_app;
GRANT SELECT ON TABLE registry.campaign_steps TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.campaign_versions TO scrip_app;
GRANT SELECT ON TABLE registry.campaign_versions TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.campaigns TO scrip_app;
GRANT SELECT ON TABLE registry.campaigns TO scrip_auditor;

GRANT UPDATE(state) ON TABLE registry.campaigns TO scrip_app;

GRANT UPDATE(current_version_id) ON TABLE registry.campaigns TO scrip_app;

GRANT UPDATE(latest_number) ON TABLE registry.campaigns TO scrip_app;

GRANT UPDATE(since) ON TABLE registry.campaigns TO scrip_app;

GRANT UPDATE(steps) ON TABLE registry.campaigns TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.campaigns TO scrip_app;

GRANT SELECT ON TABLE registry.instance TO scrip_app;
GRANT SELECT ON TABLE registry.instance TO scrip_auditor;

GRANT UPDATE(clock_offset_us) ON TABLE registry.instance TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.member_attributes TO scrip_app;
GRANT SELECT ON TABLE registry.member_attributes TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.member_lists TO scrip_app;
GRANT SELECT ON TABLE registry.member_lists TO scrip_auditor;

GRANT UPDATE(members) ON TABLE registry.member_lists TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.member_lists TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.merchants TO scrip_app;
GRANT SELECT ON TABLE registry.merchants TO scrip_auditor;

GRANT UPDATE(state) ON TABLE registry.merchants TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.merchants TO scrip_app;

GRANT UPDATE(networks) ON TABLE registry.merchants TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.partners TO scrip_app;
GRANT SELECT ON TABLE registry.partners TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.programmes TO scrip_app;
GRANT SELECT ON TABLE registry.programmes TO scrip_auditor;

GRANT UPDATE(open_from) ON TABLE registry.programmes TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.programmes TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.rates TO scrip_app;
GRANT SELECT ON TABLE registry.rates TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.terminals TO scrip_app;
GRANT SELECT ON TABLE registry.terminals TO scrip_auditor;

GRANT UPDATE(state) ON TABLE registry.terminals TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.terminals TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.tier_ladder_versions TO scrip_app;
GRANT SELECT ON TABLE registry.tier_ladder_versions TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.tier_ladders TO scrip_app;
GRANT SELECT ON TABLE registry.tier_ladders TO scrip_auditor;

GRANT UPDATE(latest_number) ON TABLE registry.tier_ladders TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.tier_ladders TO scrip_app;

GRANT SELECT,INSERT ON TABLE registry.voucher_template_versions TO scrip_app;
GRANT SELECT ON TABLE registry.voucher_template_versions TO scrip_auditor;

GRANT SELECT,INSERT ON TABLE registry.voucher_templates TO scrip_app;
GRANT SELECT ON TABLE registry.voucher_templates TO scrip_auditor;

GRANT UPDATE(state) ON TABLE registry.voucher_templates TO scrip_app;

GRANT UPDATE(current_version_id) ON TABLE registry.voucher_templates TO scrip_app;

GRANT UPDATE(current_number) ON TABLE registry.voucher_templates TO scrip_app;

GRANT UPDATE(version) ON TABLE registry.voucher_templates TO scrip_app;
