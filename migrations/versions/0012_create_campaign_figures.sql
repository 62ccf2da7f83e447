-- Create the roll-ups of campaigns' figures.

-- As of entries: what committed before a cut is known without asking when it was recorded.
ALTER TABLE {book}.activities ADD COLUMN tx_id xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX activities_by_transaction ON {book}.activities (tx_id);
REVOKE INSERT ON {book}.activities FROM scrip_app;
GRANT INSERT (id, programme_id, member_id, request_id, type, source, source_event_id, occurred_at, received_at, local_day,
              channel, branch, merchant_id, payload, amount, refund_of, state, entry_id) ON {book}.activities TO scrip_app;

-- Per member and local day: every count of people is exact for whatever days, variants, channels are asked for ---------
CREATE TABLE {book}.campaign_reach (
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
    CONSTRAINT campaign_reach_unique
        UNIQUE NULLS NOT DISTINCT (campaign_id, local_day, member_id, phase, variant, channel, branch),
    CONSTRAINT campaign_reach_awarded_are_activities CHECK (0 <= awarded AND awarded <= activities)
) WITH (fillfactor = 80);
COMMENT ON TABLE {book}.campaign_reach IS
    'How many of a member''s activities of a local day a campaign''s rules looked at and awarded; value_minor: what the awarded ones reported, less refunds.';

CREATE TABLE {book}.campaign_grants (
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
    cost bigint NOT NULL,
    CONSTRAINT campaign_grants_unique
        UNIQUE NULLS NOT DISTINCT (campaign_id, local_day, member_id, asset_id, phase, variant, channel, branch)
) WITH (fillfactor = 80);
COMMENT ON TABLE {book}.campaign_grants IS
    'What a member''s activities of a local day earned of an asset, what refunds took back and what was used of it since.';

CREATE TABLE {book}.campaign_lots (
    lot_id uuid NOT NULL,
    redeemed bigint NOT NULL,
    CONSTRAINT campaign_lots_pk PRIMARY KEY (lot_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE {book}.campaign_lots IS 'How much of a lot that an activity earned was used, as far as it is rolled up.';

CREATE TABLE {book}.campaign_figure_cuts (
    cut_tx_id xid8 NOT NULL,
    made_at timestamptz NOT NULL,
    CONSTRAINT campaign_figure_cuts_pk PRIMARY KEY (cut_tx_id)
);
COMMENT ON TABLE {book}.campaign_figure_cuts IS
    'Activities and entries of transactions before the latest cut are in the figures. Append-only.';

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['campaign_reach', 'campaign_grants', 'campaign_lots', 'campaign_figure_cuts'] LOOP
        EXECUTE format('GRANT SELECT, INSERT ON {book}.%I TO scrip_app', name);
        EXECUTE format('GRANT SELECT ON {book}.%I TO scrip_auditor', name);
    END LOOP;
    FOREACH name IN ARRAY ARRAY['campaign_reach', 'campaign_grants', 'campaign_lots'] LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON {book}.%I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', name || '_keep_rows', name);
    END LOOP;
END $$;
CREATE TRIGGER campaign_figure_cuts_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {book}.campaign_figure_cuts
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT UPDATE (activities, awarded, value_minor) ON {book}.campaign_reach TO scrip_app;
GRANT UPDATE (awards, issued, returned, redeemed, cost) ON {book}.campaign_grants TO scrip_app;
GRANT UPDATE (redeemed) ON {book}.campaign_lots TO scrip_app;

-- After a restore from a dump the figures are made anew, like the roll-ups of accounts ---------------------------------
CREATE OR REPLACE PROCEDURE {book}.forget_transactions() LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['journal_entries', 'activities', 'roll_ups', 'roll_up_cuts', 'campaign_reach',
                                'campaign_grants', 'campaign_lots', 'campaign_figure_cuts'] LOOP
        EXECUTE format('ALTER TABLE {book}.%I DISABLE TRIGGER USER', name);
        IF name IN ('journal_entries', 'activities') THEN
            EXECUTE format('UPDATE {book}.%I SET tx_id = %L', name, '3');
        ELSE
            EXECUTE format('DELETE FROM {book}.%I', name);
        END IF;
        EXECUTE format('ALTER TABLE {book}.%I ENABLE TRIGGER USER', name);
    END LOOP;
    ALTER TABLE audit.events DISABLE TRIGGER USER;
    UPDATE audit.events SET tx_id = '3';
    ALTER TABLE audit.events ENABLE TRIGGER USER;
END $$;
